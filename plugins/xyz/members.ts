/**
 * Headers of members, central and local, side by side: PKWARE APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.9 and 4.3.12.
 *
 * @module
 */
import type { Data } from "../../plugin.ts";
import type { ByteReader } from "../lib/bytes.ts";
import { crc32, MemberData } from "./data.ts";
import { type ExtraFields, hex, readExtraFields } from "./extra.ts";
import {
  labelBlocks,
  labelDosAttributes,
  labelFlags,
  labelMethod,
  labelMode,
  labelSystem,
  shortBlocks,
  shortDosAttributes,
  shortFlags,
} from "./labels.ts";

const CENTRAL_SIZE = 46;
const LOCAL_SIZE = 30;
const LOCAL_HEADER = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
/** A number that stands in the Zip64 field instead. */
const IN_ZIP64 = 0xffffffff;
const DEFLATED = 8;
/** Characters of a name or comment that are kept. */
const MAX_NAME = 1024;

/** Code page 437, from 0x80. */
const CP437 =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

/** What is done with the data of members. */
export interface MemberOptions {
  readonly decompress: boolean;
  readonly deriveLevel: boolean;
}

/** A member, and where its header in the directory ends. */
export interface ReadMember {
  readonly file: Data;
  readonly end: number;
}

/** Reads members of one archive, one after the other. */
export class MemberReader {
  readonly #data = new MemberData();
  #localEnd: number | undefined;

  /** @param before Bytes before the archive. @param errors Gets what a limit left out. */
  constructor(
    private readonly reader: ByteReader,
    private readonly before: number,
    private readonly options: MemberOptions,
    private readonly errors: string[],
  ) {}

