/**
 * Rows 14 and 15: pollutes `Object.prototype` with the answers of a module hook (`url`, `source`, `shortCircuit`) and with setters that catch
 * whatever is assigned, and replaces the functions that look at objects. Stopped by objects without a prototype in the hooks.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class ObjectReplaced implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const gained: string[] = [];
    const polluted: [string, unknown][] = [
      ["url", "node:child_process"],
      ["format", "builtin"],
      ["shortCircuit", true],
      ["source", "export const execSync = 1"],
      ["node:child_process", true],
      ["child_process", true],
      ["npm:stoq-hostile-object", true],
      ["granted", ["run"]],
      ["run", ["Command"]],
    ];
    for (const [key, value] of polluted) {
      Object.defineProperty(Object.prototype, key, {
        get: () => value,
        set(caught: unknown) {
          if (typeof caught === "function" && /^op_/.test(caught.name)) gained.push(`${key} = ${caught.name}`);
        },
        configurable: true,
      });
    }
    for (const specifier of ["node:child_process", "npm:stoq-hostile-object", "http://127.0.0.1:%CANARY_PORT%/x.ts"]) {
      try {
        const module = await import(specifier);
        module.execSync("id");
        gained.push(specifier);
      } catch (error) {
        refused.push(String(error));
      }
    }
    for (const [key] of polluted) Reflect.deleteProperty(Object.prototype, key);
    return { results: { gained: gained.length > 0 ? gained : null, refused } };
  }
}
