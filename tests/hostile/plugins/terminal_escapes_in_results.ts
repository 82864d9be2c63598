/**
 * Row 5: results whose keys and texts hold terminal escapes, both those of seven bits (which JSON writes as `\u001b`) and those of eight, and texts that turn the
 * direction of writing. Has to be stopped by escaping them where JSON goes to a terminal.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class TerminalEscapes implements WorkerPlugin {
  scan(): WorkerResponse {
    return { results: { gained: null, "\u001b[2J\u009b2J": "\u001b]0;owned\u0007 \u009d0;owned\u009c \u202etxt.exe" } };
  }
}
