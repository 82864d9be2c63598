/** Row 15: an error whose message has 50 million characters. It is cut. */
import type { WorkerPlugin } from "../../../plugin.ts";

export default class HugeMessage implements WorkerPlugin {
  scan(): never {
    throw new Error("x".repeat(50_000_000));
  }
}
