/**
 * Compression of VBA sources and of the VBA `dir` stream, [MS-OVBA] 2.4.1.
 *
 * @module
 */
import { ByteReader } from "./bytes.ts";

/** First byte of a compressed container, [MS-OVBA] 2.4.1.1.1. */
const CONTAINER_SIGNATURE = 0x01;
/** A chunk decompresses to at most this much, [MS-OVBA] 2.4.1.1.2. */
const CHUNK_SIZE = 4096;

/** What came out of a compressed container. */
export interface Decompressed {
  content: Uint8Array<ArrayBuffer>;
  /** Why it ended before the container did, if it did. */
  error?: string;
}

/**
 * Decompresses a container, [MS-OVBA] 2.4.1.3.
 *
 * @param bytes The container, from its signature byte on; what follows its last chunk is ignored.
 * @param maxBytes Output is cut off there.
 */
export function decompressVba(bytes: Uint8Array, maxBytes: number): Decompressed {
  const reader = new ByteReader(bytes);
  if (reader.u8(0) !== CONTAINER_SIGNATURE) return { content: new Uint8Array(), error: "signature byte is not 01" };
  const out = new Uint8Array(Math.min(maxBytes, countChunks(reader) * CHUNK_SIZE));
  let length = 0;
  const done = (error?: string): Decompressed => ({ content: out.slice(0, length), ...(error ? { error } : {}) });
  for (let at = 1; at < bytes.length;) {
    const header = reader.u16(at);
    if (header === undefined) break;
    if (((header >> 12) & 7) !== 3) return done(`no chunk at offset ${at}`);
    const end = Math.min(at + (header & 0x0fff) + 3, bytes.length);
    if (length === out.length) return done(`cut off at ${maxBytes} bytes`);
    const start = length;
    if ((header & 0x8000) === 0) {
      const raw = bytes.subarray(at + 2, Math.min(at + 2 + CHUNK_SIZE, bytes.length)).subarray(0, out.length - length);
      out.set(raw, length);
      length += raw.length;
      at += 2 + CHUNK_SIZE;
      continue;
    }
    const limit = Math.min(start + CHUNK_SIZE, out.length);
    at += 2;
    while (at < end) {
      const flags = bytes[at++]!;
      for (let bit = 0; bit < 8 && at < end; bit++) {
        if ((flags & (1 << bit)) === 0) {
          if (length >= limit) return done(limit === out.length ? `cut off at ${maxBytes} bytes` : chunkTooLong(at));
          out[length++] = bytes[at++]!;
          continue;
        }
        if (at + 1 >= end) {
          at = end;
          break;
        }
        const token = reader.u16(at)!;
        // How many bits are the offset depends on how much of the chunk is known, [MS-OVBA] 2.4.1.3.19.1.
        const lengthBits = 16 - Math.max(4, 32 - Math.clz32(Math.max(0, length - start - 1)));
        const offset = (token >> lengthBits) + 1;
        if (offset > length - start) return done(`copy from before the chunk at offset ${at}`);
        const copied = (token & ((1 << lengthBits) - 1)) + 3;
        if (length + copied > limit && limit < out.length) return done(chunkTooLong(at));
        for (let i = 0; i < copied && length < limit; i++, length++) out[length] = out[length - offset]!;
        at += 2;
      }
    }
  }
  return done();
}

/** How many chunks follow the signature byte: what comes out is at most {@linkcode CHUNK_SIZE} for each. */
function countChunks(reader: ByteReader): number {
  let count = 0;
  for (let at = 1;; count++) {
    const header = reader.u16(at);
    if (header === undefined || ((header >> 12) & 7) !== 3) return count;
    at += (header & 0x8000) === 0 ? 2 + CHUNK_SIZE : (header & 0x0fff) + 3;
  }
}

function chunkTooLong(at: number): string {
  return `chunk longer than ${CHUNK_SIZE} bytes at offset ${at}`;
}
