/**
 * Rows 4 and 15: replaces what loops over arrays, so that lists of the hooks and of the guest go through the plugin's hands, and says that
 * refused names are on every list. Stopped by hooks that only compare and look up in objects without a prototype.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class ArrayIteratorReplaced implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const gained: string[] = [];
    Array.prototype.includes = () => true;
    Array.prototype.indexOf = () => 0;
    Array.prototype.some = () => true;
    Array.prototype[Symbol.iterator] = function* () {
      yield "node:child_process";
    } as typeof Array.prototype[typeof Symbol.iterator];
    for (let i = 0; i < 3; i++) {
      try {
        const module = await import(i === 0 ? "node:child_process" : i === 1 ? "npm:stoq-hostile-iterator" : "node:vm");
        (module.execSync ?? module.runInThisContext)("id");
        gained.push(`attempt ${i}`);
      } catch (error) {
        refused.push(String(error));
      }
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused } };
  }
}
