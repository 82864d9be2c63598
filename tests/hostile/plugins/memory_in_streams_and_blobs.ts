/** Row 10: memory that Deno itself holds for the plugin: blobs, URLs of blobs, queues of streams, random numbers. Stopped by the memory limit. */
import type { WorkerPlugin } from "../../../plugin.ts";

export default class MemoryInBlobs implements WorkerPlugin {
  async scan(): Promise<void> {
    for (;;) {
      const blob = new Blob([crypto.getRandomValues(new Uint8Array(65_536)), "x".repeat(4_000_000)]);
      URL.createObjectURL(blob);
      await Promise.resolve();
    }
  }
}
