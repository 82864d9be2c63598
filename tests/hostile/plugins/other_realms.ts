/**
 * Row 14: a new realm would have all that was taken away from this one: `ShadowRealm`, contexts of `node:vm`, a nested worker, an iframe's worth of
 * constructors. Stopped by what is not there, and by stubs; code made at run time runs in this realm.
 */
import { createContext, runInNewContext, Script } from "node:vm";
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class OtherRealms implements WorkerPlugin {
  scan(): WorkerResponse {
    const refused: string[] = [];
    const gained: string[] = [];
    const attempts: (() => unknown)[] = [
      () => new (Reflect.get(globalThis, "ShadowRealm"))().evaluate("1"),
      () => runInNewContext("this.constructor.constructor('return Deno')()"),
      () => new Script("Deno.pid").runInThisContext(),
      () => createContext({}),
      () => new Worker("data:text/javascript,", { type: "module" }),
      () => new Worker(URL.createObjectURL(new Blob(["postMessage(Deno.args)"])), { type: "module" }),
      () => new Worker("file://%SECRET_FOLDER%/secret.ts", { type: "module" }),
      () => new SharedWorker("data:text/javascript,"),
    ];
    for (const attempt of attempts) {
      try {
        attempt();
        gained.push(String(attempt));
      } catch (error) {
        refused.push(String(error));
      }
    }
    const realms = [
      [].constructor.constructor("return globalThis")(),
      (async () => {}).constructor("return globalThis"),
      console.log.constructor("return globalThis")(),
      Deno.inspect.constructor("return globalThis")(),
      Reflect.get(process.hrtime, "constructor")("return globalThis")(),
    ];
    for (const realm of realms) {
      const scope = typeof realm === "function" ? globalThis : realm;
      if (scope !== globalThis) gained.push("another realm");
      if ("kill" in scope.Deno || "args" in scope.Deno) gained.push("the real Deno");
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused, attempts: attempts.length } };
  }
}

declare const SharedWorker: new (url: string) => unknown;
