/**
 * Compound File Binary format: the "OLE file" around .doc, .xls, .ppt, .msi, vbaProject.bin and embedded objects.
 *
 * Source: [MS-CFB] (sections named below). Every chain is followed at most once around, all chains together cover a
 * bounded number of bytes, and the directory tree is walked without recursion: work is linear in the file's size.
 *
 * @module
 */
import { ByteReader } from "./bytes.ts";
import { type CfbEntry, readDirectory } from "./cfb_directory.ts";

export type { CfbEntry };

/** Header signature, [MS-CFB] 2.2. */
const MAGIC = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
const HEADER_SIZE = 512;
/** Sector numbers from here on are markers (end of chain, free, FAT, DIFAT), [MS-CFB] 2.1. */
const MAX_REGULAR_SECTOR = 0xfffffffa;
const END_OF_CHAIN = 0xfffffffe;
/** Both fixed by [MS-CFB] 2.2; other values in a header are an attempt to confuse. */
const MINI_SECTOR_SIZE = 64;
const MINI_STREAM_CUTOFF = 4096;
/** Bytes that all chains together may cover, as a multiple of the file: streams that share sectors are still read. */
const CHAIN_BUDGET = 4;
/** Messages kept: a broken file can be broken in every sector. */
const MAX_ERRORS = 50;

/** A parsed compound file. */
export interface Cfb {
  /** Bytes a sector. */
  readonly sectorSize: number;
  readonly root: CfbEntry | undefined;
  /** Storages and streams, siblings in order of their names, a storage before what it holds; orphans last. */
  readonly entries: readonly CfbEntry[];
  /** What is malformed, with offsets; grows while streams are read. */
  readonly errors: string[];
  /** A copy of a stream's bytes; short where the file is damaged, which `errors` then says. */
  read(entry: CfbEntry): Uint8Array<ArrayBuffer>;
}

/** Whether the bytes begin with the signature of a compound file, whatever their length. */
export function hasCfbMagic(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, index) => bytes[index] === byte);
}

/**
 * Reads header, allocation tables and directory.
 *
 * @returns The file, or undefined if the bytes are not a compound file.
 */
export function parseCfb(bytes: Uint8Array): Cfb | undefined {
  return hasCfbMagic(bytes) && bytes.length >= HEADER_SIZE ? new CompoundFile(bytes) : undefined;
}

class CompoundFile implements Cfb {
  readonly sectorSize: number;
  readonly root: CfbEntry | undefined;
  readonly entries: readonly CfbEntry[];
  readonly errors: string[] = [];
  readonly #reader: ByteReader;
  readonly #sectorCount: number;
  readonly #fat: Uint32Array;
  readonly #miniFat: Uint32Array;
  readonly #miniStream: Uint8Array;
  readonly #starts: ReadonlyMap<CfbEntry, number>;
  /** Chains of the streams read so far: reading one again costs no budget. */
  readonly #chains = new Map<CfbEntry, readonly number[]>();
  #budget: number;

  constructor(bytes: Uint8Array) {
    const reader = this.#reader = new ByteReader(bytes);
    const shift = reader.u16(30);
    if (shift !== 9 && shift !== 12) this.#report(`sector shift ${shift} at offset 30 is neither 9 nor 12`);
    // With a wrong shift the major version still tells, [MS-CFB] 2.2.
    this.sectorSize = shift === 12 || (shift !== 9 && reader.u16(26) === 4) ? 4096 : 512;
    this.#sectorCount = Math.max(0, Math.ceil(bytes.length / this.sectorSize) - 1);
    this.#budget = CHAIN_BUDGET * bytes.length;
    const cutoff = reader.u32(56);
    if (cutoff !== MINI_STREAM_CUTOFF) {
      this.#report(`mini stream cutoff ${cutoff} at offset 56 is not ${MINI_STREAM_CUTOFF}`);
    }
    this.#fat = this.#table(this.#fatSectors());
    const whole = (start: number | undefined, what: string) =>
      this.#chain(start ?? END_OF_CHAIN, this.#fat, this.#sectorCount, this.sectorSize, what);
    this.#miniFat = this.#table(whole(reader.u32(60), "mini FAT"));
    const { root, entries } = readDirectory(reader, {
      sectors: whole(reader.u32(48), "directory"),
      sectorSize: this.sectorSize,
      report: (message) => this.#report(message),
    });
    this.root = root;
    this.entries = entries;
    this.#starts = new Map(entries.map((entry) => [entry, entry.start]));
    // The root entry's bytes are the sectors of all small streams, [MS-CFB] 2.4.
    const chain = root ? this.#bigChain(root.start, root.size, "mini stream") : [];
    this.#miniStream = join(bytes, chain, this.sectorSize, this.sectorSize, root?.size ?? 0);
  }

