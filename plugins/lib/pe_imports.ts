/**
 * Imports and delayed imports of a Portable Executable file.
 *
 * @module
 */
import type { PeImage } from "./pe_image.ts";
import { ordinalName } from "./pe_ordinals.ts";
import type { ImportedLibrary, ImportedSymbol } from "./pe_types.ts";

/** Most libraries read from one table. */
const MAX_LIBRARIES = 4096;
/** Most symbols read from one file, over all libraries; the largest real programs have a few thousand. */
const MAX_SYMBOLS = 65_536;
/** Longest name of a library or symbol. */
const MAX_NAME = 512;
/** Libraries without a readable symbol after which the table is given up. */
const MAX_EMPTY_LIBRARIES = 6;
/** Entries that repeat an earlier one after which a table is taken for something else (pefile's number). */
const MAX_REPEATED = 15;
/** Greatest distance between the names of one library: they lie in one image (pefile's number). */
const MAX_SPREAD = 128 * 1024 * 1024;
/** Size of an entry of the import directory table. */
const DESCRIPTOR_SIZE = 20;
/** Size of an entry of the delay-load directory table. */
const DELAY_DESCRIPTOR_SIZE = 32;
/** Machine type of 32-bit x86, the only one with delay-load tables that hold addresses. */
const MACHINE_I386 = 0x14c;
/** What a library's name may consist of (DOS file name characters, with path separators). */
const LIBRARY_NAME = /^[A-Za-z0-9!#$%&'()\-@^_`{}~+,.;=[\]\\/]*$/;
/** What a symbol's name may consist of (C identifiers and the decorations of compilers). */
const SYMBOL_NAME = /^[A-Za-z0-9._?@$()<>]*$/;

/** Where the tables of one library are. */
interface Descriptor {
  readonly lookup: number;
  readonly iat: number;
  readonly name: number;
  /** What the addresses in the tables are counted from: 0 for RVAs. */
  readonly base: number;
}

/**
 * Reads the import directory.
 *
 * "PE Format", The .idata Section: Import Directory Table, Import Lookup Table, Hint/Name Table.
 */
export function readImports(image: PeImage): ImportedLibrary[] {
  const directory = image.directory("import");
  if (directory === undefined) return [];
  return readLibraries(image, "import", directory.virtualAddress, DESCRIPTOR_SIZE, (at) => ({
    lookup: image.u32(at) ?? 0,
    name: image.u32(at + 12) ?? 0,
    iat: image.u32(at + 16) ?? 0,
    base: 0,
  }));
}

/**
 * Reads the delay-load import directory.
 *
 * "PE Format", Delay-Load Import Tables. Files of old 32-bit linkers (attributes 0) hold addresses instead of RVAs.
 */
export function readDelayImports(image: PeImage): ImportedLibrary[] {
  const directory = image.directory("delayImport");
  if (directory === undefined) return [];
  const { coff, optional } = image.headers;
  return readLibraries(image, "delay import", directory.virtualAddress, DELAY_DESCRIPTOR_SIZE, (at) => {
    const hasAddresses = coff.machine === MACHINE_I386 && image.u32(at) === 0;
    const base = hasAddresses ? Number(optional.imageBase) : 0;
    const rva = (offset: number) => toRva(image, image.u32(at + offset) ?? 0, base);
    return { name: rva(4), iat: rva(12), lookup: rva(16), base };
  });
}

function readLibraries(
  image: PeImage,
  table: string,
  rva: number,
  size: number,
  readDescriptor: (at: number) => Descriptor,
): ImportedLibrary[] {
  const libraries: ImportedLibrary[] = [];
  const budget = { symbols: MAX_SYMBOLS };
  let empty = 0;
  for (let count = 0;; count++, rva += size) {
    const offset = image.offsetOf(rva) ?? 0;
    if (image.u32(rva + size - 4) === undefined) {
      image.report(`${table} table is cut off after ${count} libraries`, offset);
      break;
    }
    if (isZero(image, rva, size)) break;
    if (count === MAX_LIBRARIES || budget.symbols <= 0) {
      image.report(`${table} table goes on after ${count} libraries, the rest was left out`, offset);
      break;
    }
    const descriptor = readDescriptor(rva);
    const symbols = readSymbols(image, descriptor, budget);
    if (symbols.length === 0) {
      image.report(`${table} table has a library without readable symbols`, offset);
      if (++empty > MAX_EMPTY_LIBRARIES) break;
      continue;
    }
    const name = image.text(descriptor.name, MAX_NAME) ?? "";
    const library = LIBRARY_NAME.test(name) ? name : "*invalid*";
    if (library !== "") libraries.push({ library, symbols });
  }
  return libraries;
}

/** An address of the image as RVA; what is no such address is one already, or an ordinal. */
function toRva(image: PeImage, address: number, base: number): number {
  const inImage = base > 0 && address >= base && address < base + image.headers.optional.sizeOfImage;
  return inImage ? address - base : address;
}

function isZero(image: PeImage, rva: number, size: number): boolean {
  for (let i = 0; i < size; i += 4) if (image.u32(rva + i) !== 0) return false;
  return true;
}

/** The symbols of one library: from the lookup table, or from the address table where that is missing. */
function readSymbols(image: PeImage, { lookup, iat, base }: Descriptor, budget: { symbols: number }): ImportedSymbol[] {
  const width = image.headers.isPe32Plus ? 8 : 4;
  const fromLookup = readThunks(image, lookup, base, budget);
  const thunks = fromLookup.length > 0 ? fromLookup : readThunks(image, iat, base, budget);
  const symbols: ImportedSymbol[] = [];
  for (const [index, thunk] of thunks.entries()) {
    const address = iat + index * width;
    if (thunk.ordinal !== undefined) {
      if (thunk.ordinal !== 0) symbols.push({ ordinal: thunk.ordinal, iat: address });
      continue;
    }
    const hint = image.u16(thunk.name);
    const name = image.text(thunk.name + 2, MAX_NAME);
    if (hint === undefined || name === undefined) {
      image.report(`imported name at RVA ${thunk.name} is outside the file`, image.offsetOf(address) ?? 0);
      return []; // as pefile: the table is not one
    }
    if (name !== "" && SYMBOL_NAME.test(name)) symbols.push({ name, hint, iat: address });
  }
  return symbols;
}

type Thunk = { readonly ordinal: number } | { readonly ordinal?: undefined; readonly name: number };

/**
 * Entries of an import lookup table up to the zero entry. None at all if they can't be what they should: a bound address
 * table, or data made to look like thousands of imports.
 */
function readThunks(image: PeImage, rva: number, base: number, budget: { symbols: number }): Thunk[] {
  if (rva === 0) return [];
  const { isPe32Plus } = image.headers;
  const width = isPe32Plus ? 8 : 4;
  const thunks: Thunk[] = [];
  const seen = new Set<number>();
  let repeated = 0;
  let low = Infinity;
  let high = 0;
  for (let at = rva;; at += width) {
    const raw = image.u32(at);
    const upper = isPe32Plus ? image.u32(at + 4) : 0;
    if (raw === undefined || upper === undefined) {
      image.report("import lookup table is cut off", image.offsetOf(rva) ?? 0);
      return [];
    }
    if (raw === 0 && upper === 0) return thunks;
    if (budget.symbols-- <= 0) {
      image.report(`more than ${MAX_SYMBOLS} imported symbols, the rest was left out`, image.offsetOf(at) ?? 0);
      return thunks;
    }
    const name = toRva(image, raw, base);
    const byOrdinal = (isPe32Plus ? upper : name) >>> 31 === 1;
    if (byOrdinal) {
      if ((raw & 0x7fffffff) > 0xffff) return [];
      thunks.push({ ordinal: raw & 0xffff });
      continue;
    }
    if (upper !== 0) return [];
    if (name >= rva && name <= at) return thunks;
    if (seen.has(name) && ++repeated >= MAX_REPEATED) return [];
    seen.add(name);
    low = Math.min(low, name);
    high = Math.max(high, name);
    if (high - low > MAX_SPREAD) return [];
    thunks.push({ name });
  }
}

/** Extensions that the import hash leaves out. */
const HASHED_WITHOUT = /\.(?:ocx|sys|dll)$/;

/**
 * The text that the import hash (imphash) is the MD5 of: `library.symbol`, lower case, comma-separated, in the order of
 * the table. Ordinals of libraries that are linked without names have names (see {@linkcode ordinalName}), others are
 * `ordN`. Mandiant, "Tracking Malware with Import Hashing"; equal to pefile's.
 *
 * @returns Nothing if there are no imports: the file has no import hash.
 */
export function imphashText(imports: readonly ImportedLibrary[]): string | undefined {
  if (imports.length === 0) return undefined;
  const parts: string[] = [];
  for (const { library, symbols } of imports) {
    const lower = library.toLowerCase();
    const stem = lower.replace(HASHED_WITHOUT, "");
    for (const { name, ordinal } of symbols) {
      parts.push(`${stem}.${(name ?? ordinalName(lower, ordinal ?? 0)).toLowerCase()}`);
    }
  }
  return parts.join(",");
}
