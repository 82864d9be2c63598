/**
 * How long a Portable Executable file is, by its own headers.
 *
 * @module
 */
import { ByteReader } from "./bytes.ts";
import { DIRECTORY, SECTION_HEADER_SIZE } from "./pe_headers.ts";
import type { PeImage } from "./pe_image.ts";
import type { PeHeaders, PeLayout } from "./pe_types.ts";

/** Size of the header of a certificate entry. */
const CERTIFICATE_HEADER_SIZE = 8;
/** wRevision of certificate entries: 1.0 and 2.0. */
const CERTIFICATE_REVISIONS: readonly number[] = [0x0100, 0x0200];

/**
 * Where headers, section data and certificates end. The size is the end of whichever is last: nothing after it (overlay,
 * COFF symbols) belongs to the image, while an overlay *before* the certificate table lies inside.
 *
 * "PE Format", Section Table, and The Attribute Certificate Table: its directory holds an offset in the file, not an RVA.
 *
 * @param headers Headers of the file.
 * @param bytes The file, and whatever follows it.
 */
export function layoutOf(headers: PeHeaders, bytes: Uint8Array): PeLayout {
  const headersEnd = headers.sectionTable + headers.sections.length * SECTION_HEADER_SIZE;
  let declaredEnd = headersEnd;
  for (const { pointerToRawData, sizeOfRawData } of headers.sections) {
    // A pointer of zero: the section has no data in the file, whatever its size says.
    if (pointerToRawData > 0 && sizeOfRawData > 0) {
      declaredEnd = Math.max(declaredEnd, pointerToRawData + sizeOfRawData);
    }
  }
  const sectionsEnd = Math.min(declaredEnd, bytes.length);
  const certificates = plausibleCertificates(headers, bytes, declaredEnd);
  const size = certificates ? certificates.offset + certificates.size : sectionsEnd;
  return {
    headersEnd: Math.min(headersEnd, bytes.length),
    sectionsEnd,
    ...(certificates && { certificates }),
    size: Math.min(size, bytes.length),
    truncated: declaredEnd > bytes.length,
  };
}

/**
 * The certificate table, if it comes after the sections, is wholly there and starts with an entry that looks like one:
 * the directory alone is eight bytes that anybody can write, and following it would carve whatever comes behind.
 */
function plausibleCertificates(headers: PeHeaders, bytes: Uint8Array, sectionsEnd: number) {
  const directory = headers.directories[DIRECTORY.certificate];
  if (directory === undefined || directory.size < CERTIFICATE_HEADER_SIZE) return undefined;
  const { virtualAddress: offset, size } = directory;
  const reader = new ByteReader(bytes);
  if (offset < sectionsEnd || offset % 8 !== 0 || !reader.has(offset, size)) return undefined;
  const length = reader.u32(offset) ?? 0;
  const revision = reader.u16(offset + 4) ?? 0;
  if (length <= CERTIFICATE_HEADER_SIZE || length > size || !CERTIFICATE_REVISIONS.includes(revision)) return undefined;
  return { offset, size };
}

/**
 * Offset at which data begins that no header describes, certificates included; nothing if there is none. Counts what
 * pefile's `get_overlay_data_start_offset` counts: optional header, raw section data and data directories that end
 * inside the file.
 */
export function overlayOffset(image: PeImage): number | undefined {
  const { headers, reader: { length } } = image;
  let end = 0;
  const cover = (from: number, size: number) => {
    if (from + size <= length && from + size > end) end = from + size;
  };
  cover(headers.peOffset + 24, headers.coff.sizeOfOptionalHeader);
  for (const section of headers.sections) cover(section.pointerToRawData, section.sizeOfRawData);
  headers.directories.forEach(({ virtualAddress, size }, index) => {
    if (index === DIRECTORY.certificate) return;
    const offset = image.offsetOf(virtualAddress);
    if (offset !== undefined) cover(offset, size);
  });
  return end < length ? end : undefined;
}
