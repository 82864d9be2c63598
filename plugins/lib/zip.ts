/**
 * Members of a ZIP archive, bounded: for containers such as OOXML, not for archives in general.
 *
 * Source: PKWARE APPNOTE.TXT 6.3, section 4.3. Zip64 is not read: a document that large is not one.
 *
 * @module
 */
import { constants, inflateRawSync } from "node:zlib";
import { ByteReader } from "./bytes.ts";
import { decodeCodePage } from "./codepage.ts";

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_OF_DIRECTORY = Uint8Array.of(0x50, 0x4b, 0x05, 0x06);
/** The end record and the longest comment after it, section 4.3.16. */
const END_SEARCH = 22 + 0xffff;
/** More members than a document has. */
const MAX_MEMBERS = 10_000;
const MAX_NAME = 1024;
const STORED = 0;
const DEFLATED = 8;
/**
 * Compressed bytes that {@linkcode peekMember} looks at: mostly the first number is enough, and a bomb of 10,000 members
 * gives little from so few bytes; the second is longer than the longest table of codes in front of a block.
 */
const PEEK_INPUTS = [128, 512];
/** Longer than any signature. */
const PEEK_OUTPUT = 16;
/** Deflate gives at most this many bytes for one. */
const MAX_RATIO = 1032;
/** Bytes that may be decompressed in vain, as a multiple of those that may be kept. */
const WASTE = 1;

/** A member of a ZIP archive. */
export interface ZipMember {
  readonly name: string;
  /** Compression method. */
  readonly method: number;
  readonly encrypted: boolean;
  readonly compressedSize: number;
  /** Size that the archive declares; what comes out may differ. */
  readonly size: number;
  /** Offset of the local header. */
  readonly offset: number;
}

/** Whether the bytes begin with a local file header. */
export function isZip(bytes: Uint8Array): boolean {
  return new ByteReader(bytes).u32(0) === LOCAL_HEADER;
}

/**
 * Lists the members from the central directory, or from the local headers where there is none.
 *
 * @param errors Gets what is malformed.
 */
export function readZip(bytes: Uint8Array, errors: string[]): ZipMember[] {
  const reader = new ByteReader(bytes);
  const tail = Math.max(0, bytes.length - END_SEARCH);
  let end = -1;
  for (let at = reader.indexOf(END_OF_DIRECTORY, tail); at >= 0; at = reader.indexOf(END_OF_DIRECTORY, at + 1)) {
    end = at;
  }
  if (end < 0) {
    errors.push("ZIP without an end of central directory: members taken from their local headers");
    return readLocalHeaders(reader);
  }
  const members: ZipMember[] = [];
  const count = reader.u16(end + 10) ?? 0;
  let at = reader.u32(end + 16) ?? 0;
  while (members.length < MAX_MEMBERS && reader.u32(at) === CENTRAL_HEADER) {
    const nameLength = reader.u16(at + 28) ?? 0;
    const name = reader.slice(at + 46, nameLength);
    const offset = reader.u32(at + 42);
    if (!name || offset === undefined) break;
    const flags = reader.u16(at + 8)!;
    members.push({
      name: memberName(name, flags),
      method: reader.u16(at + 10)!,
      encrypted: (flags & 1) !== 0,
      compressedSize: reader.u32(at + 20)!,
      size: reader.u32(at + 24)!,
      offset,
    });
    at += 46 + nameLength + reader.u16(at + 30)! + reader.u16(at + 32)!;
  }
  if (members.length === 0) {
    errors.push(`ZIP central directory at offset ${at} is empty: members taken from their local headers`);
    return readLocalHeaders(reader);
  }
  if (members.length !== count) {
    errors.push(`ZIP central directory has ${members.length} members, its end says ${count}`);
  }
  return members;
}

/** Members of an archive without a directory: every local header that is found, section 4.3.7. */
function readLocalHeaders(reader: ByteReader): ZipMember[] {
  const members: ZipMember[] = [];
  const signature = Uint8Array.of(0x50, 0x4b, 0x03, 0x04);
  for (let at = reader.indexOf(signature); at >= 0 && members.length < MAX_MEMBERS;) {
    const nameLength = reader.u16(at + 26) ?? 0;
    const name = reader.slice(at + 30, nameLength);
    const flags = reader.u16(at + 6);
    if (!name || flags === undefined) break;
    const data = at + 30 + nameLength + (reader.u16(at + 28) ?? 0);
    let compressedSize = reader.u32(at + 18)!;
    // With bit 3 the size comes after the data: up to the next header is enough to inflate.
    const next = reader.indexOf(signature, Math.min(data, reader.length));
    if ((flags & 8) !== 0 && compressedSize === 0) {
      compressedSize = Math.max(0, (next < 0 ? reader.length : next) - data);
    }
    members.push({
      name: memberName(name, flags),
      method: reader.u16(at + 8)!,
      encrypted: (flags & 1) !== 0,
      compressedSize,
      size: reader.u32(at + 22)!,
      offset: at,
    });
    at = next;
  }
  return members;
}

