/**
 * Row 15: returns an object with a `then` that gives another such object, for ever: a microtask that is never the last. Stopped by the timeout.
 */
import type { WorkerPlugin } from "../../../plugin.ts";

export default class Thenable implements WorkerPlugin {
  scan(): PromiseLike<undefined> & never {
    const again = (): object => ({ then: (resolve: (value: object) => void) => resolve(again()) });
    return again() as never;
  }
}
