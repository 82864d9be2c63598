/** Row 12: never ends its `close()`. Stopped by the host, which does not wait long. */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class IgnoresClose implements WorkerPlugin {
  scan(): WorkerResponse {
    return { results: { gained: null } };
  }

  close(): never {
    for (;;);
  }
}
