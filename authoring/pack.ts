import { packArchive } from "../install/archive.ts";
import { StoqPluginError } from "../core/errors.ts";
import type { Checked } from "./check.ts";

/** Versions that can be part of a file name. */
const VERSION = /^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$/;

/** A plugin in one file. */
export interface Packed {
  /** NAME-VERSION.tar.gz. */
  readonly fileName: string;
  readonly content: Uint8Array;
}

/**
 * Packs a plugin: a folder of its name, with its files. The same files give the same bytes.
 *
 * @throws {StoqPluginError} If its version cannot be part of a file name.
 */
export async function pack({ manifest, files }: Checked): Promise<Packed> {
  const { name, version } = manifest;
  if (!VERSION.test(version)) {
    throw new StoqPluginError(
      `Cannot pack plugin "${name}": Version "${version}" cannot be part of a file name: write one like 1.0.0`,
    );
  }
  const inFolder = new Map([...files].map(([path, content]) => [`${name}/${path}`, content]));
  return { fileName: `${name}-${version}.tar.gz`, content: await packArchive(inFolder) };
}
