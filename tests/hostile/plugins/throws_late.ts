/** Row 13: throws after its answer, in the middle of nothing, which would end the parent. It is charged to the plugin. */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class ThrowsLate implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    setTimeout(() => {
      throw new RangeError("thrown late");
    }, 0);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return { results: { gained: "not noticed" } };
  }
}
