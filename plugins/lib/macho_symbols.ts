/**
 * Symbol table and relocations of a Mach-O file.
 *
 * @module
 */
import { LC, type MachoImage } from "./macho_image.ts";
import type { MachoRelocation, MachoSection, MachoSymbol } from "./macho_types.ts";

/** Most symbols that are kept of one table. */
export const MAX_SYMBOLS = 65_536;
/** Most relocations read from one file. */
const MAX_RELOCATIONS = 65_536;
/** Longest name: C++ and Swift reach some thousand characters. */
const MAX_NAME = 4096;
/** N_STAB, N_TYPE and N_EXT: masks of n_type (mach-o/nlist.h). */
const [STAB, TYPE, EXTERNAL] = [0xe0, 0x0e, 0x01];

/** Whether the symbol is only for debuggers. */
export function isStab({ type }: MachoSymbol): boolean {
  return (type & STAB) !== 0;
}

/** Whether the symbol is external and not defined here: imported, or a common symbol of an object file. */
export function isUndefined({ type }: Pick<MachoSymbol, "type">): boolean {
  return (type & STAB) === 0 && (type & EXTERNAL) !== 0 && (type & TYPE) === 0;
}

/** Whether the symbol is external and defined here. */
export function isDefined({ type }: MachoSymbol): boolean {
  return (type & STAB) === 0 && (type & EXTERNAL) !== 0 && (type & TYPE) !== 0;
}

/**
 * Reads the symbol table (symtab_command, mach-o/nlist.h). All entries are looked at, so that those that are wanted are
 * found wherever they are.
 *
 * @param wanted By n_type.
 */
export function readMachoSymbols(image: MachoImage, wanted: (symbol: { type: number }) => boolean): MachoSymbol[] {
  const [command] = image.ofKind([LC.SYMTAB], 24);
  if (command === undefined) return [];
  const [start, count, strings, stringsSize] = [8, 12, 16, 20].map((field) => image.u32(command.offset + field));
  const { reader, header: { is64 } } = image;
  const size = is64 ? 16 : 12;
  const fitting = Math.max(0, Math.floor((reader.length - start!) / size));
  if (fitting < count!) image.problems.report(`${count} symbols, only ${fitting} are in the file`, start!);
  const symbols: MachoSymbol[] = [];
  for (let i = 0; i < Math.min(count!, fitting); i++) {
    const at = start! + i * size;
    const type = reader.u8(at + 4) ?? 0;
    if (!wanted({ type })) continue;
    if (symbols.length === MAX_SYMBOLS) {
      image.problems.report(`more than ${MAX_SYMBOLS} symbols, the rest was left out`, at);
      break;
    }
    const index = image.u32(at);
    symbols.push({
      name: index < stringsSize! ? image.text(strings! + index, Math.min(MAX_NAME, stringsSize! - index)) : "",
      type,
      section: reader.u8(at + 5) ?? 0,
      description: reader.u16(at + 6) ?? 0,
      value: image.word(at + 8),
    });
  }
  return symbols;
}

/**
 * Reads the names of all symbols that the file does not define, in the order of the table.
 *
 * @returns Nothing if a limit cut some off.
 */
export function readUndefinedNames(image: MachoImage): string[] | undefined {
  const names = readMachoSymbols(image, isUndefined).map(({ name }) => name).filter((name) => name !== "");
  return names.length >= MAX_SYMBOLS || image.problems.textLeft === 0 ? undefined : names;
}

/** Reads the relocations of sections, which object files have (mach-o/reloc.h). */
export function readMachoRelocations(
  image: MachoImage,
  sections: readonly MachoSection[],
  symbols: readonly MachoSymbol[],
): MachoRelocation[] {
  const relocations: MachoRelocation[] = [];
  for (const { name, relocationOffset, numberOfRelocations } of sections) {
    for (let i = 0; i < numberOfRelocations; i++) {
      const at = relocationOffset + i * 8;
      if (!image.reader.has(at, 8)) {
        image.problems.report(`relocations of section ${name} go past the end of the file`, at);
        break;
      }
      if (relocations.length === MAX_RELOCATIONS) {
        image.problems.report(`more than ${MAX_RELOCATIONS} relocations, the rest was left out`, at);
        return relocations;
      }
      relocations.push(readRelocation(image, at, name, symbols));
    }
  }
  return relocations;
}

/** Bit fields are laid out from the other end in big-endian files; only scattered relocations are not. */
function readRelocation(
  image: MachoImage,
  at: number,
  section: string,
  symbols: readonly MachoSymbol[],
): MachoRelocation {
  const { header: { littleEndian, is64 } } = image;
  const [first, second] = [image.u32(at), image.u32(at + 4)];
  if (!is64 && first >>> 31 === 1) {
    const [isPcRelative, size] = [(first >>> 30 & 1) === 1, 8 << (first >>> 28 & 3)];
    return { section, address: first & 0xffffff, size, isPcRelative, isScattered: true, type: first >>> 24 & 0xf };
  }
  const bits = (from: number, width: number) =>
    littleEndian ? second >>> from & (1 << width) - 1 : second >>> 32 - from - width & (1 << width) - 1;
  const symbol = bits(27, 1) === 1 ? symbols[bits(0, 24)]?.name : undefined;
  return {
    section,
    address: first,
    size: 8 << bits(25, 2),
    isPcRelative: bits(24, 1) === 1,
    isScattered: false,
    type: bits(28, 4),
    ...(symbol !== undefined && { symbol }),
  };
}
