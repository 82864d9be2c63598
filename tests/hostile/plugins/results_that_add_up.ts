/**
 * Row 10: every call returns twenty million characters, which is allowed; a payload with thirty others in it makes that more than a text can hold, and the results
 * of everybody are lost. Has to be stopped by a budget on the results of a scan, or by a writer that does not need the whole text at once.
 */
import type { Payload, WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class ResultsThatAddUp implements WorkerPlugin {
  scan(payload: Payload): WorkerResponse {
    const results = "x".repeat(20_000_000);
    if (payload.extractedBy !== null) return { results };
    const payloadMeta = { dispatchTo: ["results_that_add_up"] };
    const extracted = Array.from({ length: 30 }, (_, i) => ({ content: new Uint8Array([i]), payloadMeta }));
    return { results, extracted };
  }
}
