/**
 * The `stoq` command.
 *
 * @module
 */
import { main } from "./cli/main.ts";

if (import.meta.main) Deno.exitCode = await main(Deno.args);
