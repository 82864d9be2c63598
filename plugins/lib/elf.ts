/**
 * Reads ELF files (programs, libraries, objects, cores of Unix systems) of either class and byte order, whatever state
 * they are in.
 *
 * Everything is bounded: a table that lies about its length ends where the file does, or at a named limit; what could be
 * read is returned, with a list of what was wrong. Work is linear in the size of the file.
 *
 * Specification: System V Application Binary Interface, chapters 4 (Object Files) and 5 (Program Loading and Dynamic
 * Linking), and its GNU extensions.
 *
 * @example
 * ```ts
 * import { parseElf } from "./elf.ts";
 *
 * const elf = parseElf(Deno.readFileSync(new URL("./testdata/elf/x86_64-dynamic", import.meta.url)));
 * console.log(elf?.header.machine, elf?.libraries);
 * ```
 *
 * @module
 */
import { DT, readDynamic } from "./elf_dynamic.ts";
import { readElfHeader } from "./elf_headers.ts";
import { ElfImage } from "./elf_image.ts";
import { buildId, readNotes } from "./elf_notes.ts";
import { readRelocations } from "./elf_relocations.ts";
import { readDynamicSymbols, readStaticSymbols } from "./elf_symbols.ts";
import type {
  ElfDynamicEntry,
  ElfHeader,
  ElfNote,
  ElfRelocation,
  ElfSection,
  ElfSegment,
  ElfSymbol,
  ElfVersionDefinition,
  ElfVersionNeed,
} from "./elf_types.ts";
import { readVersions } from "./elf_versions.ts";
import type { Problem } from "./problems.ts";

export type * from "./elf_types.ts";

/** PT_INTERP. */
const PT_INTERP = 3;
/** Longest path of an interpreter. */
const MAX_PATH = 4096;

/** A parsed file. */
export interface ElfFile {
  readonly header: ElfHeader;
  readonly segments: readonly ElfSegment[];
  readonly sections: readonly ElfSection[];
  /** Program that loads the file. */
  readonly interpreter?: string;
  readonly dynamicEntries: readonly ElfDynamicEntry[];
  /** Libraries that it needs. */
  readonly libraries: readonly string[];
  readonly soname?: string;
  /** Without the reserved first one. */
  readonly dynamicSymbols: readonly ElfSymbol[];
  /** Without the reserved first one. */
  readonly staticSymbols: readonly ElfSymbol[];
  readonly versionNeeds: readonly ElfVersionNeed[];
  readonly versionDefinitions: readonly ElfVersionDefinition[];
  readonly relocations: readonly ElfRelocation[];
  readonly notes: readonly ElfNote[];
  readonly buildId?: string;
  /** What is wrong with the file, and what a limit cut off. */
  readonly problems: readonly Problem[];
}

/**
 * Reads a file.
 *
 * @param bytes The file; not copied, so it must not change while the result is in use.
 * @returns Nothing if it is not an ELF file.
 */
export function parseElf(bytes: Uint8Array): ElfFile | undefined {
  const header = readElfHeader(bytes);
  if (header === undefined) return undefined;
  const image = new ElfImage(bytes, header);
  const dynamic = readDynamic(image);
  const versions = readVersions(image, dynamic);
  const dynamicSymbols = readDynamicSymbols(image, dynamic, versions.of);
  const staticSymbols = readStaticSymbols(image);
  const relocations = readRelocations(image, dynamic, { dynamic: dynamicSymbols, static: staticSymbols });
  const notes = readNotes(image);
  const interpreter = readInterpreter(image);
  const soname = dynamic.texts(DT.SONAME)[0];
  const id = buildId(notes);
  return {
    header,
    segments: image.segments,
    sections: image.sections,
    ...(interpreter !== undefined && { interpreter }),
    dynamicEntries: dynamic.entries,
    libraries: dynamic.texts(DT.NEEDED),
    ...(soname !== undefined && { soname }),
    dynamicSymbols,
    staticSymbols,
    versionNeeds: versions.needs,
    versionDefinitions: versions.definitions,
    relocations,
    notes,
    ...(id !== undefined && { buildId: id }),
    problems: image.problems.list(),
  };
}

function readInterpreter(image: ElfImage): string | undefined {
  const segment = image.segments.find(({ type }) => type === PT_INTERP);
  if (segment === undefined) return undefined;
  const offset = Number(segment.offset);
  const path = image.reader.latin1z(offset, Math.min(MAX_PATH, Number(segment.filesz)));
  if (path === undefined) image.problems.report("path of the interpreter is outside the file", offset);
  return path === undefined ? undefined : image.problems.takeText(path, offset);
}
