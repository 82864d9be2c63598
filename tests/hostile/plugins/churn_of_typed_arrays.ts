/** Row 10: allocates and drops more than its limit many times over, but never has it at once. Allowed, if the collector keeps up; else stopped as the others. */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class Churn implements WorkerPlugin {
  scan(): WorkerResponse {
    let sum = 0;
    for (let i = 0; i < 400; i++) sum += new Uint8Array(4 * 1024 * 1024)[i]!;
    return { results: { gained: null, sum } };
  }
}
