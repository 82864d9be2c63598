/**
 * Row 14: imports every module of Node.js that is refused, with and without its scheme, and uses what it finds there: calls and constructs
 * every export. Stopped by the module hooks: all of them are stubs that throw.
 */
import { builtinModules } from "node:module";
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

const REFUSED =
  `child_process cluster dgram dns dns/promises domain http http2 https inspector inspector/promises net readline
  readline/promises repl sqlite sys test test/reporters tls trace_events v8 vm wasi worker_threads`.split(/\s+/);

export default class EveryRefusedModule implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const gained: string[] = REFUSED.filter((name) => builtinModules.includes(name));
    for (const name of REFUSED) {
      for (const specifier of [name, `node:${name}`]) {
        try {
          const module = await import(specifier);
          for (const [key, value] of Object.entries<unknown>({ ...module, ...module.default })) {
            if (typeof value !== "function") continue;
            try {
              gained.push(`${specifier} ${key} ${value()}`);
            } catch (error) {
              if (!String(error).includes("is not available in a plugin's sandbox")) {
                gained.push(`${specifier} ${error}`);
              }
            }
          }
          refused.push(specifier);
        } catch (error) {
          refused.push(String(error));
        }
      }
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused, attempts: 2 * REFUSED.length } };
  }
}
