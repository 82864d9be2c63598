/**
 * An ELF file as the loader sees it: reads by virtual address, and strings of string tables.
 *
 * @module
 */
import { ByteReader } from "./bytes.ts";
import { readSections, readSegments } from "./elf_headers.ts";
import type { ElfHeader, ElfSection, ElfSegment } from "./elf_types.ts";
import { Problems } from "./problems.ts";

/** PT_LOAD. */
const LOAD = 1;

/** A range of the file. */
export interface FileRange {
  readonly offset: number;
  readonly size: number;
}

/** Headers of a file, and checked reads. */
export class ElfImage {
  readonly reader: ByteReader;
  readonly problems = new Problems();
  readonly segments: readonly ElfSegment[];
  readonly sections: readonly ElfSection[];
  readonly #loaded: readonly ElfSegment[];

  /** @param bytes The file; not copied. @param header Its header. */
  constructor(bytes: Uint8Array, readonly header: ElfHeader) {
    this.reader = new ByteReader(bytes, header.littleEndian);
    this.segments = readSegments(this);
    this.sections = readSections(this);
    this.#loaded = this.segments.filter(({ type }) => type === LOAD);
  }

  /** Bytes of an address. */
  get width(): number {
    return this.header.is64 ? 8 : 4;
  }

  /** Number of the size of an address. */
  word(at: number): bigint | undefined {
    if (this.header.is64) return this.reader.u64(at);
    const value = this.reader.u32(at);
    return value === undefined ? undefined : BigInt(value);
  }

  /** Offset in the file of a virtual address; nothing if no loaded segment has it there. */
  offsetOf(address: bigint): number | undefined {
    const segment = this.#loaded.find(({ vaddr, filesz }) => address >= vaddr && address < vaddr + filesz);
    if (segment === undefined) return undefined;
    const offset = Number(address - segment.vaddr + segment.offset);
    return offset < this.reader.length ? offset : undefined;
  }

  /** String of a string table; empty when it is outside of it. */
  string(table: FileRange | undefined, index: number, maxLength: number): string {
    if (table === undefined || index >= table.size || this.problems.textLeft === 0) return "";
    const length = Math.min(maxLength, table.size - index, this.problems.textLeft);
    const text = this.reader.latin1z(table.offset + index, length) ?? "";
    return this.problems.takeText(text, table.offset + index);
  }

  /** Range in the file of a section; nothing for one that has no data there. */
  rangeOf(section: ElfSection | undefined): FileRange | undefined {
    if (section === undefined || section.type === 8) return undefined; // SHT_NOBITS
    const offset = Number(section.offset);
    return this.reader.has(offset, 0) ? { offset, size: Number(section.size) } : undefined;
  }
}
