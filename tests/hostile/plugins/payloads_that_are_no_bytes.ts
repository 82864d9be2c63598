/**
 * Row 15: extracted payloads that are no byte arrays of their own: views of shared memory, of one buffer many times and of
 * numbers. What is bytes is copied; what is not is said to be none.
 */
import type { WorkerPlugin } from "../../../plugin.ts";

export default class NoBytes implements WorkerPlugin {
  scan() {
    const buffer = new ArrayBuffer(8);
    const shared = new Uint8Array(new SharedArrayBuffer(8));
    const growing = new Uint8Array(new ArrayBuffer(1, { maxByteLength: 1000 }));
    return {
      results: { gained: null },
      extracted: [
        { content: "text" },
        { content: null },
        null,
        { content: shared },
        { content: growing },
        { content: new Uint8Array(buffer, 0, 4).fill(1) },
        { content: new Uint8Array(buffer, 4, 4).fill(2) },
        { content: new Uint8Array(buffer) },
        { content: new Uint8Array(buffer) },
        { content: new Float64Array([1]) },
      ],
    } as unknown as undefined;
  }
}