  read(entry: CfbEntry): Uint8Array<ArrayBuffer> {
    const start = this.#starts.get(entry);
    if (start === undefined || entry.kind !== "stream") return new Uint8Array();
    const mini = entry.size < MINI_STREAM_CUTOFF;
    const what = `stream "${entry.parts.join("/")}"`;
    const known = this.#chains.get(entry);
    const chain = known ?? (mini ? this.#miniChain(start, entry.size, what) : this.#bigChain(start, entry.size, what));
    this.#chains.set(entry, chain);
    const content = mini
      ? join(this.#miniStream, chain, MINI_SECTOR_SIZE, 0, entry.size)
      : join(this.#reader.bytes, chain, this.sectorSize, this.sectorSize, entry.size);
    if (!known && content.length < entry.size) {
      this.#report(`${what}: ${content.length} of ${entry.size} bytes are in the file`);
    }
    return content;
  }

  #report(message: string): void {
    if (this.errors.length < MAX_ERRORS) this.errors.push(message);
    else if (this.errors.length === MAX_ERRORS) this.errors.push("further errors of this compound file left out");
  }

  /** Numbers of the sectors that hold the FAT: 109 in the header, the rest in the DIFAT chain, [MS-CFB] 2.5. */
  #fatSectors(): number[] {
    const sectors: number[] = [];
    const add = (offset: number, count: number) => {
      for (let i = 0; i < count && sectors.length < this.#sectorCount; i++) {
        const sector = this.#reader.u32(offset + i * 4);
        if (sector !== undefined && sector < MAX_REGULAR_SECTOR) sectors.push(sector);
      }
    };
    add(76, 109);
    const perSector = this.sectorSize / 4 - 1;
    let next = this.#reader.u32(68) ?? END_OF_CHAIN;
    for (const seen = new Set<number>(); next < MAX_REGULAR_SECTOR;) {
      if (seen.has(next) || next >= this.#sectorCount) {
        this.#report(`DIFAT chain ${seen.has(next) ? "returns to" : "leaves the file at"} sector ${next}`);
        break;
      }
      seen.add(next);
      const offset = (next + 1) * this.sectorSize;
      add(offset, perSector);
      next = this.#reader.u32(offset + perSector * 4) ?? END_OF_CHAIN;
    }
    return sectors;
  }

  /** The numbers in the given sectors, one after another; never more than the file has bytes for. */
  #table(sectors: readonly number[]): Uint32Array {
    const perSector = this.sectorSize / 4;
    const table = new Uint32Array(sectors.length * perSector).fill(END_OF_CHAIN);
    for (const [index, sector] of sectors.entries()) {
      const offset = (sector + 1) * this.sectorSize;
      for (let i = 0; i < perSector; i++) {
        table[index * perSector + i] = this.#reader.u32(offset + i * 4) ?? END_OF_CHAIN;
      }
    }
    return table;
  }

  #miniChain(start: number, size: number, what: string): number[] {
    return this.#chain(start, this.#miniFat, Math.ceil(size / MINI_SECTOR_SIZE), MINI_SECTOR_SIZE, what);
  }

  #bigChain(start: number, size: number, what: string): number[] {
    const limit = Math.ceil(Math.min(size, this.#reader.length) / this.sectorSize);
    return this.#chain(start, this.#fat, limit, this.sectorSize, what);
  }

  /** Sector numbers from `start` on, at most `limit`; stops where the chain returns to itself or leaves the table. */
  #chain(start: number, table: Uint32Array, limit: number, sectorSize: number, what: string): number[] {
    const sectors: number[] = [];
    const seen = new Set<number>();
    for (let sector = start; sector < MAX_REGULAR_SECTOR && sectors.length < limit;) {
      if (seen.has(sector)) {
        this.#report(`${what}: its chain returns to sector ${sector}`);
        break;
      }
      if (sector >= table.length) {
        this.#report(`${what}: its chain leaves the allocation table at sector ${sector}`);
        break;
      }
      if ((this.#budget -= sectorSize) < 0) {
        this.#report(`${what}: not read whole, the chains of this file cover ${CHAIN_BUDGET} times its size`);
        break;
      }
      seen.add(sector);
      sectors.push(sector);
      sector = table[sector] ?? END_OF_CHAIN;
    }
    return sectors;
  }
}

/** Copies sectors one after another, up to `size` bytes; `base` is where sector 0 is. Ends where the bytes do. */
function join(
  bytes: Uint8Array,
  chain: readonly number[],
  sectorSize: number,
  base: number,
  size: number,
): Uint8Array<ArrayBuffer> {
  const content = new Uint8Array(Math.min(size, chain.length * sectorSize));
  let end = 0;
  for (const [index, sector] of chain.entries()) {
    const at = index * sectorSize;
    const offset = base + sector * sectorSize;
    const part = bytes.subarray(offset, offset + Math.min(sectorSize, content.length - at));
    content.set(part, at);
    if (part.length > 0) end = at + part.length;
  }
  return end === content.length ? content : content.slice(0, end);
}
