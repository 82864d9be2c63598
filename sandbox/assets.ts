import { isAbsolute, join, relative } from "node:path";
import { isEmbedded, readEmbedded } from "./embedded.ts";
import type { PluginSpec } from "./sandbox.ts";

/**
 * Reads a file of a plugin's own folder, or one that its manifest lists in `[assets]`.
 *
 * @throws {Error} If the path leads out of the folder, by name or by link, or cannot be read.
 */
export async function readAsset(
  plugin: Pick<PluginSpec, "folder" | "assets">,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const listed = Object.hasOwn(plugin.assets, path) ? plugin.assets[path] : undefined;
  try {
    if (listed !== undefined && isEmbedded(listed)) return readEmbedded(listed);
    // Files of a folder in name only: the name is looked up as it is.
    if (isEmbedded(plugin.folder)) return readEmbedded(`${plugin.folder}/${listed ?? path}`);
    // Absolute only where the project itself put it: a file of an npm package.
    if (listed !== undefined && isAbsolute(listed)) return await Deno.readFile(listed);
    const folder = await Deno.realPath(plugin.folder);
    const file = await Deno.realPath(join(folder, listed ?? path));
    const inside = relative(folder, file);
    if (isAbsolute(path) || inside.startsWith("..") || isAbsolute(inside)) {
      throw new Error("it is outside the plugin's folder");
    }
    return await Deno.readFile(file);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound ? "no such file" : (error as Error).message;
    throw new Error(`Cannot read asset "${path}": ${reason}`);
  }
}
