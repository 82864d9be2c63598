/** Row 11: answers, then loops for ever: the next call finds nobody. Stopped by the timeout of the next call; a third is answered by a new sandbox. */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class LoopAfterTheAnswer implements WorkerPlugin {
  scan(): WorkerResponse {
    setTimeout(() => {
      for (;;);
    }, 0);
    return { results: { gained: null } };
  }
}
