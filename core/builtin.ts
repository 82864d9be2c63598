/**
 * Where the built-in plugins are: in the folder `plugins/` of a checkout, or embedded in the one file that the command was built into.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { embed, type EmbeddedFiles, embeddedMain, embeddedName, readEmbedded } from "../sandbox/embedded.ts";
import { builtinFolders } from "../sandbox/launch.ts";
import type { PluginSpec } from "../sandbox/sandbox.ts";
import { type Manifest, parseManifest } from "./manifest.ts";

/** The folder of the built-in plugins; nothing where they are embedded. */
export const BUILTIN_FOLDER: string | undefined = import.meta.url.startsWith("file:") && embeddedMain() === undefined
  ? fileURLToPath(new URL("../plugins/", import.meta.url))
  : undefined;

/**
 * To be awaited before anything here is used, or a sandbox is started: in a package that was loaded from elsewhere there are no folders,
 * and what would be in them comes as the file that was built of it.
 */
export async function prepareBuiltin(): Promise<void> {
  if (BUILTIN_FOLDER !== undefined || embeddedMain() !== undefined) return;
  const url = new URL("../dist/stoq.js", import.meta.url).href;
  const { files } = await import(url) as { files: EmbeddedFiles };
  embed(files, url);
}

/** Reads the manifest of a built-in plugin. */
export async function readBuiltinManifest(name: string): Promise<Manifest> {
  if (BUILTIN_FOLDER !== undefined) {
    const path = join(BUILTIN_FOLDER, name, `${name}.stoq`);
    return await parseManifest(await readFile(path, "utf8"), path);
  }
  const path = embeddedName(`plugins/${name}/${name}.stoq`);
  return await parseManifest(new TextDecoder().decode(readEmbedded(path)), path);
}

/** Where the code and the listed assets of a built-in plugin are. */
export function builtinCode({ name, folder, assets }: Manifest): Pick<PluginSpec, "entry" | "code" | "assets"> {
  if (BUILTIN_FOLDER === undefined) {
    return {
      entry: embeddedName(`plugins/${name}/${name}.js`),
      code: [],
      assets: mapValues(assets, (source) => source.startsWith("npm:") ? embeddedName(source) : source),
    };
  }
  return {
    entry: pathToFileURL(join(folder, `${name}.ts`)).href,
    code: builtinFolders(),
    assets: mapValues(assets, (source) => source.startsWith("npm:") ? npmFile(source.slice("npm:".length)) : source),
  };
}

/** Path of a file of an npm package. Where the package's `exports` hide it, it is found beside its package.json. */
export function npmFile(specifier: string): string {
  try {
    return fileURLToPath(import.meta.resolve(specifier));
  } catch (error) {
    const [, name, path] = /^((?:@[^/]+\/)?[^/]+)\/(.+)$/.exec(specifier) ?? [];
    if (name === undefined || path === undefined) throw error;
    return fileURLToPath(new URL(path, import.meta.resolve(`${name}/package.json`)));
  }
}

function mapValues<T>(record: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
