/**
 * Rows 9 and 14: threads and channels of Node.js, imported statically: Deno 2.9.6 links that to the real module whatever a hook answers.
 * Stopped by the hook's error, so that the plugin does not load.
 */
import { BroadcastChannel, Worker } from "node:worker_threads";
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class WorkerThreads implements WorkerPlugin {
  scan(): WorkerResponse {
    const channel = new BroadcastChannel("meet");
    channel.postMessage("found you");
    return { results: { gained: [typeof channel, typeof new Worker("1", { eval: true })] } };
  }
}
