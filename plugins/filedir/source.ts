import type { PluginLog } from "../../plugin.ts";
import { failure, reason } from "./failure.ts";
import { readInside, realPathInside } from "./read.ts";
import { isTemporary } from "./store.ts";

/** One file that was read. */
export interface SourceFile {
  readonly name: string;
  /** Path of the directory that it is in. */
  readonly folder: string;
  readonly content: Uint8Array<ArrayBuffer>;
}

/** How a directory is read. */
export interface SourceSetup {
  readonly recursive: boolean;
  readonly log: Pick<PluginLog, "info" | "warning">;
}

/**
 * The files of a directory, or the one file that the path names. Of a directory its files come first, then those of its
 * directories, each sorted by name. What cannot be read is logged and left out.
 *
 * Held at a time: the names in one directory, the paths of directories still to be read, the bytes of one file.
 *
 * @throws {Error} If there is nothing at the path, or it cannot be read.
 */
export async function* sourceFiles(source: string, setup: SourceSetup): AsyncGenerator<SourceFile> {
  const cannot = (error: unknown) => failure(`Cannot read source_dir "${source}"`, error);
  let root: string;
  try {
    root = Deno.realPathSync(source);
    const { isFile, isDirectory } = Deno.statSync(source);
    if (!isFile && !isDirectory) throw new Error("it is neither a directory nor a regular file");
    if (isFile) {
      const { folder, name } = split(source);
      return yield { name, folder, content: await readInside(source, [root]) };
    }
  } catch (error) {
    throw cannot(error);
  }
  const top = withoutEnd(source);
  const pending = [top];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    let listing: Listing;
    try {
      listing = await list(folder, root, setup);
    } catch (error) {
      if (folder === top) throw cannot(error);
      setup.log.warning(`skipped directory "${folder}": ${reason(error)}`);
      continue;
    }
    for (const name of listing.files) {
      const path = within(folder, name);
      let content: Uint8Array<ArrayBuffer>;
      try {
        content = await readInside(path, [root]);
      } catch (error) {
        // Deno gives names as text: the one with the replaced bytes is not there.
        const why = name.includes("\ufffd") && error instanceof Deno.errors.NotFound;
        setup.log.warning(`skipped "${path}": ${why ? "its name is not UTF-8" : reason(error)}`);
        continue;
      }
      yield { name, folder, content };
    }
    for (const name of listing.folders.reverse()) pending.push(within(folder, name));
  }
}

interface Listing {
  readonly files: string[];
  readonly folders: string[];
}

/** Everything in a directory that is to be read, sorted. Not recursive: without what begins with a dot, as in stoQ. */
async function list(folder: string, root: string, { recursive, log }: SourceSetup): Promise<Listing> {
  realPathInside(folder, [root]);
  const listing: Listing = { files: [], folders: [] };
  let hidden = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) {
      if (recursive) listing.folders.push(name);
    } else if (isTemporary(name)) continue;
    else if (recursive || !name.startsWith(".")) listing.files.push(name);
    else hidden++;
  }
  if (hidden > 0) {
    log.info(`skipped ${hidden} of "${folder}" whose names begin with ".": recursive = true reads them`);
  }
  listing.files.sort(byCodeUnit);
  listing.folders.sort(byCodeUnit);
  return listing;
}

/** The same everywhere, whatever the locale. */
function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function within(folder: string, name: string): string {
  return folder.endsWith("/") ? folder + name : `${folder}/${name}`;
}

function split(path: string): { folder: string; name: string } {
  const end = Math.max(path.lastIndexOf("/"), Deno.build.os === "windows" ? path.lastIndexOf("\\") : -1);
  return { folder: end === -1 ? "." : withoutEnd(path.slice(0, end + 1)), name: path.slice(end + 1) };
}

/** Without separators at its end. */
export function withoutEnd(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  return path.slice(0, end);
}
