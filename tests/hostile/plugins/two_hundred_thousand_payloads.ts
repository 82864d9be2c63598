/**
 * Row 15: 200,000 tiny payloads, each with metadata. Stopped by the protocol, or by the timeout.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class TwoHundredThousandPayloads implements WorkerPlugin {
  scan(): WorkerResponse {
    const extracted = [];
    for (let i = 0; i < 200_000; i++) {
      extracted.push({ content: new Uint8Array([i, i >> 8, i >> 16]), payloadMeta: { extraData: { i } } });
    }
    return { extracted };
  }
}
