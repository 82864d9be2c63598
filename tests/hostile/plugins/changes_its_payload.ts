/**
 * Row 16: overwrites the bytes it was given, resizes, detaches and keeps them, so that the next plugin would see something else. Stopped by giving each
 * sandbox its own copy.
 */
import type { Payload, WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class ChangesItsPayload implements WorkerPlugin {
  scan(payload: Payload): WorkerResponse {
    payload.content.fill(0);
    payload.payloadMeta.extraData["planted"] = true;
    payload.payloadMeta.dispatchTo.push("planted");
    payload.workers.push({ hash: "planted" });
    payload.pluginsRun.workers.push(["planted"]);
    structuredClone(payload.content.buffer, { transfer: [payload.content.buffer] });
    return { results: { gained: null, length: payload.content.length } };
  }
}
