/**
 * Row 12: this static import together with another builtin makes Deno 2.9.6 abort under module hooks. Stopped by the hook's error;
 * should an abort come all the same, it is the plugin's own process that ends.
 */
import { setEnvironmentData } from "node:worker_threads";
import { createServer } from "node:http";
import { Session } from "node:inspector";
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class TwoBuiltins implements WorkerPlugin {
  scan(): WorkerResponse {
    return { results: { gained: [typeof setEnvironmentData, typeof createServer, typeof Session] } };
  }
}
