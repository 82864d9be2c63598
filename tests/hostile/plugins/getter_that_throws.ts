/**
 * Row 15: a getter in the results throws an object that throws when it is looked at. Stopped by `describeError`, which survives anything.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class GetterThatThrows implements WorkerPlugin {
  scan(): WorkerResponse {
    return {
      get results(): never {
        throw new Proxy({}, {
          get: () => {
            throw new Error("from the trap");
          },
          getPrototypeOf: () => {
            throw new Error("from the trap");
          },
        });
      },
    };
  }
}
