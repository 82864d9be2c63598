/**
 * Finds Flash files in a stream of bytes and decompresses them.
 *
 * Source: SWF File Format Specification 19, chapter 2, "The SWF header".
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { constants, inflateSync } from "node:zlib";
import { ByteReader } from "../lib/bytes.ts";
import { decodeLzma } from "../lib/lzma.ts";

/** Signature, version, size. */
const HEADER = 8;
/** The header of LZMA has the compressed size after it. */
const LZMA_HEADER = 12;
/** Versions 1 to 50 were made; anything else is chance. */
const MAX_VERSION = 60;
/** Smallest file: a frame of one bit field, rate, count, and the tag that ends it. */
const MIN_SIZE = HEADER + 1 + 4 + 2;
/** Largest size that is believed. Players take less. */
const MAX_SIZE = 64 * 1024 * 1024;
/** Files that are carved from one payload. */
export const MAX_CARVED = 1_000;
/** Bytes that come out of one payload, and are decompressed in vain. */
export const MAX_TOTAL = 192 * 1024 * 1024;
/** Signatures followed by a plausible header whose data can be tried. */
const MAX_ATTEMPTS = 20_000;
/** Bytes that are looked at in vain before a decompressor says no: it costs at least as much to set up. */
const ATTEMPT_COST = 4096;
/** Largest field of the frame: 31 bits for each of four numbers, and five. */
const MAX_RECT_BITS = 31;
const MAX_MATCH = 64;
const MAX_ERRORS = 50;

/** A file that was found. */
export interface CarvedSwf {
  readonly offset: number;
  readonly version: number;
  /** `FWS`, `CWS` or `ZWS`, as it lay there. */
  readonly signature: string;
  /** The file, not compressed, its signature `FWS`. */
  readonly content: Uint8Array<ArrayBuffer>;
}

/** What was found, and what was left out. */
export interface SwfCarving {
  readonly carved: CarvedSwf[];
  readonly errors: string[];
}

/** Data after the header, what is wrong with them, and what they cost of {@linkcode MAX_TOTAL}. */
interface Body {
  readonly body: Uint8Array;
  readonly error?: string;
  readonly cost: number;
}

/**
 * Carves every file with a plausible header and data that decompress, in the order of their offsets.
 *
 * @param headers Sticky expression that has to match where a file begins.
 */
export function carveSwf(bytes: Uint8Array, headers: RegExp): SwfCarving {
  const reader = new ByteReader(bytes);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const carved: CarvedSwf[] = [];
  const errors: string[] = [];
  let room = MAX_TOTAL;
  let attempts = 0;
  for (let at = bytes.indexOf(0x53, 2); at >= 0; at = bytes.indexOf(0x53, at + 1)) { // "S", of all signatures the last
    const offset = at - 2;
    const signature = signatureAt(bytes, offset);
    if (signature === undefined) continue;
    const version = reader.u8(offset + 3) ?? 0;
    const size = reader.u32(offset + 4) ?? 0;
    if (version < 1 || version > MAX_VERSION || size < MIN_SIZE) continue;
    headers.lastIndex = 0;
    if (!headers.test(buffer.toString("latin1", offset, offset + MAX_MATCH))) continue;
    if (size > MAX_SIZE) {
      if (looksReal(reader, signature, offset)) {
        errors.push(`SWF at offset ${offset}: left out, its size ${size} is more than ${MAX_SIZE}`);
      }
      continue;
    }
    if (!looksReal(reader, signature, offset)) continue;
    if (carved.length >= MAX_CARVED || attempts++ >= MAX_ATTEMPTS || room < size) {
      errors.push(
        `SWF files from offset ${offset} on were left out: more than ${MAX_CARVED} files, ${MAX_ATTEMPTS} attempts or ` +
          `${MAX_TOTAL} bytes in one payload`,
      );
      break;
    }
    const { body, error, cost } = readBody(bytes, signature, offset, size - HEADER);
    room -= cost;
    if (error !== undefined && errors.length < MAX_ERRORS) errors.push(`SWF at offset ${offset}: ${error}`);
    if (!hasFrame(body)) continue;
    const content = new Uint8Array(HEADER + body.length);
    content.set(bytes.subarray(offset, offset + HEADER));
    content[0] = 0x46; // "F": it is no longer compressed
    content.set(body, HEADER);
    // The payload itself, when it is one plain file, would become its own parent.
    if (signature === "FWS" && content.length === bytes.length) continue;
    carved.push({ offset, version, signature, content });
  }
  return { carved, errors };
}

