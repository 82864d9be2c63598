/**
 * Rows 10 and 15: an extracted payload whose metadata is nine million characters: whoever scans it gets them. Has to be stopped by a limit on metadata.
 */
import type { Payload, WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class HugeExtractedMetadata implements WorkerPlugin {
  scan(payload: Payload): WorkerResponse {
    if (payload.extractedBy !== null) return {};
    const { stringify } = JSON;
    const meta = `{"extraData":{"a":[${"{},".repeat(3_000_000)}{}]},"dispatchTo":["hash"]}`;
    JSON.stringify = () => `{"results":{"gained":null},"extracted":[${meta}]}`;
    setTimeout(() => JSON.stringify = stringify, 0);
    return { extracted: [{ content: new Uint8Array([1, 2, 3]) }] };
  }
}
