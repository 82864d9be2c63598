/**
 * Reading of files that may be links to elsewhere.
 *
 * All is asked and read synchronously: it takes a tenth of the time for a small file, and the plugin's Worker has nothing else to do.
 *
 * @module
 */

/** Largest file that is read: the core's own default for a payload (`max_payload_size`). */
export const MAX_FILE_BYTES = 1024 ** 3;

/**
 * Reads a regular file.
 *
 * Most functions of Deno let a path through that is below a granted one, whatever symbolic links in it lead to: so the real path
 * is looked at here, and looked at again afterwards, in case something else took the place of the file meanwhile.
 *
 * @param path May be a symbolic link, or have one in it.
 * @param roots Real paths of directories (or files) that the file's own real path must be in.
 * @throws {Error} If it is elsewhere, not a regular file, or larger than {@linkcode MAX_FILE_BYTES}.
 */
export async function readInside(path: string, roots: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  const real = realPathInside(path, roots);
  const found = Deno.statSync(path);
  // Before it is opened: that would wait for the other end of a named pipe.
  if (!found.isFile) throw new Error("it is not a regular file");
  if (found.size > MAX_FILE_BYTES) throw new Error(`it has ${found.size} bytes, the limit is ${MAX_FILE_BYTES}`);
  const check = (now: Deno.FileInfo) => {
    if (now.dev === found.dev && now.ino === found.ino && Deno.realPathSync(path) === real) return;
    throw new Error("it was replaced while it was read");
  };
  if (isGranted(real)) {
    using file = Deno.openSync(real);
    check(file.statSync());
    return readAll(file, found.size);
  }
  const content = await Deno.readFile(path);
  check(Deno.statSync(path));
  return content;
}

/**
 * Whether the permissions cover a real path. Where the configured directory is reached through a link they don't: they are for the
 * path as it was written, and `Deno.open`, other than `Deno.readFile`, wants them for what it leads to.
 */
export function isGranted(real: string): boolean {
  try {
    Deno.lstatSync(real);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return false;
    throw error;
  }
}

/**
 * The path without symbolic links.
 *
 * @throws {Error} If it is in none of the roots.
 */
export function realPathInside(path: string, roots: readonly string[]): string {
  const real = Deno.realPathSync(path);
  if (roots.some((root) => isInside(real, root))) return real;
  throw new Error(
    `its real path "${real}" is not in ${roots.map((root) => `"${root}"`).join(" or ") || "any directory"}`,
  );
}

/** Whether a real path is another or below it. */
export function isInside(path: string, root: string): boolean {
  if (path === root) return true;
  if (!path.startsWith(root)) return false;
  return isSeparator(root.at(-1)) || isSeparator(path[root.length]);
}

function isSeparator(char: string | undefined): boolean {
  return char === "/" || char === "\\" && Deno.build.os === "windows";
}

/** All bytes, also where the size was no more than a guess: the file grows or shrinks, or is one of `/proc`. */
function readAll(file: Deno.FsFile, size: number): Uint8Array<ArrayBuffer> {
  let bytes = new Uint8Array(size);
  let length = 0;
  for (;;) {
    if (length === bytes.length) {
      // At the size that was told, a byte is enough to see that there is no more.
      const next = new Uint8Array(length === size ? 1 : 64 * 1024);
      const count = file.readSync(next) ?? 0;
      if (count === 0) return bytes;
      if (length + count > MAX_FILE_BYTES) throw new Error(`it has more than ${MAX_FILE_BYTES} bytes`);
      const grown = new Uint8Array(Math.min(MAX_FILE_BYTES, Math.max(2 * length, length + count)));
      grown.set(bytes);
      grown.set(next.subarray(0, count), length);
      bytes = grown;
      length += count;
    } else {
      const count = file.readSync(bytes.subarray(length)) ?? 0;
      if (count === 0) return bytes.slice(0, length);
      length += count;
    }
  }
}