function signatureAt(bytes: Uint8Array, offset: number): "FWS" | "CWS" | "ZWS" | undefined {
  if (bytes[offset + 1] !== 0x57 || bytes[offset + 2] !== 0x53) return undefined;
  const first = bytes[offset];
  return first === 0x46 ? "FWS" : first === 0x43 ? "CWS" : first === 0x5a ? "ZWS" : undefined;
}

/** Whether the first bytes of the data are what they have to be: cheap, before anything is decompressed. */
function looksReal(reader: ByteReader, signature: "FWS" | "CWS" | "ZWS", offset: number): boolean {
  if (signature === "FWS") return hasFrame(reader.bytes.subarray(offset + HEADER, offset + HEADER + 24));
  if (signature === "CWS") {
    const header = reader.u16(offset + HEADER, false) ?? 1;
    return ((header >> 8) & 15) === 8 && header % 31 === 0;
  }
  const property = reader.u8(offset + LZMA_HEADER) ?? 255;
  return property < 225 && reader.u8(offset + LZMA_HEADER + 5) === 0;
}

/** The data after the header, of at most `size` bytes. */
function readBody(bytes: Uint8Array, signature: "FWS" | "CWS" | "ZWS", offset: number, size: number): Body {
  const sized = (body: Uint8Array, reason: string, cost: number): Body =>
    body.length === size
      ? { body, cost: size + cost }
      : { body, error: `${reason}: ${body.length} bytes of data, the header says ${size}`, cost: body.length + cost };
  if (signature === "FWS") return sized(bytes.subarray(offset + HEADER, offset + HEADER + size), "cut off", 0);
  if (signature === "ZWS") {
    const data = bytes.subarray(offset + LZMA_HEADER);
    const { bytes: body, error } = decodeLzma(data, size);
    return sized(body, error ?? "LZMA data end", ATTEMPT_COST + lzmaModelSize(data[0] ?? 0));
  }
  // The data may end anywhere: what follows them doesn't matter, and a file that is cut off gives what there is.
  const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: size };
  try {
    const data = bytes.subarray(offset + HEADER, offset + HEADER + compressBound(size));
    return sized(inflateSync(data, options), "Flate data end", ATTEMPT_COST);
  } catch (cause) {
    const tooLarge = cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE";
    const error = tooLarge
      ? `left out, more data than the ${size} bytes that the header says`
      : "left out, Flate data are damaged";
    return { body: new Uint8Array(), error, cost: size + ATTEMPT_COST };
  }
}

/** Bytes of the models of literals, which have to be set up before the first byte comes out. */
function lzmaModelSize(property: number): number {
  return 0x600 << ((property % 9) + (Math.floor(property / 9) % 5));
}

/** Most bytes that so many compress to: stored blocks with their headers, and those of zlib. */
function compressBound(size: number): number {
  return size + 5 * Math.ceil(size / 1024) + 64;
}

/** Whether data begins with a frame rectangle of five bits and four numbers of so many bits, padded with zeros. */
function hasFrame(body: Uint8Array): boolean {
  const bits = (body[0] ?? 0) >> 3;
  const used = 5 + 4 * bits;
  const bytes = Math.ceil(used / 8);
  if (bits < 1 || bits > MAX_RECT_BITS || body.length < bytes + 4) return false;
  const padding = bytes * 8 - used;
  return ((body[bytes - 1] ?? 0) & ((1 << padding) - 1)) === 0;
}
