/**
 * Row 14: the stubs of refused modules find what they export in a symbol of the realm; the plugin rewrites it before it imports them. It gets
 * what it wrote, and nothing real.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class StubsRewritten implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const gained: string[] = [];
    const stubs = Reflect.get(globalThis, Symbol.for("stoq.stubs"));
    const [specifier] = ["node:child_process"];
    stubs.child_process.execSync = undefined;
    stubs.net = { Socket: function () {} };
    for (const name of Reflect.ownKeys(stubs)) {
      for (const [key, value] of Object.entries<unknown>(stubs[name])) {
        if (typeof value === "function" && String(value).includes("[native code]")) {
          gained.push(`${String(name)} ${key}`);
        }
      }
    }
    try {
      Reflect.set(globalThis, Symbol.for("stoq.stubs"), { child_process: process });
      if (Reflect.get(globalThis, Symbol.for("stoq.stubs")) !== stubs) gained.push("the table was replaced");
      const { execSync } = await import(specifier!);
      execSync("id");
      gained.push("ran a program");
    } catch (error) {
      refused.push(String(error));
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused } };
  }
}
