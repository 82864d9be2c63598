/**
 * Reads Mach-O files (programs, libraries, bundles, objects of Apple's systems) of either size and byte order, and takes
 * universal ones apart.
 *
 * Everything is bounded: a table that lies about its length ends where the file does, or at a named limit; what could be
 * read is returned, with a list of what was wrong. Work is linear in the size of the file.
 *
 * Specification: Apple, "OS X ABI Mach-O File Format Reference", and the headers mach-o/loader.h, nlist.h, fat.h.
 *
 * @example
 * ```ts
 * import { parseFat, parseMacho } from "./macho.ts";
 *
 * const bytes = Deno.readFileSync(new URL("./testdata/macho/universal", import.meta.url));
 * for (const { offset, size } of parseFat(bytes)?.architectures ?? []) {
 *   console.log(parseMacho(bytes.subarray(offset, offset + size))?.dylibs.map(({ name }) => name));
 * }
 * ```
 *
 * @module
 */
import { readBuildVersions, readDylibId, readDylibs, readMachoSegments, readThread } from "./macho_commands.ts";
import { readDyldExports, readDyldImports } from "./macho_dyld.ts";
import { readFat, readMachoHeader } from "./macho_headers.ts";
import { LC, MachoImage } from "./macho_image.ts";
import { readSignature } from "./macho_signature.ts";
import { isDefined, isUndefined, readMachoRelocations, readMachoSymbols } from "./macho_symbols.ts";
import type {
  FatArchitecture,
  MachoBuildVersion,
  MachoDylib,
  MachoExport,
  MachoHeader,
  MachoImport,
  MachoRelocation,
  MachoSection,
  MachoSegment,
  MachoSignature,
  MachoSymbol,
} from "./macho_types.ts";
import { type Problem, Problems } from "./problems.ts";

export { readThread } from "./macho_commands.ts";
export { readMachoHeader } from "./macho_headers.ts";
export { LC, MachoImage } from "./macho_image.ts";
export { isStab, isUndefined, readMachoSymbols, readUndefinedNames } from "./macho_symbols.ts";
export type * from "./macho_types.ts";

/** MH_OBJECT. */
const MH_OBJECT = 1;

/** A parsed file of one architecture. */
export interface MachoFile {
  readonly header: MachoHeader;
  /** Reads, and the load commands, for what is not listed here. */
  readonly image: MachoImage;
  readonly segments: readonly MachoSegment[];
  readonly sections: readonly MachoSection[];
  /** Libraries that it loads. */
  readonly dylibs: readonly MachoDylib[];
  /** The name that it has as a library. */
  readonly id?: MachoDylib;
  readonly buildVersions: readonly MachoBuildVersion[];
  /** Virtual address at which it starts; left out when it does not, or its processor is unknown. */
  readonly entryPoint?: bigint;
  /** Address of the header. */
  readonly imageBase: bigint;
  readonly symbols: readonly MachoSymbol[];
  /** By the symbol table, then those that only the dynamic linker knows. */
  readonly imports: readonly MachoImport[];
  /** By the export trie, then those that are only in the symbol table. */
  readonly exports: readonly MachoExport[];
  readonly relocations: readonly MachoRelocation[];
  readonly signature?: MachoSignature;
  /** What is wrong with the file, and what a limit cut off. */
  readonly problems: readonly Problem[];
}

/**
 * Reads a file of one architecture.
 *
 * @param bytes The file; not copied, so it must not change while the result is in use.
 * @returns Nothing if it is not one.
 */
export function parseMacho(bytes: Uint8Array): MachoFile | undefined {
  const header = readMachoHeader(bytes);
  if (header === undefined) return undefined;
  const image = new MachoImage(bytes, header);
  const { segments, sections } = readMachoSegments(image);
  const dylibs = readDylibs(image);
  const id = readDylibId(image);
  const buildVersions = readBuildVersions(image);
  const imageBase = segments.find(({ name }) => name === "__TEXT")?.vmAddress ?? 0n;
  const entryPoint = readEntryPoint(image, imageBase);
  const signature = readSignature(image);
  // Imports first: what the limits cut off is then the less interesting part.
  const undefinedSymbols = readMachoSymbols(image, isUndefined);
  const bound = readDyldImports(image);
  const trie = readDyldExports(image, imageBase);
  const symbols = readMachoSymbols(image, () => true);
  const relocations = readMachoRelocations(image, sections, symbols);
  return {
    header,
    image,
    segments,
    sections,
    dylibs,
    ...(id && { id }),
    buildVersions,
    ...(entryPoint !== undefined && { entryPoint }),
    imageBase,
    symbols,
    imports: mergeImports(header, undefinedSymbols, bound, trie),
    exports: mergeExports(trie, symbols),
    relocations,
    ...(signature && { signature }),
    problems: image.problems.list(),
  };
}

/**
 * Reads the table of a universal file.
 *
 * @returns Nothing if it is not one.
 */
export function parseFat(bytes: Uint8Array): { architectures: FatArchitecture[]; problems: Problem[] } | undefined {
  const problems = new Problems();
  const architectures = readFat(bytes, problems);
  return architectures && { architectures, problems: problems.list() };
}

function readEntryPoint(image: MachoImage, imageBase: bigint): bigint | undefined {
  const [main] = image.ofKind([LC.MAIN], 24);
  if (main === undefined) return readThread(image)?.pc;
  return BigInt.asUintN(64, imageBase + (image.reader.u64(main.offset + 8) ?? 0n));
}

function mergeImports(
  { fileType }: MachoHeader,
  symbols: readonly MachoSymbol[],
  bound: readonly MachoImport[],
  exported: readonly MachoExport[],
): MachoImport[] {
  const imports = new Map<string, MachoImport>();
  for (const { name, description, value } of symbols) {
    if (fileType === MH_OBJECT && value !== 0n) continue; // a common symbol: the linker defines it
    // GET_LIBRARY_ORDINAL, a signed byte: 0 and below are no libraries.
    if (!imports.has(name)) imports.set(name, { name, ordinal: description << 16 >> 24 });
  }
  // Weak symbols that the file itself defines are bound too, in case that another image comes first.
  const own = new Set(exported.map(({ name }) => name));
  for (const entry of bound) if (!imports.has(entry.name) && !own.has(entry.name)) imports.set(entry.name, entry);
  return [...imports.values()];
}

function mergeExports(trie: readonly MachoExport[], symbols: readonly MachoSymbol[]): MachoExport[] {
  const exports = new Map(trie.map((entry) => [entry.name, entry]));
  for (const symbol of symbols) {
    // N_PEXT: private to the file when it is linked.
    if (!isDefined(symbol) || (symbol.type & 0x10) !== 0 || exports.has(symbol.name)) continue;
    exports.set(symbol.name, { name: symbol.name, address: symbol.value });
  }
  return [...exports.values()];
}
