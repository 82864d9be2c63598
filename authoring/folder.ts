import { readdir, readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { StoqPluginError } from "../core/errors.ts";
import { type Manifest, parseManifest } from "../core/manifest.ts";
import { modulePath } from "../core/registry.ts";

/** A plugin's folder, with what its manifest says. */
export interface PluginFolder {
  readonly manifest: Manifest;
  /** Absolute path of the module. */
  readonly module: string;
}

/** There is no folder to work on. */
export class NoFolder extends StoqPluginError {
  override readonly name = "NoFolder";
}

/**
 * Reads the manifest of a plugin's folder, and finds its module.
 *
 * @throws {NoFolder} If the path is not that of a folder.
 * @throws {StoqPluginError | StoqConfigError} If it has not exactly one manifest, or one that cannot be used.
 */
export async function readPluginFolder(path: string): Promise<PluginFolder> {
  const folder = resolve(path);
  const info = await stat(folder).catch((error) => {
    throw new NoFolder(`Cannot read plugin folder "${path}": ${reason(error)}`, { cause: error });
  });
  if (!info.isDirectory()) {
    throw new NoFolder(`Cannot read plugin folder "${path}": it is a file: name the folder that it is in`);
  }
  const manifests = (await readdir(folder)).filter((name) => name.endsWith(".stoq")).sort();
  if (manifests.length !== 1) {
    throw new StoqPluginError(
      manifests.length === 0
        ? `Folder "${path}" has no manifest: add NAME.stoq ("stoq new" makes one)`
        : `Folder "${path}" has ${manifests.length} manifests, ${manifests.join(", ")}: a plugin has one`,
    );
  }
  const file = join(folder, manifests[0]!);
  const manifest = await parseManifest(await readFile(file, "utf8"), file);
  return { manifest, module: modulePath(manifest) };
}

/** Why a file or folder cannot be used, in words. */
export function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "no such file or directory";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  return message;
}
