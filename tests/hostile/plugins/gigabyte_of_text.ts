/**
 * Row 15: a result of half a gigabyte of text, made from next to nothing. Stopped by the limit on results, or by the memory limit.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class GigabyteOfText implements WorkerPlugin {
  scan(): WorkerResponse {
    return { results: "x".repeat(500_000_000) };
  }
}
