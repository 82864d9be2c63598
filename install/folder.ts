/**
 * Reads the folder of a third-party plugin.
 *
 * @module
 */
import { constants } from "node:fs";
import { lstat, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "./entry.ts";
import { checkPath, FileSet, isLeftOver, MAX_UNPACKED, quote, type Refuse } from "./files.ts";

/** A link that takes a file's place after it was looked at is not followed, a pipe is not waited for; Windows has neither flag. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Reads all files below a folder, without what is left over by tools.
 *
 * @param folder Absolute path; itself may be a link.
 */
export async function readFolder(
  folder: string,
  refuse: Refuse,
  signal?: AbortSignal,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const set = new FileSet(refuse);
  let bytes = 0;
  const read = async (under: string): Promise<void> => {
    for (const name of (await readdir(join(folder, under))).sort()) {
      signal?.throwIfAborted();
      const path = under === "" ? name : `${under}/${name}`;
      if (isLeftOver(path)) continue;
      checkPath(path, refuse);
      const info = await lstat(join(folder, path));
      if (info.isSymbolicLink()) refuse(`${quote(path)} in it is a symbolic link: put a copy there instead`);
      if (info.isDirectory()) {
        set.addFolder(path);
        await read(path);
      } else if (info.isFile()) {
        const content = await readBounded(
          join(folder, path),
          MAX_UNPACKED - bytes,
          (why) => refuse(`${quote(path)} in it ${why}`),
        );
        bytes += content.length;
        set.addFile(path, content);
      } else refuse(`${quote(path)} in it is neither a file nor a folder: remove it`);
    }
  };
  try {
    await read("");
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    refuse(`it cannot be read (${(error as Error).message}): check its path and permissions`, error);
  }
  return set.files;
}

/**
 * Reads a file that is not larger than it may be.
 *
 * @param limit Bytes that it may have.
 */
export async function readBounded(path: string, limit: number, refuse: Refuse): Promise<Uint8Array<ArrayBuffer>> {
  const file = await open(path, OPEN_FLAGS);
  try {
    const info = await file.stat();
    if (!info.isFile()) refuse("is neither a file nor a folder: remove it");
    if (info.size > limit) refuse(`has ${info.size} bytes: ${limit} are allowed`);
    // One more, so that a file that grows is seen.
    const bytes = new Uint8Array(info.size + 1);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length !== info.size) refuse("changed while it was read: try again");
    return bytes.slice(0, length);
  } finally {
    await file.close();
  }
}
