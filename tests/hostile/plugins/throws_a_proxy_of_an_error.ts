/** Row 15: throws a proxy that answers every question with another proxy. It is described all the same. */
import type { WorkerPlugin } from "../../../plugin.ts";

export default class ThrowsProxy implements WorkerPlugin {
  scan(): never {
    const again = (): object =>
      new Proxy(function () {}, { get: again, apply: again, getPrototypeOf: () => Error.prototype });
    throw again();
  }
}
