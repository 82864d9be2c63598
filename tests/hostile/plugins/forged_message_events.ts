/**
 * Row 15: dispatches events to the guest's own listener, as if the host had called: a call with a number of its own makes the guest post a result
 * that nobody asked for. Stopped by the host, which knows what it asked, and replaces a sandbox that answers otherwise.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class ForgedMessageEvents implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const data = { type: "call", id: 12345, method: "getDispatches", args: [{}, {}] };
    globalThis.dispatchEvent(new MessageEvent("message", { data }));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return { results: { gained: "not noticed" } };
  }

  getDispatches() {
    return { pluginNames: ["hash"] };
  }
}
