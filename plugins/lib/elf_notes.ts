/**
 * Notes of an ELF file.
 *
 * @module
 */
import type { ElfImage } from "./elf_image.ts";
import type { ElfNote } from "./elf_types.ts";

/** Most notes read: programs have a handful, cores a dozen a thread. */
const MAX_NOTES = 1024;
/** Longest name of an owner. */
const MAX_NAME = 64;
/** PT_NOTE. */
const PT_NOTE = 4;
/** SHT_NOTE. */
const SHT_NOTE = 7;
/** Type of the note of owner `GNU` that holds the build ID. */
const NT_GNU_BUILD_ID = 3;

/** Reads the notes: of the segments, or where there are none of the sections ("Note Section"). */
export function readNotes(image: ElfImage): ElfNote[] {
  const segments = image.segments.filter(({ type }) => type === PT_NOTE);
  const ranges = segments.length > 0
    ? segments.map(({ offset, filesz, align }) => ({ start: Number(offset), size: Number(filesz), align }))
    : image.sections.filter(({ type }) => type === SHT_NOTE)
      .map(({ offset, size, addralign }) => ({ start: Number(offset), size: Number(size), align: addralign }));
  const notes = new Map<number, ElfNote>();
  for (const { start, size, align } of ranges) {
    if (notes.has(start)) continue; // a segment may be listed twice
    // Only notes of segments aligned to 8 are padded to 8 (x86-64 psABI, "Special Sections"); all others to 4.
    const pad = (length: number) => align === 8n ? Math.ceil(length / 8) * 8 : Math.ceil(length / 4) * 4;
    for (let at = start; at + 12 <= start + size;) {
      const [nameSize, size, type] = [image.reader.u32(at), image.reader.u32(at + 4), image.reader.u32(at + 8)];
      if (nameSize === undefined || size === undefined || type === undefined) break;
      const descriptionAt = at + pad(12 + nameSize);
      const description = image.reader.slice(descriptionAt, size);
      if (description === undefined) {
        image.problems.report("note goes past the end of the file", at);
        break;
      }
      if (notes.size === MAX_NOTES) {
        image.problems.report(`more than ${MAX_NOTES} notes, the rest was left out`, at);
        return [...notes.values()];
      }
      const owner = image.problems.takeText(image.reader.latin1z(at + 12, Math.min(nameSize, MAX_NAME)) ?? "", at);
      notes.set(at, { owner, type, offset: at, description });
      at = descriptionAt + pad(size);
    }
  }
  return [...notes.values()];
}

/** The build ID, lower-case hexadecimal. */
export function buildId(notes: readonly ElfNote[]): string | undefined {
  return notes.find(({ owner, type }) => owner === "GNU" && type === NT_GNU_BUILD_ID)?.description
    .subarray(0, MAX_NAME).toHex();
}
