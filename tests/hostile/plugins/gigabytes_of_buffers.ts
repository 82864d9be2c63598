/**
 * Row 15: three gigabytes of extracted payloads that were never touched, so that they cost the plugin no memory. Stopped by the memory limit of the
 * plugin, which is also one of what a call returns.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class GigabytesOfBuffers implements WorkerPlugin {
  scan(): WorkerResponse {
    return { extracted: Array.from({ length: 12 }, (_, i) => ({ content: new Uint8Array(256 * 1024 * 1024 + i) })) };
  }
}
