/**
 * Attribute certificates (signatures) of a Portable Executable file.
 *
 * @module
 */
import type { PeImage } from "./pe_image.ts";
import type { PeCertificate } from "./pe_types.ts";

/** Size of WIN_CERTIFICATE before the certificate. */
const HEADER_SIZE = 8;
/** Most entries read: files have one or two. */
const MAX_CERTIFICATES = 64;

/**
 * Reads the attribute certificate table. The certificates are given as they are; nothing is verified.
 *
 * "PE Format", The Attribute Certificate Table: the directory has an offset in the file; entries are aligned to 8 bytes.
 */
export function readCertificates(image: PeImage): PeCertificate[] {
  const directory = image.directory("certificate");
  if (directory === undefined) return [];
  const { reader } = image;
  const certificates: PeCertificate[] = [];
  const end = directory.virtualAddress + directory.size;
  for (let offset = directory.virtualAddress; offset + HEADER_SIZE <= end;) {
    const length = reader.u32(offset);
    const bytes = length === undefined ? undefined : reader.slice(offset + HEADER_SIZE, length - HEADER_SIZE);
    if (length === undefined || bytes === undefined) {
      image.report("certificate goes past the end of the file, or is shorter than its header", offset);
      break;
    }
    if (certificates.length === MAX_CERTIFICATES) {
      image.report(`more than ${MAX_CERTIFICATES} certificates, the rest was left out`, offset);
      break;
    }
    certificates.push({ offset, revision: reader.u16(offset + 4) ?? 0, type: reader.u16(offset + 6) ?? 0, bytes });
    offset += Math.ceil(length / 8) * 8;
  }
  return certificates;
}
