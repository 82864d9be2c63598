/**
 * Row 11: an error message of nothing but spaces: what makes one line of it must not look for a line end from each of them anew. Has to be stopped by an
 * expression that takes linear time, and by cutting before replacing.
 */
import type { WorkerPlugin } from "../../../plugin.ts";

export default class MillionSpaces implements WorkerPlugin {
  scan(): never {
    throw new Error(" ".repeat(1_000_000));
  }
}
