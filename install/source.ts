/**
 * Where plugins are installed from.
 *
 * @module
 */
import { readdir, readFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { StoqError } from "../core/errors.ts";

export interface Fetched {
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** "NAME.stoq" at the top */
  readonly manifest: string;
  /** what update can fetch again */
  readonly origin: string;
  readonly sha256: string | null;
}

export interface SourceOptions {
  sha256?: string;
  github?: boolean;
  githubArchive?: string;
  githubPlugins?: string;
  signal?: AbortSignal;
}

export async function fetchSource(text: string, _options: SourceOptions = {}): Promise<Fetched> {
  const root = resolve(text);
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const look = async (dir: string): Promise<void> => {
    for (const entry of await readdir(dir, { withFileTypes: true })) {
      const path = join(dir, entry.name);
      if (entry.isDirectory()) await look(path);
      else files.set(relative(root, path), new Uint8Array(await readFile(path)));
    }
  };
  await look(root);
  const manifests = [...files.keys()].filter((name) => !name.includes("/") && name.endsWith(".stoq"));
  if (manifests.length !== 1) throw new StoqError(`Cannot install "${text}": it has ${manifests.length} manifests`);
  return { files, manifest: manifests[0]!, origin: root, sha256: null };
}
