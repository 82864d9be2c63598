/**
 * The storages of a .msg file and the properties in them, [MS-OXMSG] 2.
 *
 * @module
 */
import { ByteReader } from "../lib/bytes.ts";
import type { Cfb, CfbEntry } from "../lib/cfb.ts";
import {
  decodeVariable,
  fixedSize,
  type MapiProperty,
  type MapiValue,
  MULTIPLE,
  PropertySet,
  PropertyType,
  readFixed,
} from "../lib/mapi.ts";
import type { NamedProperties } from "./named_properties.ts";

/** Stream with the properties of fixed size, [MS-OXMSG] 2.4. */
export const PROPERTIES_STREAM = "__properties_version1.0";
/** Sizes of its header by the kind of storage, [MS-OXMSG] 2.4.1. */
export const HeaderSize = { message: 32, embedded: 24, child: 8 } as const;
/** Each property in it: type, id, flags, value, [MS-OXMSG] 2.4.2. */
const ENTRY_SIZE = 16;
/** Streams with the other properties: type and id in the name, [MS-OXMSG] 2.1.3 and 2.1.4. */
const VALUE_STREAM = /^__substg1\.0_([0-9a-f]{4})([0-9a-f]{4})(?:-([0-9a-f]{8}))?$/i;

/** Code page of texts that are not Unicode, PidTagMessageCodepage. */
const MESSAGE_CODE_PAGE = 0x3ffd;
const DEFAULT_CODE_PAGE = 1252;
/** Properties of one storage that are kept: Outlook writes below 300. */
const MAX_PROPERTIES = 2_000;

/** One storage: what is directly in it. */
export class MsgStorage {
  readonly #children = new Map<string, MsgStorage>();
  readonly #streams = new Map<string, CfbEntry>();

  private constructor(private readonly cfb: Cfb, readonly entry: CfbEntry | undefined) {}

  /** The root storage of a file. */
  static root(cfb: Cfb): MsgStorage {
    const storages = new Map([["", new MsgStorage(cfb, cfb.root)]]);
    for (const entry of cfb.entries) {
      if (entry.orphan || entry.parts.length === 0) continue;
      const parent = storages.get(entry.parts.slice(0, -1).join("\0"));
      if (!parent) continue;
      if (entry.kind === "stream") {
        if (!parent.#streams.has(entry.name)) parent.#streams.set(entry.name, entry);
      } else if (!parent.#children.has(entry.name)) {
        const storage = new MsgStorage(cfb, entry);
        parent.#children.set(entry.name, storage);
        storages.set(entry.parts.join("\0"), storage);
      }
    }
    return storages.get("")!;
  }

  /** Storages in it, by name. */
  get children(): ReadonlyMap<string, MsgStorage> {
    return this.#children;
  }

  /** Names of the streams in it. */
  get streamNames(): string[] {
    return [...this.#streams.keys()];
  }

  /** The bytes of a stream in it. */
  read(name: string): Uint8Array | undefined {
    const entry = this.#streams.get(name);
    return entry && this.cfb.read(entry);
  }

  /** Reads the properties. @param except Ids of properties whose value is not read. */
  properties(headerSize: number, names: NamedProperties, except: ReadonlySet<number> = new Set()): PropertySet {
    const fixed = this.#fixedProperties(headerSize, names);
    const codePage = fixed.find(({ id }) => id === MESSAGE_CODE_PAGE)?.value;
    const others: MapiProperty[] = [];
    for (const name of this.#streams.keys()) {
      const match = VALUE_STREAM.exec(name);
      if (!match || match[3] !== undefined || others.length >= MAX_PROPERTIES) continue;
      const id = parseInt(match[1]!, 16), type = parseInt(match[2]!, 16);
      if (except.has(id)) continue;
      const value = this.#value(name, type, typeof codePage === "number" ? codePage : DEFAULT_CODE_PAGE);
      if (value !== undefined) others.push({ id, type, value, ...names.lookup(id) });
    }
    return new PropertySet([...fixed, ...others]);
  }

  #fixedProperties(headerSize: number, names: NamedProperties): MapiProperty[] {
    const reader = new ByteReader(this.read(PROPERTIES_STREAM) ?? new Uint8Array());
    const properties: MapiProperty[] = [];
    for (let at = headerSize; reader.has(at, ENTRY_SIZE) && properties.length < MAX_PROPERTIES; at += ENTRY_SIZE) {
      const type = reader.u16(at)!, id = reader.u16(at + 2)!;
      const size = fixedSize(type);
      // GUIDs don't fit and have a stream.
      const value = size !== undefined && size <= 8 ? readFixed(reader, at + 8, type) : undefined;
      if (value !== undefined) properties.push({ id, type, value, ...names.lookup(id) });
    }
    return properties;
  }

  #value(name: string, type: number, codePage: number): MapiValue | undefined {
    const bytes = this.read(name) ?? new Uint8Array();
    const base = type & ~MULTIPLE;
    const size = fixedSize(base);
    const variable = base === PropertyType.string8 || base === PropertyType.unicode || base === PropertyType.binary;
    if ((type & MULTIPLE) === 0) {
      if (variable) return decodeVariable(bytes, base, codePage);
      return size === undefined ? undefined : readFixed(new ByteReader(bytes), 0, base);
    }
    const values: MapiValue[] = [];
    if (size !== undefined) {
      for (let at = 0; at + size <= bytes.length; at += size) {
        values.push(readFixed(new ByteReader(bytes), at, base) ?? null);
      }
    } else if (variable) {
      // The stream of the property has the lengths, one stream each has the values.
      const width = base === PropertyType.binary ? 8 : 4;
      for (let i = 0; i < bytes.length / width; i++) {
        const part = this.read(`${name}-${i.toString(16).toUpperCase().padStart(8, "0")}`);
        if (!part) break;
        values.push(decodeVariable(part, base, codePage));
      }
    }
    return values;
  }
}
