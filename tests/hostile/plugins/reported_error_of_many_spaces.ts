/**
 * Row 11: the same text as one of the errors that a worker returns, which the *core* makes one line of: it would stand still for minutes, whatever the
 * plugin's limits. Has to be stopped as the other one.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class ManySpaces implements WorkerPlugin {
  scan(): WorkerResponse {
    return { results: { gained: null }, errors: [" ".repeat(300_000)] };
  }
}
