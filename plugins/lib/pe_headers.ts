/**
 * The headers of a Portable Executable file.
 *
 * @module
 */
import { ByteReader } from "./bytes.ts";
import type { CoffHeader, DataDirectory, OptionalHeader, PeHeaders, PeProblem, PeSection } from "./pe_types.ts";

/** `MZ`: e_magic of the DOS header. */
const DOS_MAGIC = 0x5a4d;
/** Size of the DOS header. */
const DOS_HEADER_SIZE = 64;
/** Offset in the DOS header of e_lfanew, the offset of the PE signature. */
const E_LFANEW = 0x3c;
/** `PE\0\0`. */
const PE_SIGNATURE = 0x4550;
/** Size of the PE signature and the COFF header. */
const COFF_END = 24;
/** Magic of the optional header of a 32-bit image. */
export const PE32_MAGIC = 0x10b;
/** Magic of the optional header of a 64-bit image. */
export const PE32_PLUS_MAGIC = 0x20b;
/** Data directories that the specification defines. */
const MAX_DIRECTORIES = 16;
/** Size of a section header. */
export const SECTION_HEADER_SIZE = 40;
/** Most sections read: the loader takes 96 (before Vista) or 65,535; linkers make a few dozen. */
export const MAX_SECTIONS = 2048;
/**
 * Least part of the optional header that must be there. The loader wants no more than the fields up to Subsystem; what
 * is missing after it counts as zero ("Tiny PE").
 */
const MIN_OPTIONAL_HEADER = 70;

/** Indexes of the data directories ("PE Format", Optional Header Data Directories). */
export const DIRECTORY = {
  export: 0,
  import: 1,
  resource: 2,
  exception: 3,
  certificate: 4,
  baseRelocation: 5,
  debug: 6,
  architecture: 7,
  globalPointer: 8,
  tls: 9,
  loadConfig: 10,
  boundImport: 11,
  iat: 12,
  delayImport: 13,
  clr: 14,
} as const;

/**
 * Offset of the PE signature relative to `base`, if a PE file starts there. Constant time, so that it can be asked at
 * every `MZ` of a stream.
 *
 * "PE Format", MS-DOS Stub and Signature: e_lfanew at 0x3c is the offset of `PE\0\0`.
 *
 * @param reader The bytes.
 * @param base Where in the bytes the file would start.
 */
export function peSignature(reader: ByteReader, base: number = 0): number | undefined {
  if (reader.u16(base) !== DOS_MAGIC || !reader.has(base, DOS_HEADER_SIZE)) return undefined;
  const peOffset = reader.u32(base + E_LFANEW);
  if (peOffset === undefined || reader.u32(base + peOffset) !== PE_SIGNATURE) return undefined;
  if (!reader.has(base + peOffset, COFF_END + MIN_OPTIONAL_HEADER)) return undefined;
  const magic = reader.u16(base + peOffset + COFF_END);
  return magic === PE32_MAGIC || magic === PE32_PLUS_MAGIC ? peOffset : undefined;
}

/**
 * Reads the headers of the file that `bytes` is.
 *
 * @param bytes The file; what follows the headers may be missing.
 * @param problems What is wrong is added here.
 * @returns Nothing if it is not a PE file.
 */
export function readPeHeaders(bytes: Uint8Array, problems: PeProblem[] = []): PeHeaders | undefined {
  const reader = new ByteReader(bytes);
  const peOffset = peSignature(reader);
  if (peOffset === undefined) return undefined;
  const coff = readCoffHeader(reader, peOffset + 4);
  const optionalOffset = peOffset + COFF_END;
  const isPe32Plus = reader.u16(optionalOffset) === PE32_PLUS_MAGIC;
  const optional = readOptionalHeader(reader, optionalOffset, isPe32Plus);
  // The directories follow the fixed part whatever SizeOfOptionalHeader says; the sections follow SizeOfOptionalHeader.
  const directories = readDirectories(reader, optionalOffset + (isPe32Plus ? 112 : 96), optional.numberOfRvaAndSizes);
  const sectionTable = optionalOffset + coff.sizeOfOptionalHeader;
  const sections = readSections(reader, sectionTable, coff.numberOfSections, problems);
  return { peOffset, isPe32Plus, coff, optional, directories, sections, sectionTable };
}

