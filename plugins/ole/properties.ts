/**
 * Summary properties of a document, [MS-OLEPS].
 *
 * @module
 */
import { ByteReader } from "../lib/bytes.ts";
import { readClsid } from "../lib/clsid.ts";
import { decodeCodePage, decodeUtf16 } from "../lib/codepage.ts";
import { filetimeToIso } from "../lib/filetime.ts";

/** Longest text that is reported. */
const MAX_TEXT = 4096;
/** Elements of a vector that are reported. */
const MAX_VECTOR = 256;
/** Properties of a set that are read. */
const MAX_PROPERTIES = 512;
const CODE_PAGE_PROPERTY = 1;
const DICTIONARY_PROPERTY = 0;

/** Keys of the SummaryInformation set by property number, [MS-OSHARED] 2.3.3.2.1. */
const SUMMARY: Readonly<Record<number, string>> = {
  1: "codepage",
  2: "title",
  3: "subject",
  4: "author",
  5: "keywords",
  6: "comments",
  7: "template",
  8: "last_saved_by",
  9: "revision_number",
  10: "total_edit_time",
  11: "last_printed",
  12: "create_time",
  13: "last_saved_time",
  14: "num_pages",
  15: "num_words",
  16: "num_chars",
  18: "creating_application",
  19: "security",
};
/** Number of the editing time, which is a duration and not a time. */
const EDIT_TIME = 10;

/** Keys of the DocumentSummaryInformation set, [MS-OSHARED] 2.3.3.2.2. */
const DOCUMENT_SUMMARY: Readonly<Record<number, string>> = {
  1: "codepage_doc",
  2: "category",
  3: "presentation_target",
  4: "bytes",
  5: "lines",
  6: "paragraphs",
  7: "slides",
  8: "notes",
  9: "hidden_slides",
  10: "mm_clips",
  11: "scale_crop",
  13: "titles_of_parts",
  14: "manager",
  15: "company",
  16: "links_dirty",
  17: "chars_with_spaces",
  19: "shared_doc",
  22: "hlinks_changed",
  23: "version",
  26: "content_type",
  27: "content_status",
  28: "language",
  29: "doc_version",
};

/** FMTIDs, [MS-OSHARED] 2.3.3.2. */
const FORMATS: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  "f29f85e0-4ff9-1068-ab91-08002b27b3d9": SUMMARY,
  "d5cdd502-2e9c-101b-9397-08002b2cf9ae": DOCUMENT_SUMMARY,
};
const USER_DEFINED = "d5cdd505-2e9c-101b-9397-08002b2cf9ae";

/** A property's value as JSON; null for a type that is not read. */
export type PropertyValue = string | number | boolean | null | PropertyValue[];

/** What the property sets of a stream say. */
export interface Properties {
  known: Record<string, PropertyValue>;
  /** Properties that the author named. */
  userDefined: Record<string, PropertyValue>;
}

/**
 * Reads a property set stream such as `\x05SummaryInformation`, [MS-OLEPS] 2.21.
 *
 * @param errors Gets what is malformed.
 */
