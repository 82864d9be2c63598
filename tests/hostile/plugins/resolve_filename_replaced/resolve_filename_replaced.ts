/**
 * Rows 5, 7, 9 and 14: replaces `Module._resolveFilename`, which Deno's own resolver calls *after* the module hooks have let an allowed name
 * pass: whatever is required then is the module that the plugin names, and none of them is a stub. With the real `node:net` it writes to
 * descriptors of the process, with `node:v8` it sets flags of the whole process, with `node:worker_threads` it meets other plugins.
 * Has to be stopped by making the parts of `Module` unchangeable, or by looking at what was resolved.
 */
import { createRequire } from "node:module";
import type { WorkerPlugin, WorkerResponse } from "../../../../plugin.ts";

export default class ResolveFilenameReplaced implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    return { results: await createRequire(import.meta.url)("./attack.cjs")() };
  }
}
