/**
 * Row 15: watches host objects by `WeakRef` and `FinalizationRegistry`, to run code between calls and to keep what was given to one call for the
 * next. It has nothing but its own copies; code that runs late is charged to the plugin.
 */
import type { Payload, WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class Finalizers implements WorkerPlugin {
  scan(payload: Payload): WorkerResponse {
    const registry = new FinalizationRegistry(() => {
      throw new Error("thrown by a finalizer");
    });
    const kept = new WeakRef(payload.content.buffer);
    for (let i = 0; i < 1000; i++) registry.register({ i, bytes: new Uint8Array(10_000) }, i);
    registry.register(payload, "payload");
    const reached = [payload.content.buffer, kept.deref()].some((buffer) => buffer !== payload.content.buffer);
    return { results: { gained: reached ? "another buffer" : null, refused: [] } };
  }
}
