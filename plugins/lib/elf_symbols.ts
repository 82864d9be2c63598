/**
 * Symbol tables of an ELF file.
 *
 * @module
 */
import { DT, type ElfDynamic } from "./elf_dynamic.ts";
import type { ElfImage, FileRange } from "./elf_image.ts";
import type { ElfSymbol } from "./elf_types.ts";

/** Most symbols read from one table; the largest libraries have some ten thousand dynamic ones. */
export const MAX_SYMBOLS = 65_536;
/** Longest symbol name: C++ reaches some thousand characters. */
const MAX_NAME = 4096;
/** SHT_SYMTAB. */
const SHT_SYMTAB = 2;
/** STT_SECTION. */
const STT_SECTION = 3;
/** SHT_DYNSYM. */
const SHT_DYNSYM = 11;
/** EM_S390 and EM_ALPHA: their hash tables have 64-bit words in 64-bit files. */
const WIDE_HASH: readonly number[] = [22, 0x9026];

/** Reads the symbol table that linkers and debuggers use; most programs are delivered without ("Symbol Table"). */
export function readStaticSymbols(image: ElfImage): ElfSymbol[] {
  const section = image.sections.find(({ type }) => type === SHT_SYMTAB);
  const range = image.rangeOf(section);
  if (section === undefined || range === undefined) return [];
  const count = Math.floor(range.size / symbolSize(image));
  return readSymbols(image, range.offset, count, image.rangeOf(image.sections[section.link]), () => undefined);
}

/**
 * Reads the symbols that the loader binds. Their table has no length: it is taken from the hash table, the section
 * header, or the string table behind it.
 *
 * @param versionOf Version of the symbol with an index.
 */
export function readDynamicSymbols(
  image: ElfImage,
  dynamic: ElfDynamic,
  versionOf: (index: number) => string | undefined,
): ElfSymbol[] {
  const section = image.sections.find(({ type }) => type === SHT_DYNSYM);
  const range = image.rangeOf(section);
  const offset = dynamic.offset(DT.SYMTAB);
  if (offset === undefined) {
    if (section === undefined || range === undefined) return [];
    const count = Math.floor(range.size / symbolSize(image));
    return readSymbols(image, range.offset, count, image.rangeOf(image.sections[section.link]), versionOf);
  }
  const fromSection = range?.offset === offset ? Math.floor(range.size / symbolSize(image)) : undefined;
  const count = fromSection ?? hashCount(image, dynamic) ?? gnuHashCount(image, dynamic) ??
    gapCount(image, dynamic, offset);
  return readSymbols(image, offset, count, dynamic.strings, versionOf);
}

/** Bytes of a symbol table entry. */
function symbolSize(image: ElfImage): number {
  return image.header.is64 ? 24 : 16;
}

function readSymbols(
  image: ElfImage,
  start: number,
  count: number,
  strings: FileRange | undefined,
  versionOf: (index: number) => string | undefined,
): ElfSymbol[] {
  const { reader, header: { is64 } } = image;
  const size = symbolSize(image);
  const fitting = Math.max(0, Math.floor((reader.length - start) / size));
  if (count > fitting) image.problems.report(`${count} symbols, only ${fitting} are in the file`, start);
  if (Math.min(count, fitting) > MAX_SYMBOLS) {
    image.problems.report(`${count} symbols, only the first ${MAX_SYMBOLS} were read`, start);
  }
  const symbols: ElfSymbol[] = [];
  // The first entry is reserved: undefined.
  for (let i = 1; i < Math.min(count, fitting, MAX_SYMBOLS); i++) {
    const at = start + i * size;
    const info = reader.u8(at + (is64 ? 4 : 12)) ?? 0;
    const other = reader.u8(at + (is64 ? 5 : 13)) ?? 0;
    const shndx = reader.u16(at + (is64 ? 6 : 14)) ?? 0;
    const version = versionOf(i);
    const name = image.string(strings, reader.u32(at) ?? 0, MAX_NAME);
    // Symbols of sections have no name of their own.
    const isSection = name === "" && (info & 0xf) === STT_SECTION;
    symbols.push({
      name: isSection ? image.problems.takeText(image.sections[shndx]?.name ?? "", at) : name,
      value: image.word(at + (is64 ? 8 : 4)) ?? 0n,
      size: image.word(at + (is64 ? 16 : 8)) ?? 0n,
      type: info & 0xf,
      binding: info >>> 4,
      visibility: other & 3,
      info,
      other,
      shndx,
      ...(version !== undefined && { version }),
    });
  }
  return symbols;
}

/** Symbols that the hash table has chains for ("Hash Table"): all. */
function hashCount(image: ElfImage, dynamic: ElfDynamic): number | undefined {
  const at = dynamic.offset(DT.HASH);
  if (at === undefined) return undefined;
  const { is64, machine } = image.header;
  return is64 && WIDE_HASH.includes(machine) ? Number(image.reader.u64(at + 8) ?? 0n) : image.reader.u32(at + 4);
}

/**
 * Symbols up to the end of the last chain of the GNU hash table; nothing if it has none: then it tells nothing of those
 * that are only imported. (Layout: glibc, elf/dl-lookup.c; it is described nowhere else.)
 */
function gnuHashCount(image: ElfImage, dynamic: ElfDynamic): number | undefined {
  const { reader } = image;
  const at = dynamic.offset(DT.GNU_HASH);
  const [buckets, first, bloom] = at === undefined ? [] : [reader.u32(at), reader.u32(at + 4), reader.u32(at + 8)];
  if (at === undefined || buckets === undefined || first === undefined || bloom === undefined) return undefined;
  const table = at + 16 + bloom * image.width;
  if (!reader.has(table, buckets * 4)) return undefined;
  let last = 0;
  for (let i = 0; i < buckets; i++) last = Math.max(last, reader.u32(table + i * 4) ?? 0);
  if (last < first) return undefined;
  for (; last < MAX_SYMBOLS; last++) {
    const hash = reader.u32(table + (buckets + last - first) * 4);
    if (hash === undefined || hash % 2 === 1) break;
  }
  return last + 1;
}

/** Symbols that fit before the string table, which linkers put behind them. */
function gapCount(image: ElfImage, dynamic: ElfDynamic, offset: number): number {
  const gap = (dynamic.strings?.offset ?? 0) - offset;
  return gap > 0 ? Math.floor(gap / symbolSize(image)) : 0;
}
