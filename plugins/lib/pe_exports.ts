/**
 * Exports of a Portable Executable file.
 *
 * @module
 */
import type { PeImage } from "./pe_image.ts";
import type { ExportedSymbol, PeExports } from "./pe_types.ts";

/** Size of the export directory table. */
const DIRECTORY_SIZE = 40;
/** Most symbols read: ordinals have 16 bits. */
const MAX_SYMBOLS = 65_536;
/** Longest name of a library or symbol. */
const MAX_NAME = 512;
/** What a symbol's name may consist of: printable characters without space (a .def file may name anything). */
const SYMBOL_NAME = /^[!-~]*$/;

/**
 * Reads the export directory.
 *
 * "PE Format", The .edata Section: Export Directory Table, Export Address Table, Export Name Pointer Table, Export
 * Ordinal Table.
 *
 * @returns Nothing if the file exports nothing or the directory is not readable.
 */
export function readExports(image: PeImage): PeExports | undefined {
  const directory = image.directory("export");
  if (directory === undefined) return undefined;
  const { virtualAddress: rva, size } = directory;
  const at = image.offsetOf(rva) ?? 0;
  if (image.u32(rva + DIRECTORY_SIZE - 4) === undefined) {
    image.report("export directory is outside the file", at);
    return undefined;
  }
  const field = (offset: number) => image.u32(rva + offset) ?? 0;
  const base = field(16);
  const functions = limit(image, field(20), "exported functions", at);
  const names = limit(image, field(24), "exported names", at);
  const [functionTable, nameTable, ordinalTable] = [field(28), field(32), field(36)];
  const symbols: ExportedSymbol[] = [];
  const named = new Set<number>();

  const add = (index: number, name?: string) => {
    const address = image.u32(functionTable + index * 4);
    if (address === undefined) return false;
    if (address === 0) return true; // a gap in the ordinals
    // An address inside the directory is not code but the name of what the symbol is forwarded to.
    const forwarder = address >= rva && address < rva + size ? image.text(address, MAX_NAME) : undefined;
    symbols.push({
      ordinal: base + index,
      rva: address,
      ...(name !== undefined && { name }),
      ...(forwarder !== undefined && { forwarder }),
    });
    return true;
  };

  for (let i = 0; i < names; i++) {
    const index = image.u16(ordinalTable + i * 2);
    const nameRva = image.u32(nameTable + i * 4);
    const name = nameRva === undefined ? undefined : image.text(nameRva, MAX_NAME);
    const readable = index !== undefined && index < functions && name !== undefined && SYMBOL_NAME.test(name);
    if (!readable || !add(index, name)) {
      image.report(`export name ${i + 1} of ${names} is not readable, the rest was left out`, at);
      break;
    }
    named.add(index);
  }
  for (let index = 0; index < functions; index++) {
    if (named.has(index)) continue;
    if (!add(index)) {
      image.report(`export address ${index + 1} of ${functions} is outside the file`, at);
      break;
    }
  }
  return { library: image.text(field(12), MAX_NAME) ?? "", timeDateStamp: field(4), base, symbols };
}

function limit(image: PeImage, count: number, what: string, offset: number): number {
  if (count > MAX_SYMBOLS) image.report(`${count} ${what}, only the first ${MAX_SYMBOLS} were read`, offset);
  return Math.min(count, MAX_SYMBOLS);
}
