/**
 * Finds the PE files that lie, whole and unencoded, in a stream of bytes.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { ByteReader } from "../lib/bytes.ts";
import { layoutOf, peSignature, readPeHeaders } from "../lib/pe.ts";

/** Most files measured in one payload: real droppers carry a few, made ones any number. */
export const MAX_CARVED = 1000;
/**
 * Most bytes of files that lie inside other carved files. Files side by side can't be more than the payload; headers that
 * each claim all the rest could be, by a factor of {@linkcode MAX_CARVED}.
 */
export const MAX_NESTED_BYTES = 128 * 1024 * 1024;
/** What the expression of the option gets to see of a file. */
const MAX_MATCH = 1024;
/** First byte of `MZ`. */
const M = 0x4d;
/** Second byte of `MZ`. */
const Z = 0x5a;

/** One file that was found. */
export interface CarvedFile {
  /** Where it begins in the stream. */
  readonly offset: number;
  /** Its bytes: a copy. */
  readonly content: Uint8Array<ArrayBuffer>;
}

/** What was found, and what was left out. */
export interface Carving {
  readonly carved: CarvedFile[];
  readonly errors: string[];
}

/**
 * Carves every file whose headers are those of a PE file, those inside other files too, in the order of their offsets. A
 * file ends where its headers say (last section, certificate table), or with the stream. The stream itself, if it is
 * nothing but one PE file, is not carved.
 *
 * Work: one look at each byte, constant time at each `MZ`, and at most {@linkcode MAX_CARVED} files measured.
 *
 * @param bytes The stream.
 * @param headers Sticky expression that has to match where a file begins.
 */
export function carve(bytes: Uint8Array, headers: RegExp): Carving {
  const reader = new ByteReader(bytes);
  const carved: CarvedFile[] = [];
  const errors: string[] = [];
  const skipped: number[] = [];
  let measured = 0;
  let nestedBytes = 0;
  let carvedTo = 0;
  for (let offset = nextMagic(bytes, 0); offset !== -1; offset = nextMagic(bytes, offset + 1)) {
    if (peSignature(reader, offset) === undefined || !matches(headers, bytes, offset)) continue;
    if (measured++ === MAX_CARVED) {
      errors.push(`PE files from offset ${offset} on were left out: more than ${MAX_CARVED} in one payload`);
      break;
    }
    const rest = bytes.subarray(offset);
    const found = readPeHeaders(rest);
    if (found === undefined) continue;
    const { size } = layoutOf(found, rest);
    if (size === bytes.length) continue; // the payload itself: it would become its own parent
    if (offset < carvedTo) {
      if (nestedBytes + size > MAX_NESTED_BYTES) {
        skipped.push(offset);
        continue;
      }
      nestedBytes += size;
    }
    carvedTo = Math.max(carvedTo, offset + size);
    carved.push({ offset, content: rest.slice(0, size) });
  }
  if (skipped.length > 0) {
    errors.push(
      `${skipped.length} PE files inside other PE files were left out, the first at offset ${skipped[0]}: ` +
        `more than ${MAX_NESTED_BYTES} bytes of such files`,
    );
  }
  return { carved, errors };
}

/** Offset of the next `MZ`, or -1. */
function nextMagic(bytes: Uint8Array, from: number): number {
  const last = bytes.length - 2;
  for (let at = from; at <= last; at++) if (bytes[at] === M && bytes[at + 1] === Z) return at;
  return -1;
}

/** Whether the expression matches the bytes, each a character, at `offset`. */
function matches(headers: RegExp, bytes: Uint8Array, offset: number): boolean {
  const { buffer, byteOffset, length } = bytes.subarray(offset, offset + MAX_MATCH);
  headers.lastIndex = 0;
  return headers.test(Buffer.from(buffer, byteOffset, length).toString("latin1"));
}
