/**
 * Row 10: more payloads than a scan takes, all of them in one legal answer. Stopped by `max_extracted_payloads`, which says what it cut off.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class TwentyThousandPayloads implements WorkerPlugin {
  scan(): WorkerResponse {
    const extracted = [];
    for (let i = 0; i < 20_000; i++) extracted.push({ content: new Uint8Array([i, i >> 8, 7]) });
    return { results: { gained: null }, extracted };
  }
}
