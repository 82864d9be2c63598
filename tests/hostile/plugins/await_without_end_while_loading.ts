/** Row 11: a top-level `await` of what never comes. Stopped by the timeout, which holds for loading too. */
import type { WorkerPlugin } from "../../../plugin.ts";

await new Promise((resolve) => setTimeout(resolve, 1e9));

export default class AwaitWithoutEnd implements WorkerPlugin {
  scan(): void {}
}
