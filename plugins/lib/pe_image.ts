/**
 * A Portable Executable file as the loader sees it: reads by relative virtual address (RVA).
 *
 * @module
 */
import { ByteReader } from "./bytes.ts";
import { DIRECTORY } from "./pe_headers.ts";
import type { DataDirectory, PeHeaders, PeProblem } from "./pe_types.ts";

/** The loader rounds raw pointers down to this, whatever FileAlignment says. */
const SECTOR = 0x200;
/** Smallest page: below it, sections are aligned as in the file. */
const PAGE = 0x1000;
/** Most characters of names and strings read from one file: tables that all name one long string end here. */
const MAX_TEXT = 4 * 1024 * 1024;
/** Most problems listed for one file; the rest is only counted. */
const MAX_PROBLEMS = 100;

/** A range of RVAs and where it lies in the file. */
interface Mapping {
  readonly start: number;
  readonly end: number;
  /** Offset in the file = RVA + delta. */
  readonly delta: number;
  /** End in the file of what the section has there. */
  readonly rawEnd: number;
}

/** Reads of a PE file by RVA, each checked; and the list of what is wrong with the file. */
export class PeImage {
  /** Reads by offset in the file. */
  readonly reader: ByteReader;
  readonly #mappings: readonly Mapping[];
  readonly #problems: PeProblem[];
  #textLeft = MAX_TEXT;
  #unlisted = 0;

  /**
   * @param bytes The file.
   * @param headers Its headers.
   * @param problems Problems found so far.
   */
  constructor(bytes: Uint8Array, readonly headers: PeHeaders, problems: readonly PeProblem[] = []) {
    this.reader = new ByteReader(bytes);
    this.#mappings = mapSections(headers, bytes.length);
    this.#problems = [...problems];
  }

  /** What is wrong with the file, in the order found. */
  get problems(): PeProblem[] {
    if (this.#unlisted === 0) return [...this.#problems];
    return [...this.#problems, { what: `${this.#unlisted} more problems are not listed`, offset: 0 }];
  }

  /** Adds a problem. */
  report(what: string, offset: number): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push({ what, offset });
    else this.#unlisted++;
  }

  /** A data directory that has an address, or nothing. */
  directory(name: keyof typeof DIRECTORY): DataDirectory | undefined {
    const directory = this.headers.directories[DIRECTORY[name]];
    return directory?.virtualAddress ? directory : undefined;
  }

  /**
   * Offset in the file of an RVA. What no section holds is taken to lie where it says (headers, tiny files), as the
   * loader and pefile do; nothing if that is outside the file.
   */
  offsetOf(rva: number): number | undefined {
    const mapping = this.#find(rva);
    const offset = mapping === undefined ? rva : mapping.rawEnd > 0 ? rva + mapping.delta : -1;
    return offset >= 0 && offset < this.reader.length ? offset : undefined;
  }

  /** RVA of an offset in the file: the first section that has it, else the offset itself. */
  rvaOf(offset: number): number {
    const mapping = this.#mappings.find(({ start, delta, rawEnd }) => offset >= start + delta && offset < rawEnd);
    return mapping === undefined ? offset : offset - mapping.delta;
  }

  /** Unsigned 16-bit number at an RVA. */
  u16(rva: number): number | undefined {
    const offset = this.#readable(rva, 2);
    return offset === undefined ? undefined : this.reader.u16(offset);
  }

  /** Unsigned 32-bit number at an RVA. */
  u32(rva: number): number | undefined {
    const offset = this.#readable(rva, 4);
    return offset === undefined ? undefined : this.reader.u32(offset);
  }

  /** Unsigned 64-bit number at an RVA. */
  u64(rva: number): bigint | undefined {
    const offset = this.#readable(rva, 8);
    return offset === undefined ? undefined : this.reader.u64(offset);
  }

  /** NUL-terminated Latin-1 text at an RVA, at most `maxLength` characters. */
  text(rva: number, maxLength: number): string | undefined {
    const offset = this.#readable(rva, 1);
    if (offset === undefined) return undefined;
    return this.takeText(this.reader.latin1z(offset, Math.min(maxLength, this.#textLeft)) ?? "", offset);
  }

  /** Characters of names that may still be read. */
  get textLeft(): number {
    return this.#textLeft;
  }

  /** Counts text that was read against the limit for the whole file. */
  takeText(text: string, offset: number): string {
    if (this.#textLeft === 0) return "";
    const taken = text.slice(0, this.#textLeft);
    this.#textLeft -= taken.length;
    if (this.#textLeft === 0) this.report(`more than ${MAX_TEXT} characters of names, the rest was left out`, offset);
    return taken;
  }

  #readable(rva: number, length: number): number | undefined {
    const mapping = this.#find(rva);
    const offset = mapping === undefined ? rva : rva + mapping.delta;
    const end = mapping === undefined ? this.reader.length : mapping.rawEnd;
    return offset >= 0 && offset + length <= end ? offset : undefined;
  }

  #find(rva: number): Mapping | undefined {
    let low = 0;
    let high = this.#mappings.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const mapping = this.#mappings[middle]!;
      if (rva < mapping.start) high = middle - 1;
      else if (rva >= mapping.end) low = middle + 1;
      else return mapping;
    }
    return undefined;
  }
}

/**
 * Ranges of RVAs by section, disjoint and sorted. A section reaches up to its greater size, but not into the next; where
 * two begin at one address the first in the file has it.
 *
 * "PE Format", Section Table; the rounding of raw pointers and addresses is the loader's, as pefile has it.
 */
function mapSections(headers: PeHeaders, fileLength: number): Mapping[] {
  const { fileAlignment, sectionAlignment } = headers.optional;
  const alignment = sectionAlignment < PAGE ? fileAlignment : sectionAlignment;
  const sections = headers.sections.toSorted((a, b) => a.virtualAddress - b.virtualAddress);
  const mappings: Mapping[] = [];
  let covered = 0;
  sections.forEach(({ virtualAddress, virtualSize, pointerToRawData, sizeOfRawData }, index) => {
    const address = alignment > 0 ? virtualAddress - virtualAddress % alignment : virtualAddress;
    const raw = fileAlignment < SECTOR ? pointerToRawData : pointerToRawData - pointerToRawData % SECTOR;
    // A raw size that goes past the file is a lie or a truncation: the virtual size is the better guess.
    let end = address + (fileLength - raw < sizeOfRawData ? virtualSize : Math.max(sizeOfRawData, virtualSize));
    const next = sections[index + 1]?.virtualAddress;
    if (next !== undefined && next > virtualAddress) end = Math.min(end, next);
    const start = Math.max(address, covered);
    if (start >= end) return;
    covered = end;
    // A raw pointer of zero: zeros in memory, nothing in the file.
    const rawEnd = pointerToRawData > 0 ? Math.min(pointerToRawData + sizeOfRawData, fileLength) : 0;
    mappings.push({ start, end, delta: raw - address, rawEnd });
  });
  return mappings;
}
