/**
 * What has to be true of a plugin before it is put in place.
 *
 * @module
 */
import { isAbsolute, join, posix } from "node:path";
import type { Config } from "../core/config.ts";
import { StoqInstallError } from "../core/errors.ts";
import { loadOnce } from "../core/load_once.ts";
import type { Log } from "../core/log.ts";
import { type Manifest, parseManifest } from "../core/manifest.ts";
import { compareVersions, VERSION } from "../core/version.ts";
import { BUILTIN_PLUGINS } from "../plugins/builtin.ts";
import type { Fetched } from "./files.ts";

/**
 * Checks what can be told without running anything, and fetchSource has not.
 *
 * @throws {StoqError} Naming what is wrong, and the remedy.
 */
export async function checkFiles({ files, manifest: file, origin }: Fetched): Promise<Manifest> {
  const manifest = await parseManifest(new TextDecoder().decode(files.get(file)), join(origin, file));
  const { name } = manifest;
  const fail = (why: string): never => {
    throw new StoqInstallError(`Cannot install "${name}" from "${origin}": ${why}`);
  };
  if (BUILTIN_PLUGINS.includes(name)) {
    fail(
      "a built-in plugin has this name: to use it instead of that one, put its folder into a plugin directory by hand",
    );
  }
  if (manifest.minStoqVersion !== null && compareVersions(VERSION, manifest.minStoqVersion) < 0) {
    fail(`it wants stoQ ${manifest.minStoqVersion} or later, this is ${VERSION}: update stoQ first`);
  }
  for (const [asset, source] of Object.entries(manifest.assets)) {
    if (source.startsWith("npm:") || isAbsolute(source)) {
      fail(`its manifest lists asset ${asset} = ${source}: only files of its own folder can be listed`);
    }
    if (!files.has(posix.normalize(source))) fail(`its manifest lists asset ${asset} = ${source}, which is not there`);
  }
  return manifest;
}

/**
 * Loads a plugin once, in the sandbox and with the permissions that it will have.
 *
 * @param manifest Parsed from where the folder is now.
 * @throws {StoqError} If it cannot be loaded, or is of no class.
 */
export async function checkLoading(manifest: Manifest, config: Config, log: Log): Promise<void> {
  const { name } = manifest;
  const fail = (why: string): never => {
    throw new StoqInstallError(`Cannot install "${name}": ${why}`);
  };
  const loaded = await loadOnce(manifest, config, (level, plugin, message) => log.write(level, plugin, message));
  if ("failure" in loaded) {
    const packed = /"(npm|jsr|https?):/.test(loaded.failure)
      ? `: a plugin loads nothing but its own files: bundle what it imports with "stoq pack"`
      : "";
    return fail(`it ${loaded.failure}${packed}`);
  }
  const { classes } = loaded;
  if (classes.length === 0) {
    fail("its class has no method of a plugin: add scan, getDispatches, archive, decorate, save …");
  }
  const missing = manifest.classes?.find((one) => !classes.includes(one));
  if (missing !== undefined) fail(`its manifest says that it is a ${missing}, but it has no method of one`);
}
