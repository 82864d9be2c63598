/** Row 10: objects without end: V8 aborts the process at its limit. Stopped by that being the plugin's own process, or by its memory limit. */
import type { WorkerPlugin } from "../../../plugin.ts";

export default class MemoryInTheHeap implements WorkerPlugin {
  scan(): void {
    const kept: unknown[] = [];
    for (;;) kept.push({ a: [kept.length], b: String(kept.length) });
  }
}
