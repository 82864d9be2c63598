/**
 * MAPI properties, as winmail.dat and Outlook's .msg files carry them: types, names and their form in results.
 *
 * @module
 */
import type { ByteReader } from "./bytes.ts";
import { readClsid } from "./clsid.ts";
import { decodeCodePage, decodeUtf16 } from "./codepage.ts";
import { filetimeToIso } from "./filetime.ts";
import { PROPERTY_NAMES, PROPERTY_SETS } from "./mapi_names.ts";

/** Property types, [MS-OXCDATA] 2.11.1. */
export const PropertyType = {
  object: 0x000d,
  string8: 0x001e,
  unicode: 0x001f,
  binary: 0x0102,
} as const;
/** Added to the type of a property with several values. */
export const MULTIPLE = 0x1000;

/** Bytes of the values of fixed size, by type. */
const FIXED_SIZES = new Map([
  [0x0002, 2], // integer16
  [0x0003, 4], // integer32
  [0x0004, 4], // floating32
  [0x0005, 8], // floating64
  [0x0006, 8], // currency
  [0x0007, 8], // floatingTime
  [0x000a, 4], // errorCode
  [0x000b, 2], // boolean
  [0x0014, 8], // integer64
  [0x0040, 8], // time
  [0x0048, 16], // guid
]);

/** Days from the origin of floating times (1899-12-30) to 1970. */
const FLOATING_TIME_ORIGIN = 25_569;
/** Longest binary value that results show. */
const MAX_HEX_BYTES = 64;
/** Longest text that results show of one property; bodies have their own keys. */
const MAX_TEXT = 4_096;
/** Values of one property that results show. */
const MAX_VALUES = 100;

/** A property's value: times, GUIDs and large integers as text. */
export type MapiValue = string | number | boolean | null | Uint8Array | MapiValue[];

/** One property. */
export interface MapiProperty {
  id: number;
  type: number;
  value: MapiValue;
  /** The name of a property whose id is assigned per file (0x8000 and above). */
  named?: { set: string; name: string | number };
}

/** Size of a value of that type, or undefined if it varies. */
export function fixedSize(type: number): number | undefined {
  return FIXED_SIZES.get(type);
}

/** Reads a value of fixed size; undefined outside the bytes. */
export function readFixed(reader: ByteReader, offset: number, type: number): MapiValue | undefined {
  const size = FIXED_SIZES.get(type);
  const bytes = size === undefined ? undefined : reader.slice(offset, size);
  if (bytes === undefined) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case 0x0002:
      return view.getInt16(0, true);
    case 0x0003:
      return view.getInt32(0, true);
    case 0x0004:
      return finite(view.getFloat32(0, true));
    case 0x0005:
      return finite(view.getFloat64(0, true));
    case 0x0006:
      return Number(view.getBigInt64(0, true)) / 10_000;
    case 0x0007:
      return floatingTime(view.getFloat64(0, true));
    case 0x000a:
      return view.getUint32(0, true);
    case 0x000b:
      return view.getUint16(0, true) !== 0;
    case 0x0014:
      return view.getBigInt64(0, true).toString();
    case 0x0040:
      return filetimeToIso(view.getBigUint64(0, true));
    default:
      return readClsid(reader, offset);
  }
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function floatingTime(days: number): string | null {
  const milliseconds = Math.round((days - FLOATING_TIME_ORIGIN) * 86_400_000);
  return Math.abs(milliseconds) <= 8.64e15 ? new Date(milliseconds).toISOString() : null;
}

/** The value in bytes of varying length: text by its type, else the bytes. */
export function decodeVariable(bytes: Uint8Array, type: number, codePage: number): string | Uint8Array {
  if (type === PropertyType.unicode) return decodeUtf16(bytes);
  if (type === PropertyType.string8) return decodeCodePage(bytes, codePage).replace(/\0.*$/s, "");
  return bytes;
}

/** Text of a body in the code page that PidTagInternetCodepage names; without one, UTF-8 if it is that. */
export function decodeBody(bytes: Uint8Array, codePage: number | null): string {
  if (codePage !== null && codePage >= 28_591 && codePage <= 28_606) {
    return new TextDecoder(`iso-8859-${codePage === 28_602 ? 10 : codePage - 28_590}`).decode(bytes);
  }
  if (codePage !== null && codePage >= 50_220 && codePage <= 50_222) {
    return new TextDecoder("iso-2022-jp").decode(bytes);
  }
  if (codePage !== null && codePage !== US_ASCII) return decodeCodePage(bytes, codePage);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return decodeCodePage(bytes, 1252);
  }
}

/** Code page of US-ASCII: what has 8 bits all the same is something else. */
const US_ASCII = 20_127;

/** Properties of one object; of several with one id the first counts. */
export class PropertySet {
  readonly #byId = new Map<number, MapiProperty>();

  /** @param properties In the order of the file. */
  constructor(readonly properties: readonly MapiProperty[] = []) {
    for (const property of properties) if (!this.#byId.has(property.id)) this.#byId.set(property.id, property);
  }

  /** The text of a property, null if it is not there or no text. */
  text(id: number): string | null {
    const value = this.#byId.get(id)?.value;
    return typeof value === "string" && value !== "" ? value : null;
  }

  /** The first text that one of the properties has. */
  firstText(...ids: number[]): string | null {
    for (const id of ids) {
      const text = this.text(id);
      if (text !== null) return text;
    }
    return null;
  }

  /** The number of a property. */
  number(id: number): number | null {
    const value = this.#byId.get(id)?.value;
    return typeof value === "number" ? value : null;
  }

  /** The bytes of a property. */
  bytes(id: number): Uint8Array | null {
    const value = this.#byId.get(id)?.value;
    return value instanceof Uint8Array ? value : null;
  }

  /** All but the properties in `except` as JSON, by name. */
  toJson(except: ReadonlySet<number>): Record<string, unknown> {
    const entries = new Map<string, unknown>();
    for (const property of this.properties) {
      const name = propertyName(property);
      if (!except.has(property.id) && !entries.has(name)) entries.set(name, valueToJson(property.value));
    }
    return Object.fromEntries(entries);
  }
}

/** `conversation_topic`, `0x6540`, or for named properties `common/0x8503`, `internet_headers/x-origin`. */
export function propertyName({ id, named }: MapiProperty): string {
  if (!named) return PROPERTY_NAMES.get(id) ?? hex(id);
  const set = PROPERTY_SETS.get(named.set) ?? named.set;
  return `${set}/${typeof named.name === "number" ? hex(named.name) : named.name.slice(0, 200)}`;
}

function hex(id: number): string {
  return "0x" + id.toString(16).padStart(4, "0");
}

/** Texts cut to 4,096 characters; bytes as hexadecimal, or only their number when they are many. */
function valueToJson(value: MapiValue): unknown {
  if (Array.isArray(value)) return value.slice(0, MAX_VALUES).map(valueToJson);
  if (typeof value === "string") return value.slice(0, MAX_TEXT);
  if (!(value instanceof Uint8Array)) return value;
  if (value.length > MAX_HEX_BYTES) return { size: value.length };
  return Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** How an attachment is attached, [MS-OXCMSG] 2.2.2.9. */
export const ATTACH_METHODS: readonly (string | null)[] = [
  "none",
  "by_value",
  "by_reference",
  null,
  "by_reference_only",
  "embedded_message",
  "ole",
  "by_web_reference",
];
