import type { Config } from "../core/config.ts";
import { StoqPluginError } from "../core/errors.ts";
import { loadOnce } from "../core/load_once.ts";
import { PLUGIN_CLASSES, type PluginClass } from "../core/manifest.ts";
import type { PluginLog } from "../plugin.ts";
import { assemble, type Assembled, place } from "./assemble.ts";
import { type PluginFolder, readPluginFolder } from "./folder.ts";

/** A plugin that an install could use: its files were loaded in its sandbox. */
export interface Checked extends PluginFolder, Assembled {
  /** What its methods make it. */
  readonly classes: readonly PluginClass[];
}

/** Gets what the plugin logs while it loads. */
export type CheckLog = (level: keyof PluginLog, message: string) => void;

/**
 * Assembles a plugin and loads it, as it would be installed, in its real sandbox.
 *
 * @param config Options and permissions that an operator would give.
 * @throws {StoqPluginError | StoqConfigError} Naming what is wrong with it.
 */
export async function checkPlugin(path: string, config: Config, log: CheckLog): Promise<Checked> {
  const plugin = await readPluginFolder(path);
  const { name, classes: named } = plugin.manifest;
  const assembled = await assemble(plugin);
  await using placed = await place(assembled.files);
  const { manifest } = await readPluginFolder(placed.folder);
  const loaded = await loadOnce(manifest, config, (level, _, message) => log(level, message));
  if ("failure" in loaded) {
    throw new StoqPluginError(`Plugin "${name}" ${loaded.failure.replaceAll(placed.folder, plugin.manifest.folder)}`);
  }
  const { classes } = loaded;
  if (classes.length === 0) {
    const methods = Object.values(PLUGIN_CLASSES).flat().join(", ");
    throw new StoqPluginError(`Plugin "${name}" is of no class: its module has none of the methods ${methods}`);
  }
  if (named !== null && named.toSorted().join() !== classes.toSorted().join()) {
    throw new StoqPluginError(
      `Plugin "${name}" is a ${classes.join(", ")}, but its manifest says Classes = ${named.join(", ")}: correct one`,
    );
  }
  return { ...plugin, ...assembled, classes };
}
