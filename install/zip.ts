/**
 * Zip archives, strictly: the directory decides what there is, each local header must agree with it, and no byte belongs to two entries.
 *
 * Source: PKWARE APPNOTE.TXT 6.3.10; the section numbers below are its. `plugins/lib/zip.ts` is the opposite: it reads what it can of a damaged one.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { crc32, inflateRawSync } from "node:zlib";
import { type ArchiveEntry, codeOf, tooLarge } from "./entry.ts";
import { MAX_FILES, quote, type Refuse, TOO_MANY } from "./files.ts";

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END64 = 0x06064b50;
const END64_LOCATOR = 0x07064b50;
const DESCRIPTOR = 0x08074b50;
/** Bytes of the fixed part of each. */
const SIZE = { local: 30, central: 46, end: 22, end64: 56, locator: 20 };
const MAX_COMMENT = 0xffff;
/** Values that say: the real one is in the zip64 extra field, 4.5.3. */
const NONE16 = 0xffff;
const NONE32 = 0xffffffff;

/** Flags, 4.4.4: encrypted, strongly encrypted, header values masked; sizes after the data; a patch. */
const ENCRYPTED = 0x0001 | 0x0040 | 0x2000;
const STREAMED = 0x0008;
const PATCH = 0x0020;

const STORED = 0;
const DEFLATED = 8;
/** Names of methods that stoQ does not read, 4.4.5. */
const METHODS: Readonly<Record<number, string>> = {
  9: "Deflate64",
  12: "bzip2",
  14: "LZMA",
  93: "Zstandard",
  95: "XZ",
  98: "PPMd",
};
const AES = 99;

/** Extra fields, 4.5.2 and 4.6.9. */
const EXTRA = { zip64: 0x0001, unicodePath: 0x7075 };

/** File types in the upper half of the external attributes, as stat.h has them. */
const TYPE_MASK = 0o170000;
const TYPES: Readonly<Record<number, string>> = {
  0o120000: "is a symbolic link: pack a copy instead",
  0o010000: "is a named pipe: remove it",
  0o020000: "is a device: remove it",
  0o060000: "is a device: remove it",
  0o140000: "is a socket: remove it",
};
const UNIX_FOLDER = 0o040000;
const UNIX_FILE = 0o100000;
const DOS_FOLDER = 0x10;

/** An entry as the directory has it. */
interface Central {
  readonly name: string;
  readonly rawName: Buffer;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly attributes: number;
  readonly offset: number;
}

/**
 * Reads the entries of a zip archive. The layout of all of them is checked before the first is given.
 *
 * @param room Bytes that all of them together may have.
 * @param refuse Called for what is damaged or not safe.
 */
export function readZip(bytes: Uint8Array, room: number, refuse: Refuse): ArchiveEntry[] {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const damaged = (why: string): never => refuse(`it is damaged or cut off (${why}): get it again`);
  const directory = findDirectory(zip, damaged, refuse);
  const entries = readDirectory(zip, directory, damaged);
  let sum = 0;
  for (const { size } of entries) sum += size;
  if (sum > room) refuse(tooLarge(room, bytes.length));
  const starts = new Map<Central, number>();
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.offset - b.offset)) {
    if (entry.offset < end) {
      refuse(`${quote(entry.name)} in it overlaps another entry: get it again from another place`);
    }
    const start = checkLocal(zip, entry, directory.start, damaged);
    starts.set(entry, start);
    end = start + entry.packed;
    if ((entry.flags & STREAMED) !== 0) end += checkDescriptor(zip, end, entry, damaged);
    if (end > directory.start) damaged(`${quote(entry.name)} goes past the directory`);
  }
  return entries.map((entry) => {
    const other = whyNot(entry);
    const folder = entry.name.endsWith("/");
    return {
      name: entry.name,
      kind: other !== undefined ? "other" : folder ? "folder" : "file",
      ...(other !== undefined && { other }),
      read: () => content(zip, entry, starts.get(entry)!, damaged),
    };
  });
}

type Damaged = (why: string) => never;

