/**
 * Tar archives, strictly: what two readers could understand differently is refused.
 *
 * Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header"; GNU tar manual, "Basic Tar Format".
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { ArchiveEntry } from "./entry.ts";
import { MAX_FILES, quote, type Refuse } from "./files.ts";

const BLOCK = 512;
/** Bytes of an extended header: a path, and attributes that are passed over. */
const MAX_EXTENDED = 64 * 1024;
/** Headers of all kinds: an entry has two, seldom three. */
const MAX_HEADERS = 4 * MAX_FILES;

/** Why entries of other types than files and folders are refused, by type flag. */
const OTHER: Readonly<Record<string, string>> = {
  "1": "is a hard link: pack a copy instead",
  "2": "is a symbolic link: pack a copy instead",
  "3": "is a device: remove it",
  "4": "is a device: remove it",
  "6": "is a named pipe: remove it",
  S: "is a sparse file: pack it again without --sparse",
  M: "is a part of a file that began in another volume: pack it again as one archive",
};

/** Offsets and lengths of fields of a header. */
const FIELD = {
  name: [0, 100],
  size: [124, 12],
  sum: [148, 8],
  magic: [257, 6],
  prefix: [345, 155],
} as const;
const TYPE_OFFSET = 156;

/**
 * Reads the entries of a tar archive.
 *
 * @param bytes The archive, unpacked.
 * @param refuse Called for what is damaged; the position is told.
 */
