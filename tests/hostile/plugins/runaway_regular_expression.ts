/** Row 11: a regular expression that tries every way to split its text. Stopped by the timeout; the process is killed. */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class RunawayRegularExpression implements WorkerPlugin {
  scan(): WorkerResponse {
    return { results: /^(a+)+$/.test("a".repeat(60) + "!") };
  }
}