/** Where the directory is, and how many entries it says it has. */
interface Directory {
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

/** 4.3.16, and 4.3.14 and 4.3.15 for zip64. The end record, with its comment, is the end of the file: where two would be, neither is believed. */
function findDirectory(zip: Buffer, damaged: Damaged, refuse: Refuse): Directory {
  const found: number[] = [];
  for (let at = zip.length - SIZE.end; at >= Math.max(0, zip.length - SIZE.end - MAX_COMMENT); at--) {
    if (zip.readUInt32LE(at) === END && at + SIZE.end + zip.readUInt16LE(at + 20) === zip.length) found.push(at);
  }
  const at = found[0];
  if (at === undefined) return damaged("there is no end record at its end");
  if (found.length > 1) refuse("it has two ends: get it again from another place");
  let disks = zip.readUInt16LE(at + 4) + zip.readUInt16LE(at + 6);
  let here = zip.readUInt16LE(at + 8);
  let count = zip.readUInt16LE(at + 10);
  let size = zip.readUInt32LE(at + 12);
  let start = zip.readUInt32LE(at + 16);
  let end = at;
  const locator = at - SIZE.locator;
  if (locator >= SIZE.end64 && zip.readUInt32LE(locator) === END64_LOCATOR) {
    end = long(zip, locator + 8) ?? damaged("the zip64 end is nowhere");
    // Without an extensible data sector, which nothing writes, the record ends where its locator begins.
    if (end + SIZE.end64 !== locator || zip.readUInt32LE(end) !== END64) {
      damaged("the zip64 end is not where it should be");
    }
    disks = zip.readUInt32LE(end + 16) + zip.readUInt32LE(end + 20);
    here = long(zip, end + 24) ?? damaged("its count of entries is too large");
    count = long(zip, end + 32) ?? damaged("its count of entries is too large");
    size = long(zip, end + 40) ?? damaged("its directory is too large");
    start = long(zip, end + 48) ?? damaged("its directory is nowhere");
  }
  if (disks !== 0 || here !== count) refuse("it is a part of an archive in several files: pack it as one");
  if (start + size !== end) damaged("the directory is not where its end says");
  if (count > MAX_FILES) refuse(TOO_MANY);
  return { start, end, count };
}

/** 4.3.12. */
function readDirectory(zip: Buffer, { start, end, count }: Directory, damaged: Damaged): Central[] {
  const entries: Central[] = [];
  let at = start;
  while (at < end && entries.length < count) {
    if (at + SIZE.central > end || zip.readUInt32LE(at) !== CENTRAL) damaged(`no directory entry at byte ${at}`);
    const nameEnd = at + SIZE.central + zip.readUInt16LE(at + 28);
    const extraEnd = nameEnd + zip.readUInt16LE(at + 30);
    const next = extraEnd + zip.readUInt16LE(at + 32);
    if (next > end) damaged(`the directory entry at byte ${at} goes past the end`);
    const rawName = zip.subarray(at + SIZE.central, nameEnd);
    const extra = extras(zip.subarray(nameEnd, extraEnd), damaged);
    const wide = wideValues(extra, damaged);
    const size = wide(zip.readUInt32LE(at + 24));
    const packed = wide(zip.readUInt32LE(at + 20));
    const offset = wide(zip.readUInt32LE(at + 42));
    if (![NONE16, 0].includes(zip.readUInt16LE(at + 34))) damaged(`the entry at byte ${at} is in another file`);
    entries.push({
      name: nameOf(rawName, extra),
      rawName,
      flags: zip.readUInt16LE(at + 8),
      method: zip.readUInt16LE(at + 10),
      crc: zip.readUInt32LE(at + 16),
      packed,
      size,
      attributes: zip.readUInt32LE(at + 38),
      offset,
    });
    at = next;
  }
  if (at !== end || entries.length !== count) damaged(`its directory has not the ${count} entries that its end says`);
  return entries;
}

/** Extra fields by their id, 4.5.1; the last one may be cut where a writer padded. */
function extras(bytes: Buffer, damaged: Damaged): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  let at = 0;
  for (; at + 4 <= bytes.length;) {
    const id = bytes.readUInt16LE(at);
    const end = at + 4 + bytes.readUInt16LE(at + 2);
    if (end > bytes.length) damaged("an extra field goes past its end");
    if (found.has(id) && (id === EXTRA.zip64 || id === EXTRA.unicodePath)) damaged("an extra field is there twice");
    found.set(id, bytes.subarray(at + 4, end));
    at = end;
  }
  return found;
}

/** Gives the values of the zip64 field one after another, for those that the header leaves to it, 4.5.3. */
function wideValues(extra: Map<number, Buffer>, damaged: Damaged): (value: number) => number {
  const field = extra.get(EXTRA.zip64);
  let at = 0;
  return (value) => {
    if (value !== NONE32) return value;
    if (field === undefined || at + 8 > field.length) damaged("a zip64 value is missing");
    const wide = long(field!, at) ?? damaged("a zip64 value is too large");
    at += 8;
    return wide;
  };
}

function long(bytes: Buffer, at: number): number | undefined {
  const value = Number(bytes.readBigUInt64LE(at));
  return Number.isSafeInteger(value) ? value : undefined;
}

/** UTF-8, whether bit 11 says so or not: most writers mean it. Info-ZIP's field holds for the name that it was made for, 4.6.9. */
function nameOf(raw: Buffer, extra: Map<number, Buffer>): string {
  const decode = (bytes: Uint8Array) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const unicode = extra.get(EXTRA.unicodePath);
  const holds = unicode !== undefined && unicode.length >= 5 && unicode[0] === 1 &&
    unicode.readUInt32LE(1) === crc32(raw);
  return decode(holds ? unicode.subarray(5) : raw);
}

