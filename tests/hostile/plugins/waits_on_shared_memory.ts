/** Row 11: sleeps in `Atomics.wait` on shared memory that nobody wakes. Stopped by the timeout. */
import type { WorkerPlugin } from "../../../plugin.ts";

export default class WaitsOnSharedMemory implements WorkerPlugin {
  scan(): void {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }
}
