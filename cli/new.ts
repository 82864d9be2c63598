import { relative, resolve } from "node:path";
import { isPluginClass, newNameFault, writeNewPlugin } from "../authoring/scaffold.ts";
import { PLUGIN_CLASSES } from "../core/manifest.ts";
import { EXIT, UsageError } from "./exit.ts";
import { print } from "./print.ts";

/** Flags of `stoq new`. */
export interface NewFlags {
  class: string;
  dir: string;
}

/** Writes the folder of a new plugin. @returns The exit status. */
export async function newCommand(name: string, { class: pluginClass, dir }: NewFlags): Promise<number> {
  const fault = newNameFault(name);
  if (fault !== null) throw new UsageError(fault);
  if (!isPluginClass(pluginClass)) {
    throw new UsageError(`--class "${pluginClass}" is not known: use ${Object.keys(PLUGIN_CLASSES).join(", ")}`);
  }
  const folder = await writeNewPlugin(name, pluginClass, resolve(dir));
  const shown = relative(Deno.cwd(), folder);
  const path = shown.startsWith("..") ? folder : shown;
  print(`Made ${path}. Next: stoq test ${/[^\w./-]/.test(path) ? `"${path}"` : path}\n`);
  return EXIT.ok;
}
