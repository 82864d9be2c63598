/**
 * Row 15: `JSON.stringify` returns an object with a length, so that a host which only measures it would pass it on. Stopped by the protocol, which
 * takes nothing but text.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class JsonStringifyReturnsAnObject implements WorkerPlugin {
  scan(): WorkerResponse {
    Reflect.set(JSON, "stringify", () => ({ length: 1, toString: "no text" }));
    return {};
  }
}
