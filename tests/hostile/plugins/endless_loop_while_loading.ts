/** Row 11: does not come back from loading. Stopped by the timeout, which holds for loading too. */
import type { WorkerPlugin } from "../../../plugin.ts";

for (let i = 0;; i++) Math.sqrt(i);

export default class EndlessLoading implements WorkerPlugin {
  scan(): void {}
}
