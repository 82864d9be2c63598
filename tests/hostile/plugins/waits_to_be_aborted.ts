/** Row 12: does nothing but wait: the test aborts its process meanwhile, as Deno does when it fails itself. Only this call is lost. */
import type { PluginContext, WorkerPlugin } from "../../../plugin.ts";

export default class WaitsToBeAborted implements WorkerPlugin {
  constructor(private readonly context: PluginContext) {}

  async scan(): Promise<void> {
    this.context.log.warning("waiting");
    await new Promise((resolve) => setTimeout(resolve, 1e8));
  }
}
