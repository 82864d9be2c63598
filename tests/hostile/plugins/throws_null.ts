/** Throws what is no error. It is described all the same. */
import type { WorkerPlugin } from "../../../plugin.ts";

export default class ThrowsNull implements WorkerPlugin {
  scan(): never {
    throw null;
  }
}
