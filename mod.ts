/**
 * stoQ as a library: scan payloads with plugins, each in its own sandbox. Run instead of imported, it is the command.
 *
 * @module
 */
import { main } from "./cli/main.ts";

export { Stoq } from "./core/stoq.ts";
export type { PluginInfo, RunOptions, ScanOptions } from "./core/stoq.ts";
export type { Budget, Config, StoqOptions } from "./core/config.ts";
export type { DispatcherAnswer, WorkerAnswer } from "./core/answers.ts";
export type { LogSettings } from "./core/log.ts";
export type { Manifest, PermissionKind, PluginClass } from "./core/manifest.ts";
export type { Answer, Call } from "./sandbox/sandbox.ts";
export type { Method } from "./sandbox/protocol.ts";
export type { RunProgress, RunSummary } from "./core/run.ts";
export { Payload } from "./core/payload.ts";
export { LoadedPlugin } from "./core/loaded_plugin.ts";
export { responseFromJson, StoqResponse } from "./core/response.ts";
export { StoqConfigError, StoqError, StoqPluginError } from "./core/errors.ts";
export { VERSION } from "./core/version.ts";
export type * from "./plugin.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));
