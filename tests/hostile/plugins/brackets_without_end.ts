/** Row 15: a text of four million brackets in place of a result. Stopped by the limit on depth, looked at without recursion, or by the memory limit. */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class Brackets implements WorkerPlugin {
  scan(): WorkerResponse {
    JSON.stringify = () => "[".repeat(2_000_000) + "]".repeat(2_000_000);
    return {};
  }
}
