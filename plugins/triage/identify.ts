/**
 * What a payload is, by its content: bounded reads at known offsets, and one pass for PE files inside it.
 *
 * @module
 */
import { ByteReader } from "../lib/bytes.ts";
import { findOle, findZip } from "./containers.ts";
import { findCafeBabe, findEmbeddedPe, findProgram } from "./programs.ts";
import type { FileType } from "./routes.ts";
import { hasSignature, SIGNATURES } from "./signatures.ts";
import { findText } from "./text.ts";

/** A type that a payload has, and what shows it. */
export interface Finding {
  readonly type: FileType;
  readonly why: string;
}

/** How far from its start a PDF file may begin (Adobe's implementation notes to the PDF Reference 1.7, appendix H, note 13). */
const PDF_WINDOW = 1024;

const PDF_HEADER = Uint8Array.from("%PDF-", (char) => char.charCodeAt(0));

/** Highest version of SWF that is believed; the last one published is 50-something. */
const MAX_SWF_VERSION = 64;

/**
 * Everything that a payload is, at least one finding, the most telling first. A polyglot has several: all formats are tried, so
 * that the start of one does not hide another.
 */
export function identify(bytes: Uint8Array): Finding[] {
  if (bytes.length === 0) return [{ type: "empty", why: "no bytes" }];
  const reader = new ByteReader(bytes);
  const found = [
    ...findProgram(reader),
    ...findOle(reader),
    ...findZip(reader),
    ...findCafeBabe(reader),
    ...findPdf(reader),
    ...findSwf(reader),
    ...findBySignature(bytes),
    ...findText(bytes),
  ];
  if (found.length === 0) found.push({ type: "data", why: "no known signature, no text" });
  return [...found, ...findEmbeddedPe(reader)];
}

function findPdf(reader: ByteReader): Finding[] {
  const offset = new ByteReader(reader.bytes.subarray(0, PDF_WINDOW)).indexOf(PDF_HEADER);
  return offset === -1 ? [] : [{ type: "pdf", why: `%PDF- at ${offset}` }];
}

/** A SWF file, plain or compressed (SWF File Format Specification 19, "The SWF header"). */
function findSwf(reader: ByteReader): Finding[] {
  const signature = reader.latin1z(0, 3) ?? "";
  const version = reader.u8(3) ?? 0;
  if (!/^[FCZ]WS$/.test(signature) || version === 0 || version > MAX_SWF_VERSION) return [];
  return [{ type: "swf", why: `${signature} at 0, version ${version}` }];
}

function findBySignature(bytes: Uint8Array): Finding[] {
  return SIGNATURES.filter((signature) => hasSignature(bytes, signature))
    .map(({ type, name }) => ({ type, why: `${name} signature` }));
}
