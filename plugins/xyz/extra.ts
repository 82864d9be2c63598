/**
 * Extra fields of members: PKWARE APPNOTE.TXT 6.3.10, section 4.5, and Info-ZIP's `extrafld.txt`.
 *
 * @module
 */
import { ByteReader } from "../lib/bytes.ts";
import { labelMethod } from "./labels.ts";

/** Fields of one member that are kept; there are up to five. */
const MAX_FIELDS = 50;
/** Bytes of a field that are kept as hexadecimal digits. */
const MAX_HEX = 512;

const NAMES: Readonly<Record<string, string>> = {
  "0001": "zip64",
  "000a": "ntfs",
  "5455": "time",
  "7875": "unix",
  "d935": "android",
  "a220": "ms_pad",
  "9901": "aes",
};

/** Extra fields of one header. */
export interface ExtraFields {
  readonly types: string[];
  /** Names and values, in the order of the fields. */
  readonly values: [string, unknown][];
  /** Hexadecimal digits of the parts. */
  readonly tokens: string[];
  /** Bytes at the end that are no field; negative where the last field is cut off. */
  readonly gap: number;
  /** What the Zip64 field holds, as 8-byte numbers. */
  readonly zip64: number[] | undefined;
}

/** Lower-case hexadecimal digits, of at most {@linkcode MAX_HEX} bytes. */
export function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes.subarray(0, MAX_HEX)) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** Reads the fields. */
export function readExtraFields(bytes: Uint8Array): ExtraFields {
  const reader = new ByteReader(bytes);
  const types: string[] = [];
  const values: [string, unknown][] = [];
  const tokens: string[] = [];
  let zip64: number[] | undefined;
  let at = 0;
  while (at + 4 <= bytes.length && types.length < MAX_FIELDS) {
    const type = reader.u16(at)!.toString(16).padStart(4, "0");
    const length = reader.u16(at + 2)!;
    const data = new ByteReader(bytes.subarray(at + 4, at + 4 + length));
    tokens.push(hex(bytes.subarray(at, at + 2)), hex(bytes.subarray(at + 2, at + 4)));
    types.push(NAMES[type] ?? type);
    if (type === "0001") zip64 = readZip64(data);
    readField(type, data, values, tokens);
    at += 4 + length;
  }
  return { types, values, tokens, gap: bytes.length - at, zip64 };
}

/** Section 4.5.3: 8-byte numbers in a fixed order, each only where its header has 0xffffffff instead. */
function readZip64(data: ByteReader): number[] {
  const numbers: number[] = [];
  for (let at = 0; at < 24 && data.has(at, 8); at += 8) numbers.push(Number(data.u64(at)));
  return numbers;
}

function readField(type: string, data: ByteReader, values: [string, unknown][], tokens: string[]): void {
  const { bytes, length } = data;
  const put = (name: string, value: unknown, from: number, size: number) => {
    values.push([name, value]);
    tokens.push(hex(bytes.subarray(from, from + size)));
  };
  if (type === "0001") {
    ["zip64_u_size", "zip64_c_size", "zip64_local_offset"].forEach((name, i) => {
      if (data.has(8 * i, 8)) put(name, Number(data.u64(8 * i)), 8 * i, 8);
    });
    if (data.has(24, 4)) put("zip64_volume", data.u32(24), 24, 4);
  } else if (type === "000a" && length >= 32 && data.u32(4) === 0x00180001) {
    put("ntfs_reserved", "", 0, 4);
    put("ntfs_attr_type", "1", 4, 2);
    put("ntfs_attr_size", "24", 6, 2);
    ["ntfs_mtime", "ntfs_atime", "ntfs_ctime"].forEach((name, i) => {
      put(name, fileTime(data.u64(8 + 8 * i)!), 8 + 8 * i, 8);
    });
  } else if (type === "5455" && length >= 5) {
    const flags = data.u8(0)!;
    const present = ["mtime", "atime", "ctime"].filter((_, bit) => flags & (1 << bit));
    put("time_flags", present, 0, 1);
    present.forEach((name, i) => {
      const time = data.i32(1 + 4 * i);
      if (time !== undefined) put(`time_${name}`, iso(time * 1000), 1 + 4 * i, 4);
    });
  } else if (type === "7875" && length >= 6 && data.u8(0) === 1) {
    const ids = [["unix_uid_size", "unix_uid"], ["unix_guid_size", "unix_gid"]] as const;
    put("unix_version", 1, 0, 1);
    let at = 1;
    for (const [sizeName, name] of ids) {
      const size = data.u8(at);
      if (size === undefined) break;
      put(sizeName, size, at, 1);
      if (size === 4 && data.has(at + 1, 4)) put(name, data.u32(at + 1), at + 1, 4);
      at += 1 + size;
    }
  } else if (type === "d935" && length >= 2) {
    put("andriod_alignment", data.u16(0), 0, 2); // the key is the original's
    put("andriod_padding_length", length, 2, length);
  } else if (type === "a220" && length >= 4 && data.u16(0) === 0xa028) {
    put("ms_pad_sig", "28a0", 0, 2);
    put("ms_pad_value", data.u16(2), 2, 2);
    put("ms_pad_length", length - 4, 4, length);
  } else if (type === "9901" && length >= 7) {
    const strength = data.u8(4)!;
    put("aes_version", data.u16(0), 0, 2);
    put("aes_vendor", String.fromCharCode(data.u8(2)!, data.u8(3)!), 2, 2);
    put("aes_strength", [128, 192, 256][strength - 1] ?? `unknown${strength}`, 4, 1);
    put("aes_method", labelMethod(data.u16(5)!), 5, 2);
  } else if (!(type in NAMES)) tokens.push(hex(bytes));
}

/** 100-nanosecond intervals since 1601. */
function fileTime(ticks: bigint): string | null {
  return iso(Number(ticks / 10_000n) - 11_644_473_600_000);
}

function iso(milliseconds: number): string | null {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? null : date.toISOString().replace(/\.000Z$/, "Z");
}
