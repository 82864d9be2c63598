/** Row 13: a promise that is rejected and that nobody awaits, with a reason that throws when it is looked at. It is charged to the plugin. */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class RejectsLate implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    void Promise.reject({
      get message(): never {
        throw new Error("looked at");
      },
      toString(): never {
        throw new Error("looked at");
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return { results: { gained: "not noticed" } };
  }
}
