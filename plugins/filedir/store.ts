/**
 * Files that are there whole or not at all: written under another name in the same directory, then renamed.
 *
 * That holds for failures and for a killed process (but see {@linkcode writeNew}); files are not forced to the disk, so not for a
 * loss of power.
 *
 * @module
 */
import { isAbsolute } from "node:path";
import { isGranted, realPathInside } from "./read.ts";

const TEMPORARY = /^\.stoq-[0-9a-f-]{36}\.part$/;

/** Whether a file is one that is being written, or was when its writer was killed. */
export function isTemporary(name: string): boolean {
  return TEMPORARY.test(name);
}

/**
 * Makes a directory and those above it.
 *
 * @param root Directory that must not be left.
 * @param below Relative path in it, maybe empty.
 * @returns Its path, absolute where the permissions allow to find that out.
 */
export async function makeFolder(root: string, below: string): Promise<string> {
  const folder = below === "" ? root : `${root}/${below}`;
  await Deno.mkdir(folder, { recursive: true });
  const real = realPathInside(folder, [Deno.realPathSync(root)]);
  return isAbsolute(folder) || !isGranted(real) ? folder : real;
}

/** What has a path: nothing, a file with just these bytes, or something else. */
export async function compare(path: string, content: Uint8Array): Promise<"missing" | "same" | "different"> {
  let found: Deno.FileInfo;
  try {
    found = Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "missing";
    throw error;
  }
  if (!found.isFile || found.size !== content.length) return "different";
  const bytes = await Deno.readFile(path);
  if (bytes.length !== content.length) return "different";
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== content[i]) return "different";
  return "same";
}

/** Writes a file; one that has the name already is replaced. */
export async function write(folder: string, name: string, content: Uint8Array): Promise<void> {
  await withTemporary(folder, content, (temporary) => Deno.rename(temporary, `${folder}/${name}`));
}

/**
 * Writes a file under a name that nothing has, and that nobody else takes meanwhile. For a moment the name has an empty file.
 *
 * @returns Whether the name was still free.
 */
export async function writeNew(folder: string, name: string, content: Uint8Array): Promise<boolean> {
  const path = `${folder}/${name}`;
  return await withTemporary(folder, content, async (temporary) => {
    try {
      // Renaming replaces what is there, so an empty file holds the place. Deno's workers have no hard links.
      await Deno.writeFile(path, new Uint8Array(0), { createNew: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      await Deno.remove(temporary);
      return false;
    }
    try {
      await Deno.rename(temporary, path);
      return true;
    } catch (error) {
      await removeIfThere(path);
      throw error;
    }
  });
}

async function withTemporary<T>(
  folder: string,
  content: Uint8Array,
  place: (temporary: string) => Promise<T>,
): Promise<T> {
  const temporary = `${folder}/.stoq-${crypto.randomUUID()}.part`;
  try {
    await Deno.writeFile(temporary, content, { createNew: true });
    return await place(temporary);
  } catch (error) {
    await removeIfThere(temporary);
    throw error;
  }
}

/** Cleans up after a failure, which is what its caller has to tell of. */
async function removeIfThere(path: string): Promise<void> {
  await Deno.remove(path).catch(() => {});
}