export function* readTar(bytes: Uint8Array, refuse: Refuse): Generator<ArchiveEntry> {
  /** What extended headers said of the next entry. */
  let next: { path?: string; size?: number; sparse?: boolean } = {};
  let pending = false;
  let headers = 0;
  let at = 0;
  while (true) {
    const damaged = (why: string) => refuse(`it is damaged or cut off at byte ${at} of its tar (${why}): get it again`);
    if (at + BLOCK > bytes.length) damaged("there is no end mark");
    const header = bytes.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) {
      if (pending) damaged("an extended header without an entry");
      if (bytes.subarray(at).some((byte) => byte !== 0)) {
        refuse(`it has data after the end of its tar, at byte ${at}: pack it again`);
      }
      return;
    }
    if (++headers > MAX_HEADERS) refuse(`it has more than ${MAX_HEADERS} headers: give the plugin only`);
    if (!sumFits(header)) damaged("a header's checksum does not fit");
    const type = String.fromCharCode(header[TYPE_OFFSET]!);
    const declared = number(header, FIELD.size) ?? damaged("a size is not a number");
    const extended = type === "x" || type === "g" || type === "L" || type === "K";
    const size = extended ? declared : next.size ?? declared;
    const start = at + BLOCK;
    if (size > bytes.length - start) damaged(`an entry of ${size} bytes goes past the end`);
    const content = bytes.subarray(start, start + size);
    if (extended) {
      if (size > MAX_EXTENDED) refuse(`it has an extended header of ${size} bytes: ${MAX_EXTENDED} are allowed`);
      const told = type === "K"
        ? {}
        : type === "L"
        ? { path: decode(trimNul(content)) }
        : pax(content, type === "g", () => damaged("an extended header is malformed"));
      if (told.path !== undefined && next.path !== undefined) {
        refuse(`it gives an entry two names, at byte ${at}: pack it again`);
      }
      if (type !== "g") next = { ...next, ...told };
      else if (told.path !== undefined || told.size !== undefined || told.sparse) {
        refuse(`it gives all entries one name or size, at byte ${at}: pack it again`);
      }
      pending = type !== "g" || pending;
    } else {
      const name = next.path ?? headerName(header);
      yield next.sparse ? other(name, OTHER["S"]!) : entry(type, name, content);
      next = {};
      pending = false;
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
}

function entry(type: string, name: string, content: Uint8Array): ArchiveEntry {
  // "\0" is how old archives write "0"; "7", a contiguous file, is to be read as one.
  const regular = type === "0" || type === "\0" || type === "7";
  if (!regular && type !== "5") {
    return other(name, OTHER[type] ?? `has type ${quote(type)}, which stoQ does not know: remove it`);
  }
  // Before ustar, a folder was a file whose name ends in "/".
  const folder = type === "5" || name.endsWith("/");
  if (folder && content.length > 0) return other(name, "is a folder with content: pack it again");
  return { name, kind: folder ? "folder" : "file", read: () => content.slice() as Uint8Array<ArrayBuffer> };
}

function other(name: string, what: string): ArchiveEntry {
  return { name, kind: "other", other: what, read: () => new Uint8Array() };
}

/** Whether the bytes begin with a header of a tar archive: old ones have no magic, but all have a checksum. */
export function isTar(bytes: Uint8Array): boolean {
  return bytes.length >= BLOCK && sumFits(bytes.subarray(0, BLOCK));
}

/** The sum of all bytes with the field itself as spaces; some writers summed signed bytes. */
function sumFits(header: Uint8Array): boolean {
  const [start, length] = FIELD.sum;
  let unsigned = 0;
  let signed = 0;
  for (const [i, byte] of header.entries()) {
    const value = i >= start && i < start + length ? 0x20 : byte;
    unsigned += value;
    signed += value > 127 ? value - 256 : value;
  }
  const told = number(header, FIELD.sum);
  return told === unsigned || told === signed;
}

/** An octal number, or GNU's base 256: the first bit set, the rest big-endian. */
function number(header: Uint8Array, [offset, length]: readonly [number, number]): number | null {
  const bytes = header.subarray(offset, offset + length);
  if (bytes[0] === 0x80) {
    const value = bytes.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
    return Number.isSafeInteger(value) ? value : null;
  }
  const text = /^ *([0-7]+)[ \0]*$/.exec(Buffer.from(bytes).toString("latin1"))?.[1];
  return text === undefined ? null : parseInt(text, 8);
}

function headerName(header: Uint8Array): string {
  const field = ([offset, length]: readonly [number, number]) =>
    decode(untilNul(header.subarray(offset, offset + length)));
  // GNU's own magic is "ustar  ", and where ustar has the prefix it has times.
  const prefix = field(FIELD.magic) === "ustar" ? field(FIELD.prefix) : "";
  return prefix === "" ? field(FIELD.name) : `${prefix}/${field(FIELD.name)}`;
}

function untilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** Without the NUL that ends a GNU long name; one inside it stays, and is refused. */
function trimNul(bytes: Uint8Array): Uint8Array {
  return bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes;
}

/** What is not UTF-8 becomes U+FFFD, which no name may have. */
function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** Records of "LENGTH KEY=VALUE\n"; keys that are neither name, size nor sparse are passed over, an empty value takes nothing back. */
function pax(
  bytes: Uint8Array,
  global: boolean,
  damaged: () => never,
): { path?: string; size?: number; sparse?: boolean } {
  const told: { path?: string; size?: number; sparse?: boolean } = {};
  for (let at = 0; at < bytes.length;) {
    const head = /^[1-9][0-9]{0,5} /.exec(Buffer.from(bytes.subarray(at, at + 7)).toString("latin1"))?.[0];
    const length = Number(head ?? damaged());
    if (length > bytes.length - at || length <= head!.length || bytes[at + length - 1] !== 0x0a) damaged();
    const record = decode(bytes.subarray(at + head!.length, at + length - 1));
    const equals = record.indexOf("=");
    if (equals < 1) damaged();
    const [key, value] = [record.slice(0, equals), record.slice(equals + 1)];
    if (key === "path") {
      if (told.path !== undefined || (value === "" && !global)) damaged();
      told.path = value;
    } else if (key === "size") {
      if (told.size !== undefined || !/^[0-9]{1,15}$/.test(value)) damaged();
      told.size = Number(value);
    } else if (key.startsWith("GNU.sparse.")) told.sparse = true;
    at += length;
  }
  return told;
}

/** Mode, owner and group of every file: `rw-r--r--`, nobody's. */
const MODE = "0000644\0" + "0000000\0" + "0000000\0";
const NO_TIME = "00000000000\0";

/**
 * Writes files in the order of their names. Names that do not fit a header, or are not ASCII, get a pax header.
 *
 * @param files Contents by path.
 */
export function writeTar(files: ReadonlyMap<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  const blocks: Uint8Array[] = [];
  const put = (name: string, type: string, content: Uint8Array) => {
    const header = Buffer.alloc(BLOCK);
    header.write(name, 0);
    header.write(MODE, 100, "latin1");
    header.write(content.length.toString(8).padStart(11, "0") + "\0" + NO_TIME + "        " + type, 124, "latin1");
    header.write("ustar\x0000", 257, "latin1");
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(sum.toString(8).padStart(6, "0") + "\0 ", 148, "latin1");
    blocks.push(header, content, Buffer.alloc((BLOCK - content.length % BLOCK) % BLOCK));
  };
  for (const [path, content] of [...files].sort(([a], [b]) => a < b ? -1 : 1)) {
    const fits = path.length <= FIELD.name[1] && /^[\x20-\x7e]*$/.test(path);
    if (!fits) put("pax", "x", record("path", path));
    put(fits ? path : "long-name", "0", content);
  }
  blocks.push(Buffer.alloc(2 * BLOCK));
  return new Uint8Array(Buffer.concat(blocks));
}

/** A record of a pax header: its length counts its own digits. */
function record(key: string, value: string): Uint8Array {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + 1;
  while (length !== rest + String(length).length) length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}
