/**
 * Streams that are none of what documents have: no content, image, font, form, object stream or metadata.
 *
 * @module
 */
import type { PdfDocument } from "./document.ts";
import { dictOf, nameOf, PdfRef, PdfStream, type PdfValue } from "./values.ts";

/** Streams that are extracted. */
const MAX_STREAMS = 1_000;

/** Types and subtypes of streams with a known role. */
const KNOWN: ReadonlySet<string> = new Set([
  ..."XObject Image Form Pattern ObjStm XRef Metadata EmbeddedFile CMap Type1C CIDFontType0C OpenType".split(" "),
]);
/** Keys whose streams have a known role. */
const ROLES: ReadonlySet<string> = new Set([
  ..."Contents FontFile FontFile2 FontFile3 ToUnicode CIDToGIDMap CIDSet CharProcs Metadata XFA JS EF SMask Mask Function"
    .split(" "),
  ..."Functions TR TR2 BG BG2 UCR UCR2 DestOutputProfile ColorSpace AP N R D Thumb Shading Alternates JBIG2Globals"
    .split(" "),
]);

/** A stream. */
export interface UnknownStream {
  readonly object: number;
  readonly content: Uint8Array;
}

/** Finds them, decoded; empty ones are left out. */
export function findUnknownStreams(document: PdfDocument, errors: string[]): UnknownStream[] {
  const known = new Set<number>();
  const marked = new Set<PdfValue>();
  const markAll = (items: Iterable<PdfValue>) => {
    for (const item of items) if (item instanceof PdfRef) known.add(item.num);
  };
  const mark = (value: PdfValue | undefined) => {
    if (value instanceof PdfRef) known.add(value.num);
    const target = document.resolve(value);
    if (!(Array.isArray(target) || target instanceof Map) || marked.has(target)) return;
    marked.add(target); // many may share it
    markAll(target.values());
  };
  const visit = (value: PdfValue) => {
    if (Array.isArray(value)) value.forEach(visit);
    for (const [key, item] of dictOf(value) ?? []) {
      if (ROLES.has(key)) mark(item);
      visit(item);
    }
  };
  for (const { value } of document.objects) visit(value);
  const found: UnknownStream[] = [];
  let left = 0;
  for (const { num, value } of document.objects) {
    if (!(value instanceof PdfStream) || known.has(num)) continue;
    const types = ["Type", "Subtype"].map((key) => nameOf(document.resolve(value.dict.get(key))) ?? "");
    if (types.some((type) => KNOWN.has(type)) || value.dict.has("FunctionType") || value.dict.has("ShadingType")) {
      continue;
    }
    if (found.length >= MAX_STREAMS) {
      left++;
      continue;
    }
    const { bytes, error } = document.decode(value);
    if (error !== undefined) errors.push(`stream ${num}: ${error}`);
    if (bytes.length > 0) found.push({ object: num, content: bytes });
  }
  if (left > 0) errors.push(`${left} streams after the first ${MAX_STREAMS} left out`);
  return found;
}
