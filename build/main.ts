/**
 * Entry of `dist/stoq.js`, as it is bundled from `dist/.build/`, where `files.js` is written beside it. As a module that is imported it
 * only hands out what is embedded.
 *
 * @module
 */
// deno-lint-ignore-file
// @ts-nocheck: files.js is only there while it is bundled.
import { files } from "./files.js";
import { embed } from "../../sandbox/embedded.ts";
import { SANDBOX_COMMAND } from "../../sandbox/launch.ts";

export { files };

if (import.meta.main) {
  embed(files, import.meta.url);
  if (Deno.args[0] === SANDBOX_COMMAND) {
    const { runSandboxProcess } = await import("../../sandbox/process_loop.ts");
    for (const name of [...Deno.args.slice(1), "ffi", "import"]) Deno.permissions.revokeSync({ name });
    await runSandboxProcess();
  } else {
    const { main } = await import("../../cli/main.ts");
    Deno.exitCode = await main(Deno.args);
  }
}
