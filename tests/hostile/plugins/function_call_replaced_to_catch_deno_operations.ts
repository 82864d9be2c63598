/**
 * Row 4: Deno's own code in the realm calls some of its operations by `Function.prototype.call` and the like; replaced, these would hand the
 * operations to the plugin. Stopped by freezing them (harden.ts).
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class FunctionCallReplaced implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const caught: string[] = [];
    for (const name of ["call", "apply", "bind"]) {
      try {
        Reflect.set(Function.prototype, name, function (this: unknown) {
          caught.push(`${name} of ${String(this).slice(0, 60)}`);
        });
        Object.defineProperty(Function.prototype, name, { get: () => caught.push(name) });
      } catch (error) {
        refused.push(String(error));
      }
    }
    try {
      await fetch("http://127.0.0.1:%CANARY_PORT%/");
    } catch (error) {
      refused.push(String(error));
    }
    const [specifier] = ["node:child_process"];
    await import(specifier!);
    structuredClone({ a: 1 });
    return { results: { gained: caught.length > 0 ? caught : null, refused } };
  }
}