/** Bit 11 says UTF-8, section 4.4.4; else it is mostly that or ASCII all the same. Backslashes are some writers' slashes. */
function memberName(bytes: Uint8Array, flags: number): string {
  const cut = bytes.subarray(0, MAX_NAME);
  const text = decodeCodePage(cut, 65001);
  return ((flags & 0x800) !== 0 || !text.includes("\ufffd") ? text : decodeCodePage(cut, 1252)).replaceAll("\\", "/");
}

/** What came out of a member. */
export type ZipContent = { content: Uint8Array<ArrayBuffer>; error?: string } | { content?: undefined; error: string };

/** Decompresses members of an archive within one budget: what is kept, and what is decompressed in vain. */
export class ZipMemberReader {
  readonly #bytes: Uint8Array;
  #room: number;
  #waste: number;

  /** @param maxBytes What all members together may decompress to. */
  constructor(bytes: Uint8Array, maxBytes: number) {
    this.#bytes = bytes;
    this.#room = maxBytes;
    this.#waste = maxBytes * WASTE;
  }

  /** Decompresses a member; one that is larger than the room that is left gives an error and no bytes. */
  read(member: ZipMember): ZipContent {
    const tooLarge = `"${member.name}": left out, more than the ${this.#room} bytes that remain for it`;
    const data = memberData(this.#bytes, member);
    if (typeof data === "string") return { error: `"${member.name}": ${data}` };
    if (this.#waste <= 0) return { error: `"${member.name}": left out, too much of this archive is too large` };
    if (member.method === STORED) {
      if (data.length > this.#room) return { error: tooLarge };
      this.#room -= data.length;
      return { content: data.slice() };
    }
    try {
      // The flush gives what there is of a damaged or cut off member instead of nothing.
      const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: Math.max(1, this.#room) };
      const content = Uint8Array.from(inflateRawSync(data, options));
      this.#room -= content.length;
      if (content.length === member.size) return { content };
      return { content, error: `"${member.name}": ${content.length} bytes came out, the archive says ${member.size}` };
    } catch (cause) {
      this.#waste -= Math.min(this.#room, data.length * MAX_RATIO);
      if (cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE") {
        return { error: tooLarge };
      }
      return { error: `"${member.name}": cannot be decompressed: ${cause instanceof Error ? cause.message : cause}` };
    }
  }
}

/** The first bytes of a member, enough to tell what it is; empty if it cannot be read. */
export function peekMember(bytes: Uint8Array, member: ZipMember): Uint8Array {
  const data = memberData(bytes, member);
  if (typeof data === "string") return new Uint8Array();
  if (member.method === STORED) return data.subarray(0, PEEK_INPUTS[0]);
  for (const length of PEEK_INPUTS) {
    try {
      const head = inflateRawSync(data.subarray(0, length), { finishFlush: constants.Z_SYNC_FLUSH });
      if (head.length >= PEEK_OUTPUT || length >= data.length) return head;
    } catch {
      // Reading the member whole will say why.
      return new Uint8Array();
    }
  }
  return new Uint8Array();
}

/** The compressed bytes, or why there are none. */
function memberData(bytes: Uint8Array, member: ZipMember): Uint8Array | string {
  if (member.encrypted) return "is encrypted";
  if (member.method !== STORED && member.method !== DEFLATED) {
    return `has compression method ${member.method}, not read`;
  }
  const reader = new ByteReader(bytes);
  if (reader.u32(member.offset) !== LOCAL_HEADER) return `has no local header at offset ${member.offset}`;
  const lengths = [reader.u16(member.offset + 26), reader.u16(member.offset + 28)] as const;
  if (lengths[0] === undefined || lengths[1] === undefined) return `has no local header at offset ${member.offset}`;
  const start = member.offset + 30 + lengths[0] + lengths[1];
  return bytes.subarray(start, Math.min(bytes.length, start + member.compressedSize));
}
