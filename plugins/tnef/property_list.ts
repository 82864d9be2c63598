import { ByteReader } from "../lib/bytes.ts";
import { readClsid } from "../lib/clsid.ts";
import { decodeUtf16 } from "../lib/codepage.ts";
import {
  decodeVariable,
  fixedSize,
  type MapiProperty,
  type MapiValue,
  MULTIPLE,
  PropertyType,
  readFixed,
} from "../lib/mapi.ts";

/** Properties of one list that are kept: Outlook writes below 200. */
const MAX_PROPERTIES = 2_000;
/** Rows of one recipient table that are kept. */
const MAX_ROWS = 2_000;
/** Ids from here on have a name in the list, [MS-OXTNEF] 2.1.3.4. */
const FIRST_NAMED = 0x8000;

/** A list of properties, and what stopped its reading. */
export interface PropertyList {
  properties: MapiProperty[];
  /** Offset in the bytes of what could not be read, and why. */
  error?: string;
}

/** Reads the property list of an attribute, [MS-OXTNEF] 2.1.3.4. */
export function readPropertyList(bytes: Uint8Array, codePage: number): PropertyList {
  return new ListReader(bytes, codePage).list();
}

/** Reads the property lists of a recipient table, [MS-OXTNEF] 2.1.3.5.1. */
export function readRecipientTable(bytes: Uint8Array, codePage: number): PropertyList[] {
  const reader = new ListReader(bytes, codePage);
  const rows: PropertyList[] = [];
  for (let left = Math.min(reader.u32(), MAX_ROWS); left > 0; left--) {
    const row = reader.list();
    rows.push(row);
    if (row.error !== undefined) break;
  }
  return rows;
}

/** Reads on from one value to the next; each takes at least 4 bytes, so that no count makes it read longer than that. */
class ListReader {
  readonly #reader: ByteReader;
  #at = 0;

  constructor(bytes: Uint8Array, private readonly codePage: number) {
    this.#reader = new ByteReader(bytes);
  }

  /** The next 32-bit number; 0 at the end. */
  u32(): number {
    const value = this.#reader.u32(this.#at) ?? 0;
    this.#at += 4;
    return value;
  }

  list(): PropertyList {
    const properties: MapiProperty[] = [];
    const count = this.u32();
    for (let i = 0; i < count; i++) {
      if (i === MAX_PROPERTIES) {
        return { properties, error: `more than ${MAX_PROPERTIES} properties: the rest is left out` };
      }
      const start = this.#at;
      const property = this.#property();
      if (typeof property === "string") {
        return { properties, error: `property ${i + 1} of ${count} at ${start}: ${property}` };
      }
      properties.push(property);
    }
    return { properties };
  }

  /** @returns The property, or why there is none. */
  #property(): MapiProperty | string {
    const type = this.#reader.u16(this.#at), id = this.#reader.u16(this.#at + 2);
    if (type === undefined || id === undefined) return "ends before it";
    this.#at += 4;
    const named = id >= FIRST_NAMED ? this.#name() : undefined;
    if (id >= FIRST_NAMED && !named) return "its name ends early";
    const value = this.#value(type);
    if (value === undefined) return `a value of type 0x${type.toString(16)} is unknown or ends early`;
    return named ? { id, type, value, named } : { id, type, value };
  }

  #name(): MapiProperty["named"] {
    const set = readClsid(this.#reader, this.#at) ?? "00000000-0000-0000-0000-000000000000";
    const kind = this.#reader.u32(this.#at + 16), number = this.#reader.u32(this.#at + 20);
    if (kind === undefined || number === undefined) return undefined;
    this.#at += 24;
    if (kind === 0) return { set, name: number };
    const text = this.#take(number);
    return text && { set, name: decodeUtf16(text) };
  }

  #value(type: number): MapiValue | undefined {
    const base = type & ~MULTIPLE;
    const size = fixedSize(base);
    const text = base === PropertyType.string8 || base === PropertyType.unicode;
    if (size === undefined && !text && base !== PropertyType.binary && base !== PropertyType.object) return undefined;
    const multiple = (type & MULTIPLE) !== 0;
    // Also single values of varying length have a count, which is 1.
    const count = multiple || size === undefined ? this.u32() : 1;
    const values: MapiValue[] = [];
    for (let i = 0; i < count; i++) {
      const value = size === undefined ? this.#variable(base) : this.#fixed(base, size);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return multiple ? values : values[0] ?? null;
  }

  #fixed(type: number, size: number): MapiValue | undefined {
    const value = readFixed(this.#reader, this.#at, type);
    this.#at += Math.ceil(size / 4) * 4;
    return value;
  }

  #variable(type: number): MapiValue | undefined {
    const bytes = this.#take(this.u32());
    return bytes && decodeVariable(bytes, type, this.codePage);
  }

  /** The next bytes, with the padding to a multiple of four behind them. */
  #take(length: number): Uint8Array | undefined {
    const bytes = this.#reader.slice(this.#at, length);
    this.#at += Math.ceil(length / 4) * 4;
    return bytes;
  }
}
