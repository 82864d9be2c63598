/**
 * Rows 4 and 15: replaces `then`, `constructor` and the species of promises, so that what the guest awaits goes through the plugin's hands; it
 * looks there for functions that post messages. It sees its own calls and nothing else.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class PromiseThenReplaced implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const caught: string[] = [];
    const { then } = Promise.prototype;
    const see = (value: unknown) => {
      if (typeof value === "function" && /postMessage|^op_|terminate/.test(value.name)) caught.push(value.name);
    };
    Object.defineProperty(Promise.prototype, "then", {
      value(this: Promise<unknown>, resolve: (value: unknown) => unknown, reject: (error: unknown) => unknown) {
        see(resolve);
        see(reject);
        return Reflect.apply(then, this, [(value: unknown) => {
          see(value);
          return typeof resolve === "function" ? resolve(value) : value;
        }, reject]);
      },
    });
    class Caught extends Promise<unknown> {}
    Object.defineProperty(Promise, Symbol.species, { get: () => Caught });
    Object.defineProperty(Promise.prototype, "constructor", { get: () => Caught });
    const refused: string[] = [];
    const [specifier] = ["node:net"];
    try {
      (await import(specifier!)).connect(Number("%CANARY_PORT%"), "127.0.0.1");
    } catch (error) {
      refused.push(String(error));
    }
    try {
      await fetch("http://127.0.0.1:%CANARY_PORT%/");
    } catch (error) {
      refused.push(String(error));
    }
    return { results: { gained: caught.length > 0 ? caught : null, refused } };
  }
}
