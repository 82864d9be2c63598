import type { PeFile, PeSection } from "../lib/pe.ts";
import { sectionFlags } from "../lib/pe_names.ts";
import { shannonEntropy } from "../lib/shannon.ts";
import { ByteBudget, type Digests, digests } from "./digest.ts";

/** The loader rounds raw pointers down to this where files are aligned to it or more. */
const SECTOR = 0x200;

/** A section in the results. */
export interface SectionInfo extends Partial<Digests> {
  readonly name: string;
  readonly virtaddr: number;
  readonly virtsize: number;
  readonly raw_size: number;
  readonly raw_offset: number;
  readonly characteristics: readonly string[];
  /** Bits a byte; null where the bytes were not read. */
  readonly entropy: number | null;
  /** Bytes that are in the file. */
  readonly length: number;
}

/** Describes the sections: headers, hashes and entropy of what each has in the file. */
export function describeSections(pe: PeFile, errors: string[]): SectionInfo[] {
  const { bytes } = pe.image.reader;
  const budget = new ByteBudget(bytes.length);
  const sections = pe.sections.map((section) => {
    const data = rawData(pe, section, bytes);
    const isRead = budget.take(data.length);
    return {
      name: section.name,
      virtaddr: section.virtualAddress,
      virtsize: section.virtualSize,
      raw_size: section.sizeOfRawData,
      raw_offset: section.pointerToRawData,
      characteristics: sectionFlags(section.characteristics),
      ...(isRead && digests(data)),
      entropy: isRead ? shannonEntropy(data) : null,
      length: data.length,
    };
  });
  errors.push(...budget.error("sections"));
  return sections;
}

/** What a section has in the file, as the loader reads it. */
function rawData(pe: PeFile, { pointerToRawData, sizeOfRawData }: PeSection, bytes: Uint8Array): Uint8Array {
  const isSmall = pe.optional.fileAlignment < SECTOR;
  const start = isSmall ? pointerToRawData : pointerToRawData - pointerToRawData % SECTOR;
  return bytes.subarray(Math.min(start, bytes.length), start + sizeOfRawData);
}

/** Entropy above which data is taken for compressed or encrypted (peutils' number, from packed files). */
const PACKED_ENTROPY = 7.4;
/** Part of the file that has to be so (peutils' number). */
const PACKED_PART = 0.2;

/** Whether more than a fifth of the file, overlay left out, looks compressed or encrypted. */
export function isPacked(pe: PeFile, sections: readonly SectionInfo[]): boolean {
  const total = pe.overlayOffset ?? pe.image.reader.length;
  const packed = sections.reduce((sum, { entropy, length }) => sum + ((entropy ?? 0) > PACKED_ENTROPY ? length : 0), 0);
  return packed / total > PACKED_PART;
}
