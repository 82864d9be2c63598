/**
 * Row 15: results with getters that throw, proxies that answer otherwise each time, functions, symbols, `toJSON`. Everything is evaluated in the plugin's
 * own realm; what crosses is text.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class Getters implements WorkerPlugin {
  scan(): WorkerResponse {
    let times = 0;
    return {
      results: {
        gained: null,
        get counted() {
          return ++times;
        },
        proxied: new Proxy({}, {
          ownKeys: () => ["a", "b"],
          getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
          get: (_, key) => `got ${String(key)}`,
        }),
        toJSON: () => ({ gained: "toJSON was called" }),
        nested: { toJSON: () => "toJSON was called" },
        call: () => 1,
        symbol: Symbol("s"),
        big: 2n ** 70n,
        date: new Date(NaN),
        error: new Error("in results"),
        map: new Map([["__proto__", { polluted: true }]]),
      },
      get errors(): string[] {
        return ["from a getter"];
      },
    };
  }
}
