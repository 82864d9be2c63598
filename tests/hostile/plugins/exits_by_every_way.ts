/** Rows 7 and 12: ends its worker or its process by every function that could. Stopped by taking them away. */
import { exit as exitOfNode } from "node:process";
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class Exits implements WorkerPlugin {
  scan(): WorkerResponse {
    const refused: string[] = [];
    const gained: string[] = [];
    const attempts: (() => unknown)[] = [
      () => Deno.exit(9),
      () => process.exit(9),
      () => exitOfNode(9),
      () => process.abort(),
      () => Reflect.get(process, "reallyExit")(9),
      () => self.close(),
      () => Reflect.get(globalThis, "close")(),
      () => Reflect.get(globalThis, "window").close(),
      () => new Function("Deno.exit(9)")(),
    ];
    for (const attempt of attempts) {
      try {
        attempt();
        gained.push(String(attempt));
      } catch (error) {
        refused.push(String(error));
      }
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused, attempts: attempts.length } };
  }
}
