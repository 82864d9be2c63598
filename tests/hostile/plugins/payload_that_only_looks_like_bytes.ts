/**
 * Row 15: extracts a detached byte array, a proxy of one and an object with its prototype, which pass for byte arrays until somebody asks for their bytes. It costs the
 * plugin its own call, and nobody else's.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class LooksLikeBytes implements WorkerPlugin {
  scan(): WorkerResponse {
    const detached = new Uint8Array(new ArrayBuffer(8));
    structuredClone(detached, { transfer: [detached.buffer] });
    return {
      extracted: [
        { content: detached },
        { content: new Proxy(new Uint8Array(1), {}) },
        { content: Object.create(Uint8Array.prototype) },
      ],
    };
  }
}
