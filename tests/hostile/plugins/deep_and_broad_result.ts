/**
 * Row 15: three megabytes of JSON, 1.6 million numbers eighty levels deep: written with indentation, each of them has a line of 350 characters, more than a text can
 * hold, and the results of everybody are lost. Has to be stopped by a writer that does not need the whole text at once, or does not indent that deep.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class DeepAndBroad implements WorkerPlugin {
  scan(): WorkerResponse {
    let results: unknown = new Array(1_600_000).fill(0);
    for (let i = 0; i < 80; i++) results = [results];
    return { results };
  }
}
