/**
 * Entry of a sandbox process: ours, holding one Web Worker a plugin. It ends with the core, at the end of its standard input.
 *
 * @module
 */
import { runSandboxProcess } from "./process_loop.ts";

if (import.meta.main) await runSandboxProcess();
