/** Row 11: timers that double with every round, and promises that wait for each other. Stopped by the timeout or the memory limit. */
import type { WorkerPlugin } from "../../../plugin.ts";

export default class EndlessTimers implements WorkerPlugin {
  async scan(): Promise<void> {
    const again = () => {
      setTimeout(again, 0);
      setTimeout(again, 0);
    };
    again();
    const waits: Promise<unknown> = new Promise((resolve) => setTimeout(() => resolve(waits.then(() => waits)), 1e8));
    await waits;
  }
}
