/**
 * The attributes of a TNEF stream, [MS-OXTNEF] 2.1.3.
 *
 * @module
 */
import { ByteReader } from "../lib/bytes.ts";
import { decodeCodePage } from "../lib/codepage.ts";

/** [MS-OXTNEF] 2.1.3.1.1. */
const SIGNATURE = 0x223e9f78;
/** Signature and legacy key. */
const HEADER_SIZE = 6;
/** Level, id and length before the data. */
const ATTRIBUTE_HEADER_SIZE = 9;

/** Attributes by id, [MS-OXTNEF] 2.1.3.2 and 2.1.3.3. */
export const Attribute = {
  owner: 0x00060000,
  sentFor: 0x00060001,
  delegate: 0x00060002,
  originalMessageClass: 0x00070600,
  dateStart: 0x00030006,
  dateEnd: 0x00030007,
  from: 0x00008000,
  subject: 0x00018004,
  dateSent: 0x00038005,
  dateReceived: 0x00038006,
  messageStatus: 0x00068007,
  messageClass: 0x00078008,
  messageId: 0x00018009,
  parentId: 0x0001800a,
  conversationId: 0x0001800b,
  body: 0x0002800c,
  priority: 0x0004800d,
  attachData: 0x0006800f,
  attachTitle: 0x00018010,
  attachMetaFile: 0x00068011,
  attachCreateDate: 0x00038012,
  attachModifyDate: 0x00038013,
  dateModified: 0x00038020,
  attachTransportFilename: 0x00069001,
  attachRenderingData: 0x00069002,
  messageProperties: 0x00069003,
  recipientTable: 0x00069004,
  attachmentProperties: 0x00069005,
  version: 0x00089006,
  oemCodePage: 0x00069007,
} as const;

/** One attribute. */
export interface TnefAttribute {
  /** Of the message, or of the current attachment. */
  level: "message" | "attachment";
  id: number;
  offset: number;
  data: Uint8Array;
}

/** Whether the bytes begin with the signature. */
export function isTnef(bytes: Uint8Array): boolean {
  return new ByteReader(bytes).u32(0) === SIGNATURE;
}

/** The key in the header, which the mail that carried the stream repeats (X-MS-TNEF-Correlator is its successor). */
export function legacyKey(bytes: Uint8Array): number {
  return new ByteReader(bytes).u16(4) ?? 0;
}

/** Reads the attributes; stops, with an error, at the first that cannot be one. */
export function readAttributes(bytes: Uint8Array): { attributes: TnefAttribute[]; errors: string[] } {
  const reader = new ByteReader(bytes);
  const attributes: TnefAttribute[] = [];
  const errors: string[] = [];
  let wrongChecksums = 0, firstWrong = 0;
  for (let at = HEADER_SIZE; at < bytes.length;) {
    const level = reader.u8(at), id = reader.u32(at + 1), length = reader.u32(at + 5);
    if (level !== 1 && level !== 2) {
      // Line breaks that a mail program added.
      if (bytes.subarray(at).some((byte) => byte !== 0x0d && byte !== 0x0a && byte !== 0)) {
        errors.push(`Byte ${level} at offset ${at} is no attribute level (1 or 2): what follows is not read`);
      }
      break;
    }
    if (id === undefined || length === undefined) {
      errors.push(`The attribute at offset ${at} is cut off`);
      break;
    }
    const start = at + ATTRIBUTE_HEADER_SIZE;
    const data = bytes.subarray(start, start + length);
    attributes.push({ level: level === 1 ? "message" : "attachment", id, offset: at, data });
    if (data.length < length) {
      errors.push(`Attribute 0x${id.toString(16)} at offset ${at} has ${data.length} of its ${length} bytes`);
      break;
    }
    const checksum = reader.u16(start + length);
    if (checksum !== undefined && checksum !== sum(data) && wrongChecksums++ === 0) firstWrong = at;
    at = start + length + 2;
  }
  if (wrongChecksums > 0) {
    errors.push(`${wrongChecksums} attributes have a wrong checksum, the first at offset ${firstWrong}`);
  }
  return { attributes, errors };
}

/** Sum of the bytes, 16 bits, [MS-OXTNEF] 2.1.3.1.2. */
function sum(data: Uint8Array): number {
  let total = 0;
  for (const byte of data) total = (total + byte) & 0xffff;
  return total;
}

/** A date attribute, [MS-OXTNEF] 2.1.3.3.1: the sender's local time, whose zone is not known, hence without `Z`. */
export function readDate(data: Uint8Array): string | null {
  const reader = new ByteReader(data);
  const fields = [0, 2, 4, 6, 8, 10].map((offset) => reader.u16(offset) ?? 0);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields;
  if (year > 9999 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59) {
    return null;
  }
  const two = (value: number) => String(value).padStart(2, "0");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`;
}

/** A text attribute, up to its NUL. */
export function readText(data: Uint8Array, codePage: number): string {
  return decodeCodePage(data, codePage).replace(/\0.*$/s, "");
}

/** Name and address of a sender: a "triple" of lengths and two texts, [MS-OXTNEF] 2.1.3.3.2. */
export function readTriple(data: Uint8Array, codePage: number): { name: string; address: string } | null {
  const reader = new ByteReader(data);
  const nameLength = reader.u16(4), addressLength = reader.u16(6);
  const name = reader.slice(8, nameLength ?? 0), address = reader.slice(8 + (nameLength ?? 0), addressLength ?? 0);
  return name && address && nameLength
    ? { name: readText(name, codePage), address: readText(address, codePage) }
    : null;
}
