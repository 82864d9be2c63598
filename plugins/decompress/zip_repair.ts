/**
 * Gives a zip archive without a readable central directory a new one, made from the local headers (APPNOTE.TXT 6.3.10,
 * sections 4.3.7 to 4.3.16), so that the members of an archive that was cut off can be extracted.
 *
 * @module
 */
import { ByteReader } from "../lib/bytes.ts";

const LOCAL_HEADER = Uint8Array.of(0x50, 0x4b, 3, 4);
const LOCAL_HEADER_SIZE = 30;
const CENTRAL_HEADER_SIZE = 46;
const END_SIZE = 22;

/** Members that are looked for: as many as the end record can count. */
const MAX_MEMBERS = 0xffff;

/** Bit 3 of the flags: sizes and CRC follow the data. */
const HAS_DESCRIPTOR = 8;

/** A size that stands in the Zip64 extra field instead. */
const IN_ZIP64 = 0xffffffff;

/** Size of a member that nothing says: the most that isn't a mark of Zip64, so that its data decides. */
const UNKNOWN_SIZE = IN_ZIP64 - 1;

interface LocalMember {
  readonly offset: number;
  readonly name: Uint8Array;
  readonly extra: Uint8Array;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
}

/** The archive with a new central directory at its end, or `undefined` if there is no member in it. */
export function repairZip(bytes: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const members = findMembers(new ByteReader(bytes));
  if (members.length === 0) return undefined;
  const directorySize = members.reduce(
    (sum, { name, extra }) => sum + CENTRAL_HEADER_SIZE + name.length + extra.length,
    0,
  );
  const repaired = new Uint8Array(bytes.length + directorySize + END_SIZE);
  repaired.set(bytes);
  const view = new DataView(repaired.buffer);
  let at = bytes.length;
  for (const member of members) {
    view.setUint32(at, 0x02014b50, true);
    // Made by and needed version, flags, method, time, date as in the local header, which has them in the same order.
    view.setUint16(at + 4, 20, true);
    repaired.set(bytes.subarray(member.offset + 4, member.offset + 14), at + 6);
    writeSizes(view, at + 16, member);
    writeSizes(view, member.offset + 14, member);
    view.setUint16(at + 28, member.name.length, true);
    view.setUint16(at + 30, member.extra.length, true);
    view.setUint32(at + 42, member.offset, true);
    repaired.set(member.name, at + CENTRAL_HEADER_SIZE);
    repaired.set(member.extra, at + CENTRAL_HEADER_SIZE + member.name.length);
    at += CENTRAL_HEADER_SIZE + member.name.length + member.extra.length;
  }
  view.setUint32(at, 0x06054b50, true);
  view.setUint16(at + 8, members.length, true);
  view.setUint16(at + 10, members.length, true);
  view.setUint32(at + 12, directorySize, true);
  view.setUint32(at + 16, bytes.length, true);
  return repaired;
}

function writeSizes(view: DataView, at: number, { crc, packedSize, size }: LocalMember): void {
  view.setUint32(at, crc, true);
  view.setUint32(at + 4, packedSize, true);
  view.setUint32(at + 8, size, true);
}

/** All members by their local headers, in one pass forward. */
function findMembers(reader: ByteReader): LocalMember[] {
  const members: LocalMember[] = [];
  let offset = reader.indexOf(LOCAL_HEADER);
  while (offset !== -1 && members.length < MAX_MEMBERS) {
    const member = readMember(reader, offset);
    if (member !== undefined) members.push(member);
    const next = member === undefined ? offset + 4 : dataOffset(member) + member.packedSize;
    offset = reader.indexOf(LOCAL_HEADER, next);
  }
  return members;
}

function dataOffset({ offset, name, extra }: LocalMember): number {
  return offset + LOCAL_HEADER_SIZE + name.length + extra.length;
}

function readMember(reader: ByteReader, offset: number): LocalMember | undefined {
  const flags = reader.u16(offset + 6);
  const crc = reader.u32(offset + 14);
  const packedSize = reader.u32(offset + 18);
  const size = reader.u32(offset + 22);
  const name = reader.slice(offset + LOCAL_HEADER_SIZE, reader.u16(offset + 26) ?? 0);
  const extra = reader.slice(offset + LOCAL_HEADER_SIZE + (name?.length ?? 0), reader.u16(offset + 28) ?? 0);
  if (flags === undefined || crc === undefined || packedSize === undefined || size === undefined) return undefined;
  if (name === undefined || extra === undefined || name.length === 0) return undefined;
  const start = offset + LOCAL_HEADER_SIZE + name.length + extra.length;
  const member = { offset, name, extra, crc, packedSize, size };
  if ((flags & HAS_DESCRIPTOR) !== 0 && packedSize === 0) return { ...member, ...beforeDescriptor(reader, start) };
  if (packedSize === IN_ZIP64) {
    const found = beforeDescriptor(reader, start);
    return { ...member, packedSize: found.packedSize, size: size === IN_ZIP64 ? found.size : size };
  }
  return { ...member, packedSize: Math.min(packedSize, reader.length - start) };
}

/** Size and CRC of data whose length isn't known in front of it: the next signature is its end (section 4.3.9). */
function beforeDescriptor(reader: ByteReader, start: number): { crc: number; packedSize: number; size: number } {
  for (let at = nextSignature(reader, start); at !== -1; at = nextSignature(reader, at + 4)) {
    if (reader.u8(at + 2) !== 7) return { crc: 0, packedSize: at - start, size: UNKNOWN_SIZE };
    const packedSize = reader.u32(at + 8);
    if (packedSize === at - start) return { crc: reader.u32(at + 4) ?? 0, packedSize, size: reader.u32(at + 12) ?? 0 };
  }
  return { crc: 0, packedSize: reader.length - start, size: UNKNOWN_SIZE };
}

/** Offset of the next `PK` signature of a local header, a descriptor or a central header. */
function nextSignature(reader: ByteReader, from: number): number {
  const pk = LOCAL_HEADER.subarray(0, 2);
  for (let at = reader.indexOf(pk, from); at !== -1; at = reader.indexOf(pk, at + 2)) {
    const kind = reader.u16(at + 2);
    if (kind === 0x0403 || kind === 0x0807 || kind === 0x0201) return at;
  }
  return -1;
}
