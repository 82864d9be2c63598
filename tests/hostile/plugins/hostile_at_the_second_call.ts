/** Row 11: works once, and turns hostile at its second call. Stopped by the timeout; the third call gets a fresh sandbox, whose first call it is. */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class HostileAtTheSecondCall implements WorkerPlugin {
  #calls = 0;

  scan(): WorkerResponse {
    if (++this.#calls > 1) { for (;;); }
    return { results: { gained: null, calls: this.#calls } };
  }
}
