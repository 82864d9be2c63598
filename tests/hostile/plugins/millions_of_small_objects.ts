/**
 * Row 10: 24 megabytes of `{}`, within the limit on results: read, each of them takes some twenty times its text, and the *core* runs out of memory. Has to be
 * stopped by a limit on values, not on characters alone.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class MillionsOfObjects implements WorkerPlugin {
  scan(): WorkerResponse {
    JSON.stringify = () => `{"results":[${"{},".repeat(8_000_000)}{}]}`;
    return {};
  }
}
