/**
 * Row 14: a CommonJS module gets at the class of modules through `module.constructor` and tries its inner functions: `_load` with names and
 * with an object that is another name each time it is asked, file extensions called by hand, hooks of its own. Stopped by the module hooks,
 * by removing what registers hooks, and by permissions.
 */
import { createRequire } from "node:module";
import type { WorkerPlugin, WorkerResponse } from "../../../../plugin.ts";

export default class CommonJsInternals implements WorkerPlugin {
  scan(): WorkerResponse {
    return { results: createRequire(import.meta.url)("./attack.cjs") };
  }
}
