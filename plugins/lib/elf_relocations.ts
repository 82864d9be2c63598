/**
 * Relocations of an ELF file.
 *
 * @module
 */
import { DT, type ElfDynamic } from "./elf_dynamic.ts";
import type { ElfImage, FileRange } from "./elf_image.ts";
import type { ElfRelocation, ElfSymbol } from "./elf_types.ts";

/** Most relocations read from one file. */
export const MAX_RELOCATIONS = 65_536;
/** SHT_RELA and SHT_REL. */
const [SHT_RELA, SHT_REL] = [4, 9];
/** ET_REL: an object file. */
const ET_REL = 1;
/** EM_MIPS: its 64-bit r_info is laid out in its own way. */
const EM_MIPS = 8;
/** Type of the relative relocation, which the entries of DT_RELR all are, by machine. */
const RELATIVE: Readonly<Record<number, number>> = { 3: 8, 20: 22, 21: 22, 22: 12, 40: 23, 62: 8, 183: 1027, 243: 3 };

/** Where a table of relocations is and what it is of. */
interface Table extends FileRange {
  readonly hasAddend: boolean;
  readonly table: ElfRelocation["table"];
  readonly section?: string;
  /** Names by index of the symbol table, whose first entry is left out. */
  readonly symbols: readonly ElfSymbol[];
}

/**
 * Reads the relocations: those of the dynamic section, or of an object file those of its sections ("Relocation").
 *
 * @param symbols Dynamic and static symbols of the file.
 */
export function readRelocations(
  image: ElfImage,
  dynamic: ElfDynamic,
  symbols: { dynamic: readonly ElfSymbol[]; static: readonly ElfSymbol[] },
): ElfRelocation[] {
  const relocations: ElfRelocation[] = [];
  for (const table of tables(image, dynamic, symbols)) {
    const entry = image.width * (table.hasAddend ? 3 : 2);
    for (let at = table.offset; at + entry <= table.offset + table.size; at += entry) {
      if (!image.reader.has(at, entry)) {
        image.problems.report("relocations go past the end of the file", at);
        break;
      }
      if (relocations.length === MAX_RELOCATIONS) return full(image, relocations, at);
      relocations.push(readRelocation(image, at, table));
    }
  }
  readRelr(image, dynamic, relocations);
  return relocations;
}

function full(image: ElfImage, relocations: ElfRelocation[], at: number): ElfRelocation[] {
  image.problems.report(`more than ${MAX_RELOCATIONS} relocations, the rest was left out`, at);
  return relocations;
}

function tables(
  image: ElfImage,
  dynamic: ElfDynamic,
  symbols: { dynamic: readonly ElfSymbol[]; static: readonly ElfSymbol[] },
): Table[] {
  if (image.header.type === ET_REL) {
    return image.sections.flatMap((section) => {
      const range = image.rangeOf(section);
      if (range === undefined || (section.type !== SHT_RELA && section.type !== SHT_REL)) return [];
      const hasAddend = section.type === SHT_RELA;
      const target = image.sections[section.info]?.name ?? "";
      return [{ ...range, hasAddend, table: "section" as const, section: target, symbols: symbols.static }];
    });
  }
  const found: Table[] = [];
  const add = (tag: bigint, size: bigint, hasAddend: boolean, table: "dynamic" | "plt") => {
    const offset = dynamic.offset(tag);
    if (offset === undefined) return;
    found.push({ offset, size: Number(dynamic.value(size) ?? 0n), hasAddend, table, symbols: symbols.dynamic });
  };
  add(DT.RELA, DT.RELASZ, true, "dynamic");
  add(DT.REL, DT.RELSZ, false, "dynamic");
  add(DT.JMPREL, DT.PLTRELSZ, dynamic.value(DT.PLTREL) === DT.RELA, "plt");
  return found;
}

function readRelocation(image: ElfImage, at: number, table: Table): ElfRelocation {
  const { reader, width, header: { is64, machine } } = image;
  const info = image.word(at + width) ?? 0n;
  const isMips64 = is64 && machine === EM_MIPS;
  const index = isMips64 ? reader.u32(at + 8) ?? 0 : Number(is64 ? info >> 32n : info >> 8n);
  const type = isMips64 ? reader.u8(at + 15) ?? 0 : Number(is64 ? info & 0xffffffffn : info & 0xffn);
  const addend = table.hasAddend ? BigInt.asIntN(width * 8, image.word(at + 2 * width) ?? 0n) : undefined;
  return {
    address: image.word(at) ?? 0n,
    type,
    symbol: table.symbols[index - 1]?.name ?? "",
    ...(addend !== undefined && { addend }),
    table: table.table,
    ...(table.section !== undefined && { section: table.section }),
  };
}

/**
 * Relative relocations in compact form: an even word is an address, an odd one a bitmap of the words behind the last
 * (generic ABI proposal "Relative relocations", as in glibc and lld).
 */
function readRelr(image: ElfImage, dynamic: ElfDynamic, relocations: ElfRelocation[]): void {
  const start = dynamic.offset(DT.RELR);
  if (start === undefined) return;
  const { width } = image;
  const end = start + Number(dynamic.value(DT.RELRSZ) ?? 0n);
  const type = RELATIVE[image.header.machine] ?? 0;
  const bits = width * 8 - 1;
  let next = 0n;
  for (let at = start; at + width <= end; at += width) {
    const word = image.word(at);
    if (word === undefined) return image.problems.report("relocations go past the end of the file", at);
    const addresses: bigint[] = [];
    if (word % 2n === 0n) addresses.push(word);
    else for (let i = 0; i < bits; i++) if ((word >> BigInt(i + 1)) & 1n) addresses.push(next + BigInt(i * width));
    next = word % 2n === 0n ? word + BigInt(width) : next + BigInt(bits * width);
    for (const address of addresses) {
      if (relocations.length >= MAX_RELOCATIONS) return void full(image, relocations, at);
      relocations.push({ address: BigInt.asUintN(width * 8, address), type, symbol: "", table: "dynamic" });
    }
  }
}
