/**
 * Row 15: 100,001 extracted payloads, one more than a call may return. Stopped by the protocol, or by the timeout.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class TooManyParts implements WorkerPlugin {
  scan(): WorkerResponse {
    return { extracted: Array.from({ length: 100_001 }, () => ({ content: new Uint8Array(1) })) };
  }
}
