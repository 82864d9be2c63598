/**
 * Rows 5 and 15: gets the real `node:net` as `resolve_filename_replaced` does, and writes an answer to every call of the process into the pipe
 * to the core: results of its own making for other plugins. Has to be stopped where that one is; the core cannot tell such an answer.
 */
import { createRequire } from "node:module";
import type { WorkerPlugin, WorkerResponse } from "../../../../plugin.ts";

export default class ForgedAnswer implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    return { results: await createRequire(import.meta.url)("./attack.cjs")() };
  }
}
