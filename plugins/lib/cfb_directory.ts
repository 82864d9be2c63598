/**
 * The directory of a compound file: names, sizes and places of storages and streams, [MS-CFB] 2.6.
 *
 * @module
 */
import type { ByteReader } from "./bytes.ts";
import { readClsid } from "./clsid.ts";

const ENTRY_SIZE = 128;
const NO_STREAM = 0xffffffff;
/** Deeper storages are not listed: their paths would grow with the square of the depth. */
const MAX_DEPTH = 64;
/** More directory entries than any Office document has, few enough to list. */
const MAX_ENTRIES = 20_000;

/** A storage (folder) or a stream (file) of a compound file. */
export interface CfbEntry {
  readonly kind: "root" | "storage" | "stream";
  /** Names from below the root down to this entry; empty for the root. */
  readonly parts: readonly string[];
  /** The last of `parts`. */
  readonly name: string;
  /** Declared size in bytes; 0 for storages. */
  readonly size: number;
  /** Class of the object in a storage, or null when it is zero. */
  readonly clsid: string | null;
  /** FILETIME, 0 where unset. */
  readonly created: bigint;
  /** FILETIME, 0 where unset. */
  readonly modified: bigint;
  /** Whether no storage refers to this entry: Office doesn't see it. */
  readonly orphan: boolean;
}

/** An entry with the first sector of its bytes. */
export interface LocatedEntry extends CfbEntry {
  readonly start: number;
}

/** Where the directory is, and who hears what is wrong with it. */
export interface DirectoryPlace {
  /** Sectors of the directory, in order. */
  readonly sectors: readonly number[];
  readonly sectorSize: number;
  report(message: string): void;
}

/**
 * Lists the directory: siblings in order of their names, a storage before what it holds; orphaned streams last.
 * Walks without recursion and visits each entry once, whatever the tree's links say.
 */
export function readDirectory(
  reader: ByteReader,
  place: DirectoryPlace,
): { root: LocatedEntry | undefined; entries: LocatedEntry[] } {
  const perSector = place.sectorSize / ENTRY_SIZE;
  const count = Math.min(place.sectors.length * perSector, MAX_ENTRIES);
  if (place.sectors.length * perSector > MAX_ENTRIES) {
    place.report(`directory: more than ${MAX_ENTRIES} entries, the rest left out`);
  }
  if (count === 0) {
    place.report("directory: has no entries");
    return { root: undefined, entries: [] };
  }
  const offsetOf = (id: number) =>
    (place.sectors[Math.floor(id / perSector)]! + 1) * place.sectorSize + (id % perSector) * ENTRY_SIZE;
  const link = (id: number, at: number) => reader.u32(offsetOf(id) + at) ?? NO_STREAM;
  const read = (id: number, storage: readonly string[], orphan: boolean) =>
    readEntry(reader, offsetOf(id), { storage, orphan, wideSize: place.sectorSize !== 512 });

  const seen = new Set<number>([0]);
  /** Ids of the siblings in the red-black tree whose top is `top`, [MS-CFB] 2.6.4. */
  const siblings = (top: number): number[] => {
    const found: number[] = [];
    for (const stack = [top]; stack.length > 0;) {
      const id = stack.pop()!;
      if (id >= count) continue;
      if (seen.has(id)) {
        place.report(`directory: entry ${id} is referred to twice`);
        continue;
      }
      seen.add(id);
      found.push(id);
      stack.push(link(id, 72), link(id, 68));
    }
    return found;
  };
  const stack: { id: number; entry: LocatedEntry }[] = [];
  const pushChildren = (parent: number, storage: readonly string[]) => {
    const children: { id: number; entry: LocatedEntry }[] = [];
    for (const id of siblings(link(parent, 76))) {
      const entry = read(id, storage, false);
      if (entry) children.push({ id, entry });
    }
    // Last name first, because the stack hands them out from its end.
    children.sort((a, b) => a.entry.name < b.entry.name ? 1 : a.entry.name > b.entry.name ? -1 : b.id - a.id);
    for (const child of children) stack.push(child);
  };

  const root = read(0, [], false);
  if (root?.kind !== "root") place.report(`directory: entry 0 at offset ${offsetOf(0)} is not a root storage`);
  const entries: LocatedEntry[] = [];
  pushChildren(0, []);
  for (let next = stack.pop(); next; next = stack.pop()) {
    entries.push(next.entry);
    if (next.entry.kind !== "storage") continue;
    if (next.entry.parts.length < MAX_DEPTH) pushChildren(next.id, next.entry.parts);
    else place.report(`directory: storages deeper than ${MAX_DEPTH} left out`);
  }
  for (let id = 1; id < count; id++) {
    const entry = seen.has(id) ? undefined : read(id, [], true);
    if (entry?.kind === "stream") entries.push(entry);
  }
  return { root, entries };
}

/** One directory entry, [MS-CFB] 2.6.1; undefined for an unused one. */
function readEntry(
  reader: ByteReader,
  offset: number,
  facts: { storage: readonly string[]; orphan: boolean; wideSize: boolean },
): LocatedEntry | undefined {
  if (!reader.has(offset, ENTRY_SIZE)) return undefined;
  const type = reader.u8(offset + 66);
  const kind = type === 1 ? "storage" : type === 2 ? "stream" : type === 5 ? "root" : undefined;
  if (!kind) return undefined;
  const nameLength = Math.min(reader.u16(offset + 64)!, 64);
  let name = "";
  for (let i = 0; i + 1 < nameLength; i += 2) {
    const unit = reader.u16(offset + i)!;
    if (unit === 0) break;
    name += String.fromCharCode(unit);
  }
  // Files with 512-byte sectors may leave rubbish in the upper half of the size, [MS-CFB] 2.6.1.
  const size = facts.wideSize ? Number(reader.u64(offset + 120)!) : reader.u32(offset + 120)!;
  return {
    kind,
    parts: kind === "root" ? [] : [...facts.storage, name],
    name,
    size: kind === "storage" ? 0 : size,
    clsid: readClsid(reader, offset + 80),
    created: reader.u64(offset + 100)!,
    modified: reader.u64(offset + 108)!,
    orphan: facts.orphan,
    start: reader.u32(offset + 116)!,
  };
}
