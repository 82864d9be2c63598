/** Row 13: `reportError` and forged events of errors, also without an error in them. They end the plugin's own sandbox. */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class ReportsErrors implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    globalThis.dispatchEvent(new Event("error"));
    globalThis.dispatchEvent(new ErrorEvent("error", { error: null, message: "forged" }));
    globalThis.dispatchEvent(new Event("unhandledrejection"));
    reportError(new Proxy({}, {}));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return { results: { gained: "not noticed" } };
  }
}
