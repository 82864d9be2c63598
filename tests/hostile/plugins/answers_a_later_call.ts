/**
 * Row 15: calls itself under the numbers of calls that are still to come, so that their answers are there before they are made. Stopped by the
 * host: only the number of the call that is under way counts.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class AnswersALaterCall implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    for (const id of [2, 3, 4, 0, -1, 1.5, NaN, "1", null]) {
      const data = { type: "call", id, method: "get", args: [{}] };
      globalThis.dispatchEvent(new MessageEvent("message", { data }));
    }
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return { results: { gained: "not noticed" } };
  }

  get() {
    return { content: new Uint8Array(1) };
  }
}
