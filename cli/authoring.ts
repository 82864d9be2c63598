/**
 * What `stoq test` and `stoq pack` share.
 *
 * @module
 */
import { resolve } from "node:path";
import { type Checked, checkPlugin } from "../authoring/check.ts";
import { NoFolder } from "../authoring/folder.ts";
import { loadConfig } from "../core/config.ts";
import { UsageError } from "./exit.ts";
import { pluginOptions } from "./values.ts";

/** Flags of both. */
export interface AuthoringFlags {
  pluginOpts?: string[];
  configFile?: string;
}

/** Checks a plugin: manifest, imports, sandbox. What it logs goes to standard error. */
export async function check(path: string, { pluginOpts, configFile }: AuthoringFlags): Promise<Checked> {
  const config = loadConfig({
    // Not the user's own: what is right here is right elsewhere.
    baseDir: resolve(path),
    pluginOpts: pluginOptions(pluginOpts ?? []),
    ...(configFile !== undefined && { configFile }),
  });
  try {
    return await checkPlugin(path, config, (level, message) => console.error(`${level}: ${message}`));
  } catch (error) {
    if (error instanceof NoFolder) throw new UsageError(error.message);
    throw error;
  }
}

/** What is known about a checked plugin, a line each. */
export function about(plugin: Checked): string[] {
  const { name, version, permissions, commands } = plugin.manifest;
  const asked = [
    ...Object.entries(permissions).map(([kind, list]) => `${kind} = ${list.join(", ")}`),
    ...Object.values(commands).map((line) => `runs, through stoQ: ${line}`),
  ];
  return [
    `${name} ${version}`,
    `  classes      ${plugin.classes.join(", ")}`,
    ...(asked.length > 0 ? asked : ["computes, nothing else"]).map((line, i) =>
      `  ${i === 0 ? "permissions" : "           "}  ${line}`
    ),
    ...(plugin.bundled.length > 0 ? [`  bundled      ${plugin.bundled.join(", ")}`] : []),
    `  files        ${[...plugin.files.keys()].join(", ")}`,
  ];
}
