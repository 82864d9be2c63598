/**
 * The dynamic section of an ELF file.
 *
 * @module
 */
import type { ElfImage, FileRange } from "./elf_image.ts";
import type { ElfDynamicEntry } from "./elf_types.ts";

/** Most entries read: libraries have a few dozen. */
const MAX_ENTRIES = 4096;
/** Longest path or library name. */
const MAX_NAME = 4096;
/** PT_DYNAMIC. */
const PT_DYNAMIC = 2;
/** SHT_DYNAMIC. */
const SHT_DYNAMIC = 6;

/** Tags that are used here (System V ABI, "Dynamic Section"; GNU extensions from glibc's elf.h). */
export const DT = {
  NEEDED: 1n,
  PLTRELSZ: 2n,
  HASH: 4n,
  STRTAB: 5n,
  SYMTAB: 6n,
  RELA: 7n,
  RELASZ: 8n,
  RELAENT: 9n,
  STRSZ: 10n,
  SYMENT: 11n,
  SONAME: 14n,
  RPATH: 15n,
  REL: 17n,
  RELSZ: 18n,
  RELENT: 19n,
  PLTREL: 20n,
  JMPREL: 23n,
  BIND_NOW: 24n,
  RUNPATH: 29n,
  FLAGS: 30n,
  RELRSZ: 35n,
  RELR: 36n,
  GNU_HASH: 0x6ffffef5n,
  VERSYM: 0x6ffffff0n,
  FLAGS_1: 0x6ffffffbn,
  VERDEF: 0x6ffffffcn,
  VERDEFNUM: 0x6ffffffdn,
  VERNEED: 0x6ffffffen,
  VERNEEDNUM: 0x6fffffffn,
  AUXILIARY: 0x7ffffffdn,
  FILTER: 0x7fffffffn,
} as const;

/** Tags whose value is the offset of a string. */
const NAMED: ReadonlySet<bigint> = new Set([DT.NEEDED, DT.SONAME, DT.RPATH, DT.RUNPATH, DT.AUXILIARY, DT.FILTER]);

/** The dynamic section. */
export class ElfDynamic {
  readonly #values = new Map<bigint, bigint>();

  /** @param entries In the order of the file, DT_NULL left out. @param strings Its string table. */
  constructor(
    readonly image: ElfImage,
    readonly entries: readonly ElfDynamicEntry[],
    readonly strings: FileRange | undefined,
  ) {
    for (const { tag, value } of entries) this.#values.set(tag, value);
  }

  /** Value of a tag; that of its last entry, as the loader has it. */
  value(tag: bigint): bigint | undefined {
    return this.#values.get(tag);
  }

  /** Offset in the file of the address that a tag has. */
  offset(tag: bigint): number | undefined {
    const address = this.value(tag);
    return address === undefined ? undefined : this.image.offsetOf(address);
  }

  /** Strings of all entries of a tag. */
  texts(tag: bigint): string[] {
    return this.entries.flatMap((entry) => entry.tag === tag && entry.text !== undefined ? [entry.text] : []);
  }
}

/** Reads the dynamic section: where the segment says, as the loader does, or else the section ("Dynamic Section"). */
export function readDynamic(image: ElfImage): ElfDynamic {
  const segment = image.segments.find(({ type }) => type === PT_DYNAMIC);
  const section = image.sections.find(({ type }) => type === SHT_DYNAMIC);
  const raw: ElfDynamicEntry[] = [];
  const start = Number(segment?.offset ?? section?.offset ?? 0n);
  const size = Number(segment?.filesz ?? section?.size ?? 0n);
  const { width } = image;
  for (let at = start; at + 2 * width <= start + size; at += 2 * width) {
    const tag = image.word(at);
    const value = image.word(at + width);
    if (tag === undefined || value === undefined) {
      image.problems.report(`dynamic section is cut off after ${raw.length} entries`, at);
      break;
    }
    if (tag === 0n) break;
    if (raw.length === MAX_ENTRIES) {
      image.problems.report(`dynamic section has more than ${MAX_ENTRIES} entries, the rest was left out`, at);
      break;
    }
    raw.push({ tag, value });
  }
  const strings = stringTable(image, raw, section?.link);
  const entries = raw.map((entry) =>
    NAMED.has(entry.tag) ? { ...entry, text: image.string(strings, Number(entry.value), MAX_NAME) } : entry
  );
  return new ElfDynamic(image, entries, strings);
}

function stringTable(image: ElfImage, entries: readonly ElfDynamicEntry[], link = 0): FileRange | undefined {
  const address = entries.findLast(({ tag }) => tag === DT.STRTAB)?.value;
  const offset = address === undefined ? undefined : image.offsetOf(address);
  if (offset === undefined) return image.rangeOf(image.sections[link]);
  const size = entries.findLast(({ tag }) => tag === DT.STRSZ)?.value;
  return { offset, size: size === undefined ? image.reader.length - offset : Number(size) };
}
