/**
 * ELF header, program headers and section headers.
 *
 * @module
 */
import type { ElfImage } from "./elf_image.ts";
import type { ElfHeader, ElfSection, ElfSegment } from "./elf_types.ts";
import { ByteReader } from "./bytes.ts";

/** `\x7fELF`. */
const MAGIC = 0x7f454c46;
/** Most program headers read: programs have a dozen, cores a few thousand. */
const MAX_SEGMENTS = 4096;
/** Most section headers read: objects with a section a function have some thousands. */
const MAX_SECTIONS = 16_384;
/** Longest section name. */
const MAX_NAME = 256;
/** e_phnum that says: the count is in the first section header. */
const PN_XNUM = 0xffff;
/** e_shstrndx that says: the index is in the first section header. */
const SHN_XINDEX = 0xffff;

/**
 * Reads the ELF header ("ELF Header", and "Sections" on extended numbering).
 *
 * @returns Nothing if it is not an ELF file, or shorter than its header.
 */
export function readElfHeader(bytes: Uint8Array): ElfHeader | undefined {
  const probe = new ByteReader(bytes);
  const [fileClass, data] = [probe.u8(4), probe.u8(5)];
  if (probe.u32(0, false) !== MAGIC || (fileClass !== 1 && fileClass !== 2) || (data !== 1 && data !== 2)) {
    return undefined;
  }
  const [is64, littleEndian] = [fileClass === 2, data === 1];
  const reader = new ByteReader(bytes, littleEndian);
  if (!reader.has(0, is64 ? 64 : 52)) return undefined;
  const width = is64 ? 8 : 4;
  const u16 = (at: number) => reader.u16(at) ?? 0;
  const u32 = (at: number) => reader.u32(at) ?? 0;
  const word = (at: number) => is64 ? reader.u64(at) ?? 0n : BigInt(u32(at));
  const rest = 24 + 3 * width;
  const shoff = word(24 + 2 * width);
  const first = Number(shoff);
  const extended = (value: number, special: number, at: number) => {
    if (value !== special || shoff === 0n) return value;
    return at === 0 ? Number(is64 ? reader.u64(first + 32) ?? 0n : reader.u32(first + 20) ?? 0) : u32(first + at);
  };
  return {
    is64,
    littleEndian,
    identVersion: reader.u8(6) ?? 0,
    osAbi: reader.u8(7) ?? 0,
    abiVersion: reader.u8(8) ?? 0,
    type: u16(16),
    machine: u16(18),
    version: u32(20),
    entry: word(24),
    phoff: word(24 + width),
    shoff,
    flags: u32(rest),
    ehsize: u16(rest + 4),
    phentsize: u16(rest + 6),
    phnum: extended(u16(rest + 8), PN_XNUM, is64 ? 44 : 28),
    shentsize: u16(rest + 10),
    shnum: extended(u16(rest + 12), 0, 0),
    shstrndx: extended(u16(rest + 14), SHN_XINDEX, is64 ? 40 : 24),
  };
}

/** Reads the program headers ("Program Header"). */
export function readSegments(image: ElfImage): ElfSegment[] {
  const { header: { is64, phoff, phnum, phentsize }, reader } = image;
  const size = is64 ? 56 : 32;
  const segments: ElfSegment[] = [];
  const start = Number(phoff);
  const count = tableCount(image, "program headers", start, {
    count: phnum,
    size,
    entry: phentsize,
    max: MAX_SEGMENTS,
  });
  for (let i = 0; i < count; i++) {
    const at = start + i * phentsize;
    const word = (index32: number, index64: number) => image.word(at + (is64 ? index64 : index32)) ?? 0n;
    segments.push({
      type: reader.u32(at) ?? 0,
      flags: reader.u32(at + (is64 ? 4 : 24)) ?? 0,
      offset: word(4, 8),
      vaddr: word(8, 16),
      paddr: word(12, 24),
      filesz: word(16, 32),
      memsz: word(20, 40),
      align: word(28, 48),
    });
  }
  return segments;
}

/** Reads the section headers ("Sections"). */
export function readSections(image: ElfImage): ElfSection[] {
  const { header: { is64, shoff, shnum, shentsize, shstrndx }, reader } = image;
  const size = is64 ? 64 : 40;
  const start = Number(shoff);
  const count = tableCount(image, "section headers", start, {
    count: shnum,
    size,
    entry: shentsize,
    max: MAX_SECTIONS,
  });
  const field = (index: number, at32: number, at64: number) =>
    image.word(start + index * shentsize + (is64 ? at64 : at32)) ?? 0n;
  const hasNames = shstrndx > 0 && shstrndx < count;
  const names = hasNames
    ? { offset: Number(field(shstrndx, 16, 24)), size: Number(field(shstrndx, 20, 32)) }
    : undefined;
  const sections: ElfSection[] = [];
  for (let i = 0; i < count; i++) {
    const at = start + i * shentsize;
    sections.push({
      name: image.string(names, reader.u32(at) ?? 0, MAX_NAME),
      type: reader.u32(at + 4) ?? 0,
      flags: field(i, 8, 8),
      addr: field(i, 12, 16),
      offset: field(i, 16, 24),
      size: field(i, 20, 32),
      link: reader.u32(at + (is64 ? 40 : 24)) ?? 0,
      info: reader.u32(at + (is64 ? 44 : 28)) ?? 0,
      addralign: field(i, 32, 48),
      entsize: field(i, 36, 56),
    });
  }
  return sections;
}

/** How many entries of a table can be read. */
function tableCount(
  image: ElfImage,
  what: string,
  start: number,
  { count, size, entry, max }: { count: number; size: number; entry: number; max: number },
): number {
  if (count === 0 || start === 0) return 0;
  if (entry < size) {
    image.problems.report(`${what} of ${entry} bytes are shorter than ${size}`, start);
    return 0;
  }
  const fitting = Math.max(0, Math.floor((image.reader.length - start - size) / entry) + 1);
  if (fitting < count) image.problems.report(`${count} ${what}, only ${fitting} are in the file`, start);
  if (Math.min(fitting, count) > max) image.problems.report(`${count} ${what}, only the first ${max} were read`, start);
  return Math.min(count, fitting, max);
}
