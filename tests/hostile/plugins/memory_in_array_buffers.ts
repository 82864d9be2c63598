/** Row 10: array buffers, which V8 does not count. Stopped by the memory limit of the process. */
import type { WorkerPlugin } from "../../../plugin.ts";

export default class MemoryInArrayBuffers implements WorkerPlugin {
  scan(): void {
    const kept: Uint8Array[] = [];
    for (;;) kept.push(new Uint8Array(4 * 1024 * 1024).fill(1));
  }
}
