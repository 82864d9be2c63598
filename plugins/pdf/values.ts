/**
 * The objects of PDF, ISO 32000-1 section 7.3: what the other files of this plugin are written in.
 *
 * @module
 */

/** A name without its slash, `#xx` resolved. */
export class PdfName {
  constructor(readonly name: string) {}
}

/** A string: each character is a byte. */
export class PdfString {
  constructor(readonly bytes: string) {}
}

/** A reference to an indirect object. */
export class PdfRef {
  constructor(readonly num: number, readonly gen: number) {}
}

/** A dictionary by key without slash. The last of equal keys counts, as in readers. */
export type PdfDict = Map<string, PdfValue>;

/** A stream: its dictionary and its bytes as they are in the file. */
export class PdfStream {
  constructor(
    readonly dict: PdfDict,
    readonly raw: Uint8Array,
    /** The object that it is, which its key of encryption depends on. */
    readonly num: number,
    readonly gen: number,
  ) {}
}

/** Any object. */
export type PdfValue = null | boolean | number | PdfName | PdfString | PdfRef | PdfValue[] | PdfDict | PdfStream;

/** An indirect object. */
export interface PdfObject {
  readonly num: number;
  readonly gen: number;
  /** Where in the file it is, or the object stream that it is in. */
  readonly offset: number;
  /** Number of the object stream that it is in. */
  readonly container: number | null;
  value: PdfValue;
}

/** The dictionary of a value: itself, or that of a stream. */
export function dictOf(value: PdfValue | undefined): PdfDict | undefined {
  return value instanceof Map ? value : value instanceof PdfStream ? value.dict : undefined;
}

/** The text of a name. */
export function nameOf(value: PdfValue | undefined): string | undefined {
  return value instanceof PdfName ? value.name : undefined;
}

/** A number, or `undefined` if it is something else. */
export function numberOf(value: PdfValue | undefined): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** Each character a byte. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** Most arguments of one call. */
const CHUNK = 4096;

/** Text whose characters are the bytes. */
export function latin1Of(bytes: Uint8Array): string {
  if (bytes.length <= CHUNK) return String.fromCharCode(...bytes);
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK) parts.push(String.fromCharCode(...bytes.subarray(at, at + CHUNK)));
  return parts.join("");
}
