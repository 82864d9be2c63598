/** Row 10: memory of WebAssembly, which V8 does not count either. Stopped by the memory limit of the process. */
import type { WorkerPlugin } from "../../../plugin.ts";

export default class MemoryInWebAssembly implements WorkerPlugin {
  scan(): void {
    const memories: WebAssembly.Memory[] = [];
    for (;;) {
      const memory = new WebAssembly.Memory({ initial: 256 });
      new Uint8Array(memory.buffer).fill(1);
      memories.push(memory);
    }
  }
}
