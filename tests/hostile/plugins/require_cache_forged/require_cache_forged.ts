/**
 * Row 14: forges entries of `require.cache` and of the resolver's own caches for names that are refused, so that a look-up in them would answer
 * before any hook. Nothing is behind them but what the plugin itself put there.
 */
import { createRequire } from "node:module";
import type { WorkerPlugin, WorkerResponse } from "../../../../plugin.ts";

export default class RequireCacheForged implements WorkerPlugin {
  scan(): WorkerResponse {
    return { results: createRequire(import.meta.url)("./attack.cjs") };
  }
}
