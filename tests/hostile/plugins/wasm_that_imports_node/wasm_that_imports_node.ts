/**
 * Row 14: a WebAssembly module whose import section names a module of Node.js: `(import "node:child_process" "execSync" (func))`, exported as
 * `run`. Stopped by the module hooks: it gets the stub, or is not loaded at all.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../../plugin.ts";

export default class WasmThatImportsNode implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    try {
      const [specifier] = ["./child_process.wasm"];
      const { run } = await import(specifier!);
      return { results: { gained: String(run()) } };
    } catch (error) {
      return { results: { gained: null, refused: [String(error)] } };
    }
  }
}
