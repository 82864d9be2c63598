/**
 * The data of members: decompressed, and compressed again to find out how it was done.
 *
 * @module
 */
import { constants, inflateRawSync } from "node:zlib";
import pako from "pako";

/**
 * zlib's own compressor, which archivers have. That of `node:zlib` gives other bytes in Deno, as does pako from version 3 on:
 * the original's levels would not come out.
 */
const deflateRaw: (data: Uint8Array, options: { level: number }) => Uint8Array = pako.deflateRaw;

/** Bytes that all members of an archive decompress to, also in vain. */
const MAX_DECOMPRESSED = 128 * 1024 * 1024;
/** Bytes that are compressed again, each up to eleven times. */
const MAX_DERIVED = 8 * 1024 * 1024;
/** Setting up a compressor costs as much as so many bytes. */
const COMPRESSOR_COST = 16 * 1024;
/** Deflate gives at most this many bytes for one. */
const MAX_RATIO = 1032;
const STORED = 0;
const DEFLATED = 8;

/** What came out of a member. */
export interface MemberContent {
  readonly content: Uint8Array;
  /** Why that is nothing; empty if all is well. */
  readonly error: string;
}

/** How data was deflated, by what zlib makes of it. */
export interface DeflateLevel {
  /** Highest level whose data is not shorter. */
  readonly derived_deflate_level_max: number;
  /** Lowest level that gives the same as that. */
  readonly derived_deflate_level_min: number;
  /** Bytes that it gives. */
  readonly derived_deflate_size: number;
  /** Whether they are the same bytes: zlib made them. */
  readonly derived_deflate_match: boolean;
}

/** Works on the members of one archive within limits. */
export class MemberData {
  #room = MAX_DECOMPRESSED;
  #derivable = MAX_DERIVED;

  /** Decompresses the data of a member. @param size What the archive says that comes out. */
  decompress(data: Uint8Array, method: number, size: number): MemberContent {
    const nothing = new Uint8Array();
    if (method !== STORED && method !== DEFLATED) {
      return { content: nothing, error: `compression method ${method} is not read` };
    }
    if (this.#room <= 0) return { content: nothing, error: `more than ${MAX_DECOMPRESSED} bytes in all members` };
    if (method === STORED) {
      this.#room -= data.length + 1;
      return { content: data, error: "" };
    }
    try {
      const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: Math.max(1, this.#room) };
      const content: Uint8Array = inflateRawSync(data, options);
      this.#room -= content.length + 1;
      return { content, error: content.length < size ? "Flate data end before the size that the archive says" : "" };
    } catch (cause) {
      this.#room -= Math.min(this.#room, data.length * MAX_RATIO + 1);
      const tooLarge = cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE";
      return {
        content: nothing,
        error: tooLarge ? `more than ${MAX_DECOMPRESSED} bytes in all members` : "Flate data are damaged",
      };
    }
  }

  /** Derives the level of deflated data, `undefined` if a limit is reached. */
  deriveLevel(data: Uint8Array, content: Uint8Array): DeflateLevel | undefined {
    if (this.#derivable < content.length) return undefined;
    this.#derivable -= content.length + COMPRESSOR_COST;
    const compress = (level: number): Uint8Array => deflateRaw(content, { level });
    let max = 9;
    let again = compress(max);
    while (data.length > again.length && max > 0) again = compress(--max);
    let min = max;
    while (min > 0 && equal(compress(min - 1), again)) min--;
    return {
      derived_deflate_level_max: max,
      derived_deflate_level_min: min,
      derived_deflate_size: again.length,
      derived_deflate_match: equal(again, data),
    };
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

let table: Uint32Array | undefined;

/** CRC-32, APPNOTE.TXT section 4.4.7. */
export function crc32(bytes: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_, n) => {
    for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
    return n;
  });
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 255]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