export function readProperties(bytes: Uint8Array, name: string, errors: string[]): Properties {
  const reader = new ByteReader(bytes);
  const properties: Properties = { known: {}, userDefined: {} };
  const count = reader.u32(24);
  if (reader.u16(0) !== 0xfffe || count === undefined) {
    errors.push(`${name}: not a property set`);
    return properties;
  }
  for (let i = 0; i < Math.min(count, 2); i++) {
    const format = readClsid(reader, 28 + i * 20) ?? "";
    const offset = reader.u32(44 + i * 20);
    const keys = FORMATS[format];
    if (offset === undefined || (!keys && format !== USER_DEFINED)) continue;
    const set = readSet(reader, offset);
    if (!set) {
      errors.push(`${name}: property set at offset ${offset} is outside the stream`);
      continue;
    }
    for (const [id, value] of set.values) {
      const key = keys ? keys[id] : set.names.get(id);
      if (key === undefined) continue;
      // A prototype's name as a key must stay a key.
      Object.defineProperty(keys ? properties.known : properties.userDefined, key, {
        value: keys === SUMMARY && id === EDIT_TIME
          ? seconds(value.raw)
          : keys && id === CODE_PAGE_PROPERTY && typeof value.json === "number"
          ? value.json & 0xffff // a VT_I2 that is meant unsigned: 65001 is stored as -535
          : value.json,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
  }
  return properties;
}

/** A value, and its FILETIME where it is one. */
interface Value {
  json: PropertyValue;
  raw: bigint | undefined;
}

function seconds(filetime: bigint | undefined): number | null {
  return filetime === undefined ? null : Number(filetime / 10_000_000n);
}

/** A property set, [MS-OLEPS] 2.20. */
function readSet(reader: ByteReader, start: number) {
  const count = reader.u32(start + 4);
  if (count === undefined) return undefined;
  const places = new Map<number, number>();
  for (let i = 0; i < Math.min(count, MAX_PROPERTIES); i++) {
    const id = reader.u32(start + 8 + i * 8);
    const offset = reader.u32(start + 12 + i * 8);
    if (id === undefined || offset === undefined) break;
    places.set(id, start + offset);
  }
  const codePageAt = places.get(CODE_PAGE_PROPERTY);
  const codePage = codePageAt === undefined ? 1252 : reader.u16(codePageAt + 4) ?? 1252;
  const dictionaryAt = places.get(DICTIONARY_PROPERTY);
  const names = dictionaryAt === undefined ? new Map<number, string>() : readNames(reader, dictionaryAt, codePage);
  const values = new Map<number, Value>();
  for (const [id, at] of [...places].sort(([a], [b]) => a - b)) {
    if (id !== DICTIONARY_PROPERTY) values.set(id, readValue(reader, at, codePage));
  }
  return { names, values };
}

/** Names of the user-defined properties, [MS-OLEPS] 2.17. */
function readNames(reader: ByteReader, start: number, codePage: number): Map<number, string> {
  const names = new Map<number, string>();
  const count = Math.min(reader.u32(start) ?? 0, MAX_PROPERTIES);
  for (let i = 0, at = start + 4; i < count; i++) {
    const id = reader.u32(at);
    const length = reader.u32(at + 4);
    if (id === undefined || length === undefined) break;
    const size = codePage === 1200 ? length * 2 : length;
    const bytes = reader.slice(at + 8, size);
    if (!bytes) break;
    names.set(id, text(bytes, codePage));
    // Unicode names are padded to four bytes.
    at += 8 + (codePage === 1200 ? (size + 3) & ~3 : size);
  }
  return names;
}

function text(bytes: Uint8Array, codePage: number): string {
  const cut = bytes.subarray(0, MAX_TEXT);
  const value = codePage === 1200 ? decodeUtf16(cut) : decodeCodePage(cut, codePage);
  const end = value.indexOf("\0");
  return end < 0 ? value : value.slice(0, end);
}

/** A TypedPropertyValue, [MS-OLEPS] 2.15. */
function readValue(reader: ByteReader, at: number, codePage: number): Value {
  const type = reader.u16(at) ?? 0;
  if ((type & 0x1000) === 0) {
    const { json, raw } = readScalar(reader, at + 4, type, codePage);
    return { json, raw };
  }
  const count = Math.min(reader.u32(at + 4) ?? 0, MAX_VECTOR);
  const items: PropertyValue[] = [];
  for (let i = 0, place = at + 8; i < count && place < reader.length; i++) {
    // VT_VARIANT: each element with its own type.
    const own = (type & 0xfff) === 0x0c;
    const item = readScalar(reader, own ? place + 4 : place, own ? reader.u16(place) ?? 0 : type & 0xfff, codePage);
    if (item.size === 0) break;
    items.push(item.json);
    place += item.size + (own ? 4 : 0);
  }
  return { json: items, raw: undefined };
}

/** A value of a scalar type, and how many bytes it takes (0: unknown). */
function readScalar(reader: ByteReader, at: number, type: number, codePage: number): Value & { size: number } {
  const scalar = (json: PropertyValue | undefined, size: number) => ({ json: json ?? null, raw: undefined, size });
  switch (type) {
    case 0x02: {
      const value = reader.u16(at);
      return scalar(value === undefined ? null : (value << 16) >> 16, 4);
    }
    case 0x12:
      return scalar(reader.u16(at), 4);
    case 0x03:
    case 0x16:
      return scalar(reader.i32(at), 4);
    case 0x13:
    case 0x17:
      return scalar(reader.u32(at), 4);
    case 0x0b:
      return scalar(reader.has(at, 2) ? reader.u16(at) !== 0 : null, 4);
    case 0x05: {
      const bytes = reader.slice(at, 8);
      const value = bytes && new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
      return scalar(Number.isFinite(value) ? value : null, 8);
    }
    case 0x1e: {
      const length = reader.u32(at) ?? 0;
      return scalar(text(reader.slice(at + 4, length) ?? new Uint8Array(), codePage), 4 + ((length + 3) & ~3));
    }
    case 0x1f: {
      const length = (reader.u32(at) ?? 0) * 2;
      return scalar(text(reader.slice(at + 4, length) ?? new Uint8Array(), 1200), 4 + ((length + 3) & ~3));
    }
    case 0x40: {
      const raw = reader.u64(at);
      return { json: raw === undefined ? null : filetimeToIso(raw), raw, size: 8 };
    }
    case 0x48:
      return scalar(readClsid(reader, at), 16);
    default:
      return scalar(null, 0);
  }
}
