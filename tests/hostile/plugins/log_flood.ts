/**
 * Row 15: logs without pause, long lines. Stopped by the limit on lines a second, on the length of each, and by the timeout.
 */
import type { PluginContext, WorkerPlugin } from "../../../plugin.ts";

export default class LogFlood implements WorkerPlugin {
  constructor(private readonly context: PluginContext) {}

  scan(): never {
    const line = "flood ".repeat(2000);
    for (;;) {
      this.context.log.info(line);
      console.log(line);
    }
  }
}
