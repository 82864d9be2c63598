/**
 * The end records of a ZIP archive, and where its central directory is: PKWARE APPNOTE.TXT 6.3.10, sections 4.3.14 to 4.3.16.
 *
 * @module
 */
import type { Data } from "../../plugin.ts";
import type { ByteReader } from "../lib/bytes.ts";
import { hex } from "./extra.ts";
import { labelSystem } from "./labels.ts";

const END = Uint8Array.of(0x50, 0x4b, 5, 6);
const END_SIZE = 22;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const CENTRAL_HEADER = 0x02014b50;
/** The end record and the longest comment after it. */
const END_SEARCH = END_SIZE + 0xffff;
const MAX_COMMENT = 4096;

/** Where the directory is and what the end records say. */
export interface ZipEnd {
  readonly comment: string;
  /** Offset of the central directory, in the payload. */
  readonly directory: number;
  /** Members that the end records count. */
  readonly count: number;
  /** Bytes before the archive, which its offsets don't count. */
  readonly before: number;
  /** Results: end records of Zip64 and the plain one. */
  readonly records: Data;
}

/** Finds the last end record that has a directory before it, `undefined` if there is none. */
export function readEnd(reader: ByteReader): ZipEnd | undefined {
  const from = Math.max(0, reader.length - END_SEARCH);
  const ends: number[] = [];
  for (let at = reader.indexOf(END, from); at >= 0; at = reader.indexOf(END, at + 1)) ends.push(at);
  for (const at of ends.reverse()) {
    const end = reader.has(at, END_SIZE) ? endAt(reader, at) : undefined;
    if (end) return end;
  }
  return undefined;
}

function endAt(reader: ByteReader, at: number): ZipEnd | undefined {
  const commentLength = reader.u16(at + 20)!;
  const comment = new TextDecoder().decode(
    reader.bytes.subarray(at + END_SIZE, at + END_SIZE + Math.min(commentLength, MAX_COMMENT)),
  );
  const endDir = {
    end_dir_offset: at,
    disk_num: reader.u16(at + 4)!,
    disk_num_dir: reader.u16(at + 6)!,
    num_entries_disk: reader.u16(at + 8)!,
    num_entries: reader.u16(at + 10)!,
    dir_size: reader.u32(at + 12)!,
    dir_offset: reader.u32(at + 16)!,
    comment_len: commentLength,
    ...(commentLength > 0 && { comment }),
    end_dir_end: Math.min(reader.length, at + END_SIZE + commentLength),
  };
  const zip64 = readZip64(reader, at - 20);
  const { dir_size: size, dir_offset: offset, num_entries: count } = zip64?.record ?? endDir;
  // Offsets don't count what stands before the archive: the directory ends where the end records begin.
  const directoryEnd = zip64 ? zip64.offset : at;
  const before = directoryEnd - size - offset;
  const directory = [directoryEnd - size, offset].find((place) => reader.u32(place) === CENTRAL_HEADER);
  if (directory === undefined && !(count === 0 && size === 0)) return undefined;
  return {
    comment,
    directory: directory ?? directoryEnd,
    count,
    before: directory === undefined || directory === offset ? 0 : before,
    records: { ...zip64?.results, end_dir: endDir },
  };
}

function readZip64(reader: ByteReader, at: number) {
  if (reader.u32(at) !== LOCATOR64 || !reader.has(at, 20)) return undefined;
  const told = Number(reader.u64(at + 8));
  // Fixed size, section 4.3.14.1; where bytes stand before the archive the record is before its locator all the same.
  const offset = [told, at - 56].find((place) => reader.u32(place) === END64 && reader.has(place, 56));
  if (offset === undefined) return undefined;
  const size = Number(reader.u64(offset + 4));
  const record = {
    end_dir64_offset: offset,
    end_dir64_size: size,
    create_ver: reader.u8(offset + 12)!,
    create_sys_raw: reader.u8(offset + 13)!,
    extract_ver: reader.u16(offset + 14)!,
    disk_num: reader.u32(offset + 16)!,
    disk_num_dir: reader.u32(offset + 20)!,
    num_entries_disk: Number(reader.u64(offset + 24)),
    num_entries: Number(reader.u64(offset + 32)),
    dir_size: Number(reader.u64(offset + 40)),
    dir_offset: Number(reader.u64(offset + 48)),
    create_sys: labelSystem(reader.u8(offset + 13)!),
  };
  const end = Math.max(offset + 56, Math.min(at, offset + 12 + size));
  const extended = reader.bytes.subarray(offset + 56, end);
  return {
    offset,
    record,
    results: {
      end_dir64: { ...record, ...(extended.length > 0 && { extended: hex(extended) }), end_dir64_end: end },
      loc_dir64: {
        loc_dir64_offset: at,
        disk_num_end_dir64: reader.u32(at + 4)!,
        end_dir64_offset: told,
        num_disks: reader.u32(at + 16)!,
        loc_dir64_end: at + 20,
      },
    },
  };
}
