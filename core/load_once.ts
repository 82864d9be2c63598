import { openSandbox } from "../sandbox/open.ts";
import type { SandboxLog } from "../sandbox/sandbox.ts";
import type { Config } from "./config.ts";
import { grant } from "./grant.ts";
import { classesOf, type Manifest, type PluginClass } from "./manifest.ts";

/** What loading a plugin once came to: what its methods make it, or why it cannot be loaded ("cannot be loaded: …"). */
export type LoadedOnce = { readonly classes: readonly PluginClass[] } | { readonly failure: string };

/**
 * Loads a plugin that is not built in once, in the sandbox and with the permissions that it will have.
 *
 * @param manifest Parsed from where the folder is now.
 * @throws {StoqError} If it cannot be granted what it asks for.
 */
export async function loadOnce(manifest: Manifest, config: Config, log: SandboxLog): Promise<LoadedOnce> {
  const { spec } = grant({ manifest, builtin: false }, config);
  await using sandbox = openSandbox(1, log);
  const outcome = await sandbox.methods(spec);
  if (outcome.status !== "ok") return { failure: outcome.message };
  return { classes: classesOf(outcome.answer.value as readonly string[]) };
}
