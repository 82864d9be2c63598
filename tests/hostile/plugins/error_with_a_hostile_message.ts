/**
 * Rows 5 and 15: an error whose message clears the terminal, sets its title, goes back to the start of the line and forges a line of the log; its name and
 * stack do the same. Stopped by `oneLine` and `printable`.
 */
import type { WorkerPlugin } from "../../../plugin.ts";

export default class HostileMessage implements WorkerPlugin {
  scan(): never {
    const error = new Error(
      "\u001b[2J\u001b]0;owned\u0007\r\n[1970-01-01T00:00:00.000Z CRITICAL] stoq: forged\u009b31m\u202e",
    );
    error.name = "\u001b[31mName\n[1970] forged";
    error.stack = "\u001b[2J\n[1970-01-01T00:00:00.000Z CRITICAL] stoq: forged";
    throw error;
  }
}
