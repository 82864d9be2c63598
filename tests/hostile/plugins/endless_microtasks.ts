/** Row 11: a chain of microtasks, each of which makes the next: no timer and no message of the worker comes through. Stopped by the host's timeout. */
import type { WorkerPlugin } from "../../../plugin.ts";

export default class EndlessMicrotasks implements WorkerPlugin {
  scan(): Promise<never> {
    const again = () => queueMicrotask(again);
    again();
    return new Promise(() => {});
  }
}
