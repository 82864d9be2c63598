/**
 * Native code has no sandbox: `ffi` is never granted, not by any road. Stopped by the worker's permissions and by what was taken away.
 */
import { createRequire } from "node:module";
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class NativeCode implements WorkerPlugin {
  scan(): WorkerResponse {
    const refused: string[] = [];
    const gained: string[] = [];
    const require = createRequire(import.meta.url);
    const attempts: (() => unknown)[] = [
      () => Deno.dlopen("libc.so.6", { getpid: { parameters: [], result: "i32" } }),
      () => new Deno.UnsafePointerView(Deno.UnsafePointer.create(1n)!),
      () => process.dlopen({ exports: {} }, "/lib/x86_64-linux-gnu/libm.so.6"),
      () => require("/lib/x86_64-linux-gnu/libm.so.6"),
      () => require("./missing.node"),
      () => Reflect.get(globalThis, "navigator").gpu.requestAdapter(),
    ];
    for (const attempt of attempts) {
      try {
        attempt();
        gained.push(String(attempt));
      } catch (error) {
        refused.push(String(error));
      }
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused, attempts: attempts.length } };
  }
}
