/**
 * Row 4: call sites of stacks can hand out functions and `this` of host code. Stopped by strict mode: all of that code is modules, whose call
 * sites have neither.
 */
import { readFileSync } from "node:fs";
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class PrepareStackTrace implements WorkerPlugin {
  scan(): WorkerResponse {
    const gained: string[] = [];
    const refused: string[] = [];
    Error.stackTraceLimit = 100;
    Error.prepareStackTrace = (_, sites) => {
      for (const site of sites) {
        const self: unknown = site.getThis();
        const code: unknown = site.getFunction();
        const own = String(site.getFileName()).includes("prepare_stack_trace.ts");
        if (!own && self !== undefined && self !== globalThis) gained.push(`this of ${site}`);
        if (!own && code !== undefined) gained.push(`function of ${site}`);
      }
      return "";
    };
    try {
      void new Error("here").stack;
      readFileSync("%SECRET_FILE%");
    } catch (error) {
      refused.push(String(error));
      void (error as Error).stack;
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused } };
  }
}