  /** Reads the member whose header in the directory is at `at`. */
  read(at: number): ReadMember | undefined {
    const { reader } = this;
    if (!reader.has(at, CENTRAL_SIZE)) return undefined;
    const [flags, method] = [reader.u16(at + 8)!, reader.u16(at + 10)!];
    const [nameLength, extraLength, commentLength] = [reader.u16(at + 28)!, reader.u16(at + 30)!, reader.u16(at + 32)!];
    const slice = (from: number, length: number) => reader.bytes.subarray(from, from + length);
    const extraBytes = slice(at + CENTRAL_SIZE + nameLength, extraLength);
    const extra = readExtraFields(extraBytes);
    const sizes = withZip64([reader.u32(at + 24)!, reader.u32(at + 20)!, reader.u32(at + 42)!], extra);
    const [size = 0, compressedSize = 0, offset = 0] = sizes;
    const attributes = reader.u32(at + 38)!;
    const crc = reader.u32(at + 16)!;
    const end = Math.min(reader.length, at + CENTRAL_SIZE + nameLength + extraLength + commentLength);
    const flagLabels = labelFlags(flags, method);
    const { date, time } = dosTime(reader.u16(at + 14)!, reader.u16(at + 12)!);
    const central = {
      create_ver: reader.u8(at + 4)!,
      create_sys_raw: reader.u8(at + 5)!,
      extract_ver: reader.u16(at + 6)!,
      flags_raw: flags,
      method_raw: method,
      date,
      time,
      crc_raw: crc,
      crc: hex32(crc),
      c_size: compressedSize,
      u_size: size,
      volume: reader.u16(at + 34)!,
      int_attr_raw: reader.u16(at + 36)!,
      ext_attr_raw: attributes,
      filename: decodeName(slice(at + CENTRAL_SIZE, nameLength), flags),
      extra: hex(extraBytes),
      comment: decodeName(slice(at + CENTRAL_SIZE + nameLength + extraLength, commentLength), flags),
      create_sys: labelSystem(reader.u8(at + 5)!),
      flags: flagLabels,
      flags_short: shortFlags(flagLabels),
      method: labelMethod(method),
      int_attr: reader.u16(at + 36)! & 1 ? "text" : "bin",
      ext_attr_dos: labelDosAttributes(attributes & 0xffff),
      ext_attr_dos_short: shortDosAttributes(attributes & 0xffff),
      ext_attr_posix: labelMode(attributes >>> 16),
      extra_types: extra.types,
      extra_values: extra.values,
      extra_tokens: extra.tokens,
      extra_gap: extra.gap,
      offset: at,
      disk_num: reader.u16(at + 34)!,
      fname_len: nameLength,
      extra_len: extraLength,
      comment_len: commentLength,
      end,
      l_offset: offset + this.before,
    };
    return { file: { ...central, ...this.#readLocal(offset + this.before, central) }, end };
  }

  /** Reads a member that only has a local header. */
  readLocalOnly(at: number): Data {
    return { l_offset: at, ...this.#readLocal(at, undefined) };
  }

  #readLocal(at: number, central: Central | undefined): Data {
    const { reader } = this;
    const gap = this.#localEnd !== undefined && this.#localEnd !== at ? { l_gap: at - this.#localEnd } : {};
    if (reader.u32(at) !== LOCAL_HEADER || !reader.has(at, LOCAL_SIZE)) {
      this.errors.push(`${JSON.stringify(central?.filename ?? "")}: no local header at offset ${at}`);
      return gap;
    }
    const [flags, method] = [reader.u16(at + 6)!, reader.u16(at + 8)!];
    const { date, time } = dosTime(reader.u16(at + 12)!, reader.u16(at + 10)!);
    const crc = hex32(reader.u32(at + 14)!);
    const [nameLength, extraLength] = [reader.u16(at + 26)!, reader.u16(at + 28)!];
    const nameBytes = reader.bytes.subarray(at + LOCAL_SIZE, at + LOCAL_SIZE + nameLength);
    const extraBytes = reader.bytes.subarray(at + LOCAL_SIZE + nameLength, at + LOCAL_SIZE + nameLength + extraLength);
    const extra = readExtraFields(extraBytes);
    const [size = 0, compressedSize = 0] = withZip64([reader.u32(at + 22)!, reader.u32(at + 18)!], extra);
    const dataAt = Math.min(reader.length, at + LOCAL_SIZE + nameLength + extraLength);
    const dataEnd = Math.min(reader.length, dataAt + (central?.c_size ?? compressedSize));
    const data = reader.bytes.subarray(dataAt, dataEnd);
    const filename = decodeName(nameBytes, flags);
    const descriptor = flags & 8 ? readDescriptor(reader, dataEnd, extra.zip64 !== undefined) : undefined;
    const end = descriptor?.end ?? dataEnd;
    this.#localEnd = end;
    const flagLabels = labelFlags(flags, method);
    const blocks = labelBlocks(data, method, flags);
    const local = {
      l_extract_ver: reader.u16(at + 4)!,
      l_flags_raw: flags,
      l_method_raw: method,
      l_date: date,
      l_time: time,
      l_crc: crc,
      l_c_size: compressedSize,
      l_u_size: size,
      l_extra_len: extraLength,
      l_fname_len: nameLength,
      l_extra_types: extra.types,
      l_extra_values: extra.values,
      l_extra_tokens: extra.tokens,
      l_extra_gap: extra.gap,
      l_data_offset: dataAt,
    };
    const after = {
      l_end: end,
      l_filename: filename,
      l_extra: hex(extraBytes),
      l_flags: flagLabels,
      l_flags_short: shortFlags(flagLabels),
      l_method: labelMethod(method),
      compress_flags: blocks,
      compress_flags_short: shortBlocks(blocks),
    };
    const deltas = central && localDeltas(central, { ...local, ...after });
    return {
      ...gap,
      ...this.#decompress(data, central ?? { method_raw: method, flags_raw: flags, u_size: size, filename }),
      ...local,
      ...descriptor?.results,
      ...after,
      ...(deltas && { local_central_header_deltas: deltas }),
    };
  }

  #decompress(data: Uint8Array, { method_raw, flags_raw, u_size, filename }: DataHeader): Data {
    const { decompress, deriveLevel } = this.options;
    if (!decompress && !deriveLevel) return {};
    if (flags_raw & 1) return { decompress_size: 0, decompress_crc: 0, decompress_errors: "encrypted" };
    const { content, error } = this.#data.decompress(data, method_raw, u_size);
    const results = { decompress_size: content.length, decompress_crc: crc32(content), decompress_errors: error };
    if (!deriveLevel || method_raw !== DEFLATED || error !== "") return results;
    const level = this.#data.deriveLevel(data, content);
    if (!level) {
      this.errors.push(`${JSON.stringify(filename)}: deflate level not derived, too much data in this archive`);
    }
    return { ...results, ...level };
  }
}

interface DataHeader {
  readonly method_raw: number;
  readonly flags_raw: number;
  readonly u_size: number;
  readonly filename: string;
}

interface Central extends DataHeader {
  readonly extract_ver: number;
  readonly date: string;
  readonly time: string;
  readonly crc: string;
  readonly c_size: number;
  readonly fname_len: number;
  readonly extra_len: number;
  readonly extra: string;
}

/** What the local header says otherwise. */
function localDeltas(central: Central, local: Data): string[] {
  const pairs: [string, unknown, string][] = [
    ["extract_ver", central.extract_ver, "l_extract_ver"],
    ["flags", central.flags_raw, "l_flags_raw"],
    ["method", central.method_raw, "l_method_raw"],
    ["time", central.time, "l_time"],
    ["date", central.date, "l_date"],
    ["crc", central.crc, "l_crc"],
    ["c_size", central.c_size, "l_c_size"],
    ["u_size", central.u_size, "l_u_size"],
    ["fname_len", central.fname_len, "l_fname_len"],
    ["extra_len", central.extra_len, "l_extra_len"],
    ["filename", central.filename, "l_filename"],
    ["extra", central.extra, "l_extra"],
  ];
  return pairs.filter(([, value, key]) => value !== local[key]).map(([name]) => name);
}

/** Section 4.3.9; its signature may be missing, and sizes have 8 bytes in Zip64. */
function readDescriptor(reader: ByteReader, at: number, zip64: boolean): { results: Data; end: number } | undefined {
  const signed = reader.u32(at) === DESCRIPTOR;
  const from = at + (signed ? 4 : 0);
  const length = zip64 ? 20 : 12;
  if (!reader.has(from, length)) return undefined;
  const size = (offset: number) => zip64 ? Number(reader.u64(offset)) : reader.u32(offset)!;
  const results = {
    desc_offset: at,
    desc_sig: signed ? 1 : 0,
    desc_crc: hex32(reader.u32(from)!),
    desc_c_size: size(from + 4),
    desc_u_size: size(from + (zip64 ? 12 : 8)),
    desc_len: from + length - at,
  };
  return { results, end: from + length };
}

/** Numbers of a header, each from the Zip64 field where the header says so. */
function withZip64(numbers: number[], { zip64 }: ExtraFields): number[] {
  let next = 0;
  return numbers.map((number) => number === IN_ZIP64 ? zip64?.[next++] ?? number : number);
}

/** Section 4.4.6: local time. */
function dosTime(date: number, time: number): { date: string; time: string } {
  const pad = (number: number, digits = 2) => String(number).padStart(digits, "0");
  return {
    date: `${pad((date >> 9) + 1980, 4)}-${pad((date >> 5) & 15)}-${pad(date & 31)}`,
    time: `${pad(time >> 11)}:${pad((time >> 5) & 63)}:${pad((time & 31) * 2)}`,
  };
}

/** Section 4.4.4, bit 11, and appendix D. */
function decodeName(bytes: Uint8Array, flags: number): string {
  const cut = bytes.subarray(0, MAX_NAME);
  if (flags & 0x800) return new TextDecoder().decode(cut);
  let text = "";
  for (const byte of cut) text += byte < 0x80 ? String.fromCharCode(byte) : CP437[byte - 0x80];
  return text;
}

function hex32(number: number): string {
  return number.toString(16).padStart(8, "0");
}
