import { gzipSync } from "node:zlib";

/** Bytes of a block of a tar archive. */
const BLOCK = 512;

/**
 * Makes a .tar.gz (POSIX ustar) of files: sorted, without times, owners or modes, so that the same files give the same bytes.
 *
 * @param files Contents by path, "/" between.
 * @throws {RangeError} If a path is longer than the format takes.
 */
export function packArchive(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): Uint8Array<ArrayBuffer> {
  const blocks: Uint8Array[] = [];
  for (const [path, content] of [...files].sort(([a], [b]) => a < b ? -1 : 1)) {
    blocks.push(header(path, content.length), content, new Uint8Array((BLOCK - content.length % BLOCK) % BLOCK));
  }
  blocks.push(new Uint8Array(2 * BLOCK));
  const archive = new Uint8Array(gzipSync(new Uint8Array(concat(blocks)), { level: 9 }));
  // Operating system (RFC 1952, 2.3.1): "unknown", not the one that this runs on.
  archive[9] = 255;
  return archive;
}

function header(path: string, size: number): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (at: number, text: string) => block.set(new TextEncoder().encode(text), at);
  if (new TextEncoder().encode(path).length > 100) {
    throw new RangeError(`Cannot pack "${path}": its path is longer than 100 bytes`);
  }
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0") + "\0";
  put(0, path);
  put(100, octal(0o644, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(size, 11));
  put(136, octal(0, 11));
  put(148, " ".repeat(8));
  put(156, "0");
  put(257, "ustar\x0000");
  put(148, octal(block.reduce((sum, byte) => sum + byte, 0), 6) + " ");
  return block;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