/** "PE Format", COFF File Header. */
function readCoffHeader(reader: ByteReader, at: number): CoffHeader {
  return {
    machine: reader.u16(at) ?? 0,
    numberOfSections: reader.u16(at + 2) ?? 0,
    timeDateStamp: reader.u32(at + 4) ?? 0,
    pointerToSymbolTable: reader.u32(at + 8) ?? 0,
    numberOfSymbols: reader.u32(at + 12) ?? 0,
    sizeOfOptionalHeader: reader.u16(at + 16) ?? 0,
    characteristics: reader.u16(at + 18) ?? 0,
  };
}

/** "PE Format", Optional Header: standard and Windows-specific fields. */
function readOptionalHeader(reader: ByteReader, at: number, isPe32Plus: boolean): OptionalHeader {
  const u16 = (offset: number) => reader.u16(at + offset) ?? 0;
  const u32 = (offset: number) => reader.u32(at + offset) ?? 0;
  const word = (index: number) => {
    const offset = isPe32Plus ? 72 + index * 8 : 72 + index * 4;
    return isPe32Plus ? reader.u64(at + offset) ?? 0n : BigInt(u32(offset));
  };
  const afterWords = isPe32Plus ? 104 : 88;
  return {
    magic: u16(0),
    majorLinkerVersion: reader.u8(at + 2) ?? 0,
    minorLinkerVersion: reader.u8(at + 3) ?? 0,
    sizeOfCode: u32(4),
    sizeOfInitializedData: u32(8),
    sizeOfUninitializedData: u32(12),
    addressOfEntryPoint: u32(16),
    baseOfCode: u32(20),
    ...(isPe32Plus ? {} : { baseOfData: u32(24) }),
    imageBase: isPe32Plus ? reader.u64(at + 24) ?? 0n : BigInt(u32(28)),
    sectionAlignment: u32(32),
    fileAlignment: u32(36),
    majorOperatingSystemVersion: u16(40),
    minorOperatingSystemVersion: u16(42),
    majorImageVersion: u16(44),
    minorImageVersion: u16(46),
    majorSubsystemVersion: u16(48),
    minorSubsystemVersion: u16(50),
    win32VersionValue: u32(52),
    sizeOfImage: u32(56),
    sizeOfHeaders: u32(60),
    checkSum: u32(64),
    subsystem: u16(68),
    dllCharacteristics: u16(70),
    sizeOfStackReserve: word(0),
    sizeOfStackCommit: word(1),
    sizeOfHeapReserve: word(2),
    sizeOfHeapCommit: word(3),
    loaderFlags: u32(afterWords),
    numberOfRvaAndSizes: u32(afterWords + 4),
  };
}

/** "PE Format", Optional Header Data Directories. */
function readDirectories(reader: ByteReader, at: number, count: number): DataDirectory[] {
  const directories: DataDirectory[] = [];
  for (let i = 0; i < Math.min(count, MAX_DIRECTORIES); i++) {
    const virtualAddress = reader.u32(at + i * 8);
    const size = reader.u32(at + i * 8 + 4);
    if (virtualAddress === undefined || size === undefined) break;
    directories.push({ virtualAddress, size });
  }
  return directories;
}

/** "PE Format", Section Table (Section Headers). */
function readSections(reader: ByteReader, at: number, count: number, problems: PeProblem[]): PeSection[] {
  const sections: PeSection[] = [];
  if (count > MAX_SECTIONS) {
    problems.push({ what: `${count} sections, only the first ${MAX_SECTIONS} were read`, offset: at });
  }
  for (let i = 0; i < Math.min(count, MAX_SECTIONS); i++) {
    const header = at + i * SECTION_HEADER_SIZE;
    const raw = reader.slice(header, SECTION_HEADER_SIZE);
    if (raw === undefined || raw.every((byte) => byte === 0)) {
      const what = raw === undefined ? "outside the file" : "all zeros";
      problems.push({ what: `header of section ${i + 1} of ${count} is ${what}`, offset: header });
      break;
    }
    sections.push({
      name: reader.latin1z(header, 8) ?? "",
      virtualSize: reader.u32(header + 8) ?? 0,
      virtualAddress: reader.u32(header + 12) ?? 0,
      sizeOfRawData: reader.u32(header + 16) ?? 0,
      pointerToRawData: reader.u32(header + 20) ?? 0,
      characteristics: reader.u32(header + 36) ?? 0,
    });
  }
  return sections;
}
