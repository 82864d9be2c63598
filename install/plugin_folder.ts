/**
 * Which of the files of a source are the plugin: the folder of its one manifest.
 *
 * @module
 */
import { BUILTIN_PLUGINS } from "../plugins/builtin.ts";
import { StoqInstallError } from "../core/errors.ts";
import { type Manifest, moduleFiles, parseManifest } from "../core/manifest.ts";
import { type Fetched, quote, quoteSome, type Refuse } from "./files.ts";

/** What the name of a manifest ends in. */
export const MANIFEST_EXTENSION = ".stoq";
/** Bytes that a manifest may have: the largest of the built-in ones has a hundredth. */
const MAX_MANIFEST = 256 * 1024;

/**
 * Finds the plugin among files.
 *
 * @param files Contents by path.
 * @param source What messages call it.
 * @param several What to do if there are several plugins.
 * @returns Files of the manifest's folder by path relative to it, and the manifest's name.
 */
export async function pluginFolder(
  files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
  source: string,
  refuse: Refuse,
  several: string,
): Promise<Pick<Fetched, "files" | "manifest">> {
  const manifests = [...files.keys()].filter((path) => path.endsWith(MANIFEST_EXTENSION)).sort();
  const [path] = manifests;
  if (path === undefined) {
    return refuse(
      `it has no manifest (NAME${MANIFEST_EXTENSION}), so it is not a plugin: give the folder or an archive of one`,
    );
  }
  if (manifests.length > 1) refuse(`it has ${manifests.length} manifests (${quoteSome(manifests)}): ${several}`);
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const inside = new Map(
    [...files].filter(([file]) => file.startsWith(folder)).map((
      [file, content],
    ) => [file.slice(folder.length), content]),
  );
  const has = (name: string) => inside.has(name);
  const manifest = await readManifest(files.get(path)!, `${source}/${path}`, refuse, () => {
    const names = [...inside.keys()];
    if (names.some((name) => name.endsWith(".py")) && !names.some((name) => /\.(ts|js|mjs)$/.test(name))) {
      refusePython(path.slice(folder.length, -MANIFEST_EXTENSION.length), refuse);
    }
  });
  if (!moduleFiles(manifest.module).some(has)) {
    if (pythonFiles(manifest.module).some(has)) refusePython(manifest.name, refuse);
    refuseNoModule(manifest, path, refuse);
  }
  return { files: inside, manifest: path.slice(folder.length) };
}

/**
 * Parses the manifest of a plugin that is to be installed.
 *
 * @param path What messages call it.
 * @param unusable Called before it is refused; may know better why.
 */
export async function readManifest(
  bytes: Uint8Array,
  path: string,
  refuse: Refuse,
  unusable: () => void = () => {},
): Promise<Manifest> {
  if (bytes.length > MAX_MANIFEST) refuse(`its manifest has ${bytes.length} bytes: ${MAX_MANIFEST} are allowed`);
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    return refuse("its manifest is not UTF-8: save it again", error);
  }
  try {
    return await parseManifest(text, path);
  } catch (error) {
    unusable();
    throw new StoqInstallError((error as Error).message, { cause: error });
  }
}

/** Files that a module of a plugin for stoQ 2 or 3 may have. */
export function pythonFiles(module: string): string[] {
  return [module.endsWith(".py") ? module : `${module}.py`];
}

/** Says that a plugin is one for stoQ 2 or 3. */
export function refusePython(name: string, refuse: Refuse): never {
  const instead = BUILTIN_PLUGINS.includes(name)
    ? `${quote(name)} is built in, there is nothing to install`
    : "it must be written anew in TypeScript (see CONTRIBUTING.md)";
  return refuse(`it is a plugin for stoQ in Python, which cannot run here: ${instead}`);
}

/** Says that the module of a manifest is not there. @param status What the server said of the last name. */
export function refuseNoModule({ module }: Manifest, manifest: string, refuse: Refuse, status?: number): never {
  const names = moduleFiles(module).join(", ");
  const said = status === undefined ? "" : ` (status ${status})`;
  return refuse(`${quote(manifest)} names the module ${quote(module)}, but there is no ${names} beside it${said}`);
}
