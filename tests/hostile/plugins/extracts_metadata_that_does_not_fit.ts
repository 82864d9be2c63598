/**
 * Row 15: a worker whose extracted payload's `dispatchTo` is a list of 200,000 numbers, and whose flags are texts. Has to be stopped as the dispatcher that does so.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class MetadataThatDoesNotFit implements WorkerPlugin {
  scan(): WorkerResponse {
    const payloadMeta = { shouldScan: "no", shouldArchive: 1, extraData: [], dispatchTo: new Array(200_000).fill(0) };
    return {
      results: { gained: null },
      extracted: [{ content: new Uint8Array([1]), payloadMeta: payloadMeta as never }],
    };
  }
}
