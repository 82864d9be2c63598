/**
 * Entry of `dist/stoq.js`. As a module that is imported it only hands out what is embedded.
 *
 * @module
 */
import { embed } from "../sandbox/embedded.ts";
import { SANDBOX_COMMAND } from "../sandbox/launch.ts";
import { files } from "./files.ts";

export { files };

if (import.meta.main) {
  embed(files, import.meta.url);
  if (Deno.args[0] === SANDBOX_COMMAND) {
    const { runSandboxProcess } = await import("../sandbox/process_loop.ts");
    await runSandboxProcess();
  } else {
    const { main } = await import("../cli/main.ts");
    Deno.exit(await main(Deno.args));
  }
}
