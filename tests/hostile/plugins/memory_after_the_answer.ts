/**
 * Row 10: answers at once, and goes on taking memory when no call is under way. It stops by itself at a gigabyte, more than three times its limit. Has to be
 * stopped by watching processes that have nothing to do.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class MemoryAfterTheAnswer implements WorkerPlugin {
  scan(): WorkerResponse {
    const kept: Uint8Array[] = [];
    const more = () => {
      kept.push(new Uint8Array(16 * 1024 * 1024).fill(1));
      if (kept.length < 64) setTimeout(more, 10);
    };
    setTimeout(more, 300);
    return { results: { gained: null } };
  }
}
