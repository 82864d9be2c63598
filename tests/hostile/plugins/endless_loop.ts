/** Row 11: never comes back. Stopped by the timeout; the process is killed, so that no thread goes on. */
import type { WorkerPlugin } from "../../../plugin.ts";

export default class EndlessLoop implements WorkerPlugin {
  scan(): never {
    for (;;);
  }
}
