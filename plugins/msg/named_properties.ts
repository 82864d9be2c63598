import { ByteReader } from "../lib/bytes.ts";
import { readClsid } from "../lib/clsid.ts";
import { decodeUtf16 } from "../lib/codepage.ts";
import type { MapiProperty } from "../lib/mapi.ts";
import type { MsgStorage } from "./storage.ts";

/** Storage with the names of the properties from 0x8000 on, [MS-OXMSG] 2.2.3. */
export const NAMES_STORAGE = "__nameid_version1.0";
const GUID_STREAM = "__substg1.0_00020102";
const ENTRY_STREAM = "__substg1.0_00030102";
const STRING_STREAM = "__substg1.0_00040102";
const FIRST_NAMED = 0x8000;
const ENTRY_SIZE = 8;
const GUID_SIZE = 16;
/** Entries that are read: ids end at 0xfffe. */
const MAX_NAMES = 0x7fff;
/** Property sets by the index that stands for them, [MS-OXMSG] 2.2.3.1.2. */
const WELL_KNOWN = ["", "00020328-0000-0000-c000-000000000046", "00020329-0000-0000-c000-000000000046"];

/** Names of the properties whose ids are assigned per file. */
export class NamedProperties {
  readonly #names = new Map<number, NonNullable<MapiProperty["named"]>>();

  /** @param root The root storage: messages in it share its names. */
  constructor(root: MsgStorage) {
    const storage = root.children.get(NAMES_STORAGE);
    if (!storage) return;
    const reader = (name: string) => new ByteReader(storage.read(name) ?? new Uint8Array());
    const entries = reader(ENTRY_STREAM), guids = reader(GUID_STREAM), strings = reader(STRING_STREAM);
    for (let at = 0; entries.has(at, ENTRY_SIZE) && at < MAX_NAMES * ENTRY_SIZE; at += ENTRY_SIZE) {
      const identifier = entries.u32(at)!, kind = entries.u16(at + 4)!, index = entries.u16(at + 6)!;
      const guid = kind >> 1;
      const set = WELL_KNOWN[guid] ?? readClsid(guids, (guid - WELL_KNOWN.length) * GUID_SIZE) ?? "";
      const isString = (kind & 1) === 1;
      const length = isString ? strings.u32(identifier) : undefined;
      const text = length === undefined ? undefined : strings.slice(identifier + 4, length);
      if (isString && !text) continue;
      this.#names.set(FIRST_NAMED + index, { set, name: text ? decodeUtf16(text) : identifier });
    }
  }

  /** The name of a property, to be spread into it. */
  lookup(id: number): Pick<MapiProperty, "named"> {
    const named = this.#names.get(id);
    return named ? { named } : {};
  }
}