/** Checks that the local header, 4.3.7, says what the directory does. @returns Where the data begins. */
function checkLocal(zip: Buffer, entry: Central, end: number, damaged: Damaged): number {
  const { offset: at, rawName } = entry;
  const differs = (what: string) =>
    damaged(`${quote(entry.name)} has another ${what} in its header than in the directory`);
  if (at + SIZE.local > end || zip.readUInt32LE(at) !== LOCAL) {
    damaged(`${quote(entry.name)} has no header at byte ${at}`);
  }
  const nameEnd = at + SIZE.local + zip.readUInt16LE(at + 26);
  const start = nameEnd + zip.readUInt16LE(at + 28);
  if (start > end) damaged(`${quote(entry.name)} goes past the directory`);
  if (!zip.subarray(at + SIZE.local, nameEnd).equals(rawName)) differs("name");
  const flags = ENCRYPTED | STREAMED;
  if ((zip.readUInt16LE(at + 6) & flags) !== (entry.flags & flags)) differs("flag");
  if (zip.readUInt16LE(at + 8) !== entry.method) differs("method");
  if ((entry.flags & STREAMED) === 0) {
    const wide = wideValues(extras(zip.subarray(nameEnd, start), damaged), damaged);
    if (zip.readUInt32LE(at + 14) !== entry.crc) differs("checksum");
    if (wide(zip.readUInt32LE(at + 22)) !== entry.size || wide(zip.readUInt32LE(at + 18)) !== entry.packed) {
      differs("size");
    }
  }
  return start;
}

/** The checksum and sizes that follow the data of a streamed entry, 4.3.9: with or without signature, sizes of 4 or 8 bytes. @returns Its length. */
function checkDescriptor(zip: Buffer, at: number, { name, crc, packed, size }: Central, damaged: Damaged): number {
  for (const signature of [true, false]) {
    for (const width of [4, 8]) {
      const begin = at + (signature ? 4 : 0);
      const length = begin + 4 + 2 * width - at;
      if (at + length > zip.length || signature && zip.readUInt32LE(at) !== DESCRIPTOR) continue;
      const value = (offset: number) => width === 4 ? zip.readUInt32LE(offset) : long(zip, offset);
      if (zip.readUInt32LE(begin) === crc && value(begin + 4) === packed && value(begin + 4 + width) === size) {
        return length;
      }
    }
  }
  return damaged(`${quote(name)} has other sizes after its data than in the directory`);
}

/** Why an entry is neither a file nor a folder, or cannot be read. */
function whyNot({ name, flags, method, attributes, packed, size }: Central): string | undefined {
  if ((flags & ENCRYPTED) !== 0 || method === AES) return "is encrypted: pack it without a password";
  if ((flags & PATCH) !== 0) return "is a patch of another file: pack the whole file";
  if (method !== STORED && method !== DEFLATED) {
    return `is compressed with ${
      METHODS[method] ?? `method ${method}`
    }, which stoQ does not read: pack it with Deflate`;
  }
  const type = (attributes >>> 16) & TYPE_MASK;
  if (TYPES[type] !== undefined) return TYPES[type];
  const folder = name.endsWith("/");
  if (folder && size > 0) return "is a folder with content: pack it again";
  if (folder ? type === UNIX_FILE : type === UNIX_FOLDER || (attributes & DOS_FOLDER) !== 0) {
    return "is a file by its name and a folder by its attributes, or the other way round: pack it again";
  }
  if (method === STORED && packed !== size) {
    return `is stored, but says it has ${size} bytes in ${packed}: pack it again`;
  }
  return undefined;
}

function content(zip: Buffer, entry: Central, start: number, damaged: Damaged): Uint8Array<ArrayBuffer> {
  const name = quote(entry.name);
  const data = zip.subarray(start, start + entry.packed);
  const bytes = entry.method === STORED ? new Uint8Array(data) : inflate(data, entry, damaged);
  if (bytes.length !== entry.size) damaged(`${name} has ${bytes.length} bytes, not the ${entry.size} that it says`);
  if (crc32(bytes) !== entry.crc) damaged(`the checksum of ${name} does not fit`);
  return bytes;
}

/** What `info: true` gives, which the types of node:zlib do not know. */
interface Inflated {
  readonly buffer: Uint8Array;
  /** `bytesWritten`: of the input. */
  readonly engine: { readonly bytesWritten: number };
}

function inflate(data: Buffer, { name, size }: Central, damaged: Damaged): Uint8Array<ArrayBuffer> {
  try {
    // What is more than the entry says never comes into being.
    const inflated = inflateRawSync(data, { maxOutputLength: Math.max(1, size), info: true });
    const { buffer, engine } = inflated as unknown as Inflated;
    if (engine.bytesWritten !== data.length) damaged(`${quote(name)} has data after its end`);
    return new Uint8Array(buffer);
  } catch (error) {
    if (codeOf(error) === "ERR_BUFFER_TOO_LARGE") {
      damaged(`${quote(name)} has more than the ${size} bytes that it says`);
    }
    if (codeOf(error) === undefined) throw error;
    return damaged(`${quote(name)}: ${(error as Error).message}`);
  }
}
