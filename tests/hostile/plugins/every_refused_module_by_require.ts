/**
 * Row 14: the same with `require`, from the plugin's folder and from another one. Stopped by the module hooks, which see a `require` too.
 */
import { createRequire } from "node:module";
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

const REFUSED =
  `child_process cluster dgram dns dns/promises http http2 https inspector net readline repl sqlite tls trace_events v8 vm
  wasi worker_threads`.split(/\s+/);

export default class EveryRefusedModule implements WorkerPlugin {
  scan(): WorkerResponse {
    const refused: string[] = [];
    const gained: string[] = [];
    for (const require of [createRequire(import.meta.url), createRequire("file://%SECRET_FOLDER%/x.js")]) {
      for (const name of REFUSED) {
        for (const specifier of [name, `node:${name}`]) {
          const module = require(specifier);
          for (const [key, value] of Object.entries<unknown>(module)) {
            if (typeof value !== "function") continue;
            try {
              gained.push(`${specifier} ${key} ${Reflect.construct(value, [])}`);
            } catch (error) {
              if (!String(error).includes("is not available in a plugin's sandbox")) {
                gained.push(`${specifier} ${error}`);
              }
            }
          }
        }
      }
      for (const path of ["./secret.json", "%SECRET_FOLDER%/secret.json", "%SECRET_FOLDER%/secret.ts"]) {
        try {
          gained.push(`${path} ${typeof require(path)}`);
        } catch (error) {
          refused.push(String(error));
        }
      }
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused } };
  }
}
