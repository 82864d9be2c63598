/**
 * Symbol versions of an ELF file.
 *
 * @module
 */
import { DT, type ElfDynamic } from "./elf_dynamic.ts";
import type { ElfImage } from "./elf_image.ts";
import type { ElfVersionDefinition, ElfVersionNeed } from "./elf_types.ts";

/** Most records read, of libraries and versions together; libc defines some dozens. */
const MAX_RECORDS = 4096;
/** Longest name. */
const MAX_NAME = 1024;
/** Bit of a version index that says: hidden. */
const HIDDEN = 0x8000;

/** Versions of a file's symbols. */
export interface ElfVersions {
  readonly needs: readonly ElfVersionNeed[];
  readonly definitions: readonly ElfVersionDefinition[];
  /** Version of the dynamic symbol with an index; nothing for those without. */
  of(index: number): string | undefined;
}

/** Reads needed and defined versions (Linux Standard Base, "Symbol Versioning"). */
export function readVersions(image: ElfImage, dynamic: ElfDynamic): ElfVersions {
  const budget = { records: MAX_RECORDS };
  const needs = readNeeds(image, dynamic, budget);
  const definitions = readDefinitions(image, dynamic, budget);
  if (budget.records <= 0) {
    image.problems.report(`more than ${MAX_RECORDS} symbol version records, the rest was left out`, 0);
  }
  const names = new Map<number, string>();
  for (const { versions } of needs) for (const { other, name } of versions) names.set(other & ~HIDDEN, name);
  // The first definition is the file itself.
  for (const { index, names: [name] } of definitions) if (index > 1 && name !== undefined) names.set(index, name);
  const table = dynamic.offset(DT.VERSYM);
  return {
    needs,
    definitions,
    of: (index) => {
      const version = table === undefined ? undefined : image.reader.u16(table + index * 2);
      return version === undefined ? undefined : names.get(version & ~HIDDEN);
    },
  };
}

function readNeeds(image: ElfImage, dynamic: ElfDynamic, budget: { records: number }): ElfVersionNeed[] {
  const { reader } = image;
  const needs: ElfVersionNeed[] = [];
  const text = (at: number) => image.string(dynamic.strings, reader.u32(at) ?? 0, MAX_NAME);
  const count = Number(dynamic.value(DT.VERNEEDNUM) ?? 0n);
  for (const at of chain(image, dynamic.offset(DT.VERNEED), { count, next: 12, size: 16, budget })) {
    const versions = [];
    const first = at + (reader.u32(at + 8) ?? 0);
    for (const aux of chain(image, first, { count: reader.u16(at + 2) ?? 0, next: 12, size: 16, budget })) {
      versions.push({
        name: text(aux + 8),
        hash: reader.u32(aux) ?? 0,
        flags: reader.u16(aux + 4) ?? 0,
        other: reader.u16(aux + 6) ?? 0,
      });
    }
    needs.push({ version: reader.u16(at) ?? 0, file: text(at + 4), versions });
  }
  return needs;
}

function readDefinitions(image: ElfImage, dynamic: ElfDynamic, budget: { records: number }): ElfVersionDefinition[] {
  const { reader } = image;
  const definitions: ElfVersionDefinition[] = [];
  const count = Number(dynamic.value(DT.VERDEFNUM) ?? 0n);
  for (const at of chain(image, dynamic.offset(DT.VERDEF), { count, next: 16, size: 20, budget })) {
    const names = [];
    const first = at + (reader.u32(at + 12) ?? 0);
    for (const aux of chain(image, first, { count: reader.u16(at + 6) ?? 0, next: 4, size: 8, budget })) {
      names.push(image.string(dynamic.strings, reader.u32(aux) ?? 0, MAX_NAME));
    }
    definitions.push({
      version: reader.u16(at) ?? 0,
      flags: reader.u16(at + 2) ?? 0,
      index: reader.u16(at + 4) ?? 0,
      hash: reader.u32(at + 8) ?? 0,
      names,
    });
  }
  return definitions;
}

/** Offsets of records that each say how far it is to the next one; always forwards, so that it ends. */
function* chain(
  image: ElfImage,
  start: number | undefined,
  { count, next, size, budget }: { count: number; next: number; size: number; budget: { records: number } },
): Generator<number> {
  if (start === undefined) return;
  for (let at = start, i = 0; i < count && budget.records > 0; i++, budget.records--) {
    if (!image.reader.has(at, size)) {
      image.problems.report(`symbol version record ${i + 1} of ${count} is outside the file`, at);
      return;
    }
    yield at;
    const distance = image.reader.u32(at + next) ?? 0;
    if (distance === 0) return;
    at += distance;
  }
}
