import { ByteReader } from "../lib/bytes.ts";
import type { PeFile } from "../lib/pe.ts";
import type { Report } from "./report.ts";

/** Most base relocations read: large programs have some hundred thousand, of which only the first are listed anyway. */
const MAX_RELOCATIONS = 65_536;
/** Most COFF symbols read. */
const MAX_SYMBOLS = 65_536;
/** Longest name of a COFF symbol. */
const MAX_NAME = 1024;
/** Most characters of names of COFF symbols: they could all name one long string. */
const MAX_TEXT = 4 * 1024 * 1024;
/** Size of a COFF symbol. */
const SYMBOL_SIZE = 18;

/** Names and sizes in bits of base relocations ("PE Format", Base Relocation Types). */
const RELOCATION_TYPES: Readonly<Record<number, { name: string; size: number }>> = {
  0: { name: "ABSOLUTE", size: 0 },
  1: { name: "HIGH", size: 16 },
  2: { name: "LOW", size: 16 },
  3: { name: "HIGHLOW", size: 32 },
  4: { name: "HIGHADJ", size: 32 },
  10: { name: "DIR64", size: 64 },
};

/** One base relocation. */
export interface BaseRelocation {
  readonly rva: number;
  readonly type: string;
  /** Bits; null for types of one processor only. */
  readonly size: number | null;
}

/** Reads the base relocations, padding left out ("PE Format", The .reloc Section). */
export function readBaseRelocations({ image }: PeFile, report: Report): BaseRelocation[] {
  const directory = image.directory("baseRelocation");
  const relocations: BaseRelocation[] = [];
  if (directory === undefined) return relocations;
  const end = directory.virtualAddress + directory.size;
  for (let block = directory.virtualAddress; block + 8 <= end;) {
    const [page, size] = [image.u32(block), image.u32(block + 4)];
    const offset = image.offsetOf(block) ?? 0;
    if (page === undefined || size === undefined || size < 8) {
      if (page !== 0 || size !== 0) report.problems([{ what: "base relocation block is no block", offset }]);
      break;
    }
    for (let at = block + 8; at + 2 <= Math.min(block + size, end); at += 2) {
      const entry = image.u16(at);
      if (entry === undefined || relocations.length === MAX_RELOCATIONS) {
        const what = entry === undefined ? "are cut off" : `are more than ${MAX_RELOCATIONS}, the rest was left out`;
        report.problems([{ what: `base relocations ${what}`, offset }]);
        return relocations;
      }
      const type = RELOCATION_TYPES[entry >>> 12] ?? { name: `0x${(entry >>> 12).toString(16)}`, size: null };
      if (entry >>> 12 !== 0) relocations.push({ rva: page + (entry & 0xfff), type: type.name, size: type.size });
    }
    block += size;
  }
  return relocations;
}

/** One COFF symbol. */
export interface CoffSymbol {
  readonly name: string;
  readonly value: number;
  readonly section: number;
  readonly type: number;
  readonly storageClass: number;
}

/** Reads the COFF symbols, which only some linkers leave in ("PE Format", COFF Symbol Table). */
export function readCoffSymbols({ coff }: PeFile, report: Report): CoffSymbol[] {
  const { pointerToSymbolTable: start, numberOfSymbols: count } = coff;
  const symbols: CoffSymbol[] = [];
  if (start === 0 || count === 0) return symbols;
  const reader = new ByteReader(report.bytes);
  const strings = start + count * SYMBOL_SIZE;
  let textLeft = MAX_TEXT;
  for (let i = 0; i < count; i++) {
    const at = start + i * SYMBOL_SIZE;
    if (!reader.has(at, SYMBOL_SIZE) || symbols.length === MAX_SYMBOLS || textLeft === 0) {
      report.problems([{ what: `only ${symbols.length} symbols of a table of ${count} were read`, offset: at }]);
      break;
    }
    const isLong = reader.u32(at) === 0;
    const [place, length] = isLong ? [strings + (reader.u32(at + 4) ?? 0), Math.min(MAX_NAME, textLeft)] : [at, 8];
    const name = reader.latin1z(place, length) ?? "";
    textLeft = Math.max(0, textLeft - name.length);
    symbols.push({
      name,
      value: reader.u32(at + 8) ?? 0,
      section: ((reader.u16(at + 12) ?? 0) << 16) >> 16,
      type: reader.u16(at + 14) ?? 0,
      storageClass: reader.u8(at + 16) ?? 0,
    });
    i += reader.u8(at + 17) ?? 0; // auxiliary records
  }
  return symbols;
}
