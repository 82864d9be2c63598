/**
 * Context triggered piecewise hashes, as ssdeep 2.14 gives them.
 *
 * J. Kornblum, "Identifying almost identical files using context triggered piecewise hashing", Digital Investigation 3S
 * (2006), section 3: a rolling hash of the last seven bytes cuts the input into pieces, and of each piece's FNV hash
 * six bits become one character.
 *
 * @module
 */
import { eachPieceEnd } from "./rolling_hash.ts";

/** Smallest block size; the others are this times a power of two. */
const MIN_BLOCK_SIZE = 3;

/** Most characters of the first signature; the second, of the doubled block size, has at most half of it. */
const SIGNATURE_LENGTH = 64;

/** Initial value of the piece hash. */
const HASH_INIT = 0x28021967;

/** The FNV prime, 32 bits. */
const HASH_PRIME = 0x01000193;

/** Characters for six bits. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/**
 * The ssdeep hash of bytes: block size, and signatures for it and for its double. Linear: one pass chooses the block
 * size, one hashes.
 *
 * @param bytes The bytes.
 */
export function ssdeep(bytes: Uint8Array): string {
  const blockSize = chooseBlockSize(bytes);
  const first = new Signature(bytes, SIGNATURE_LENGTH);
  const second = new Signature(bytes, SIGNATURE_LENGTH / 2);
  const last = eachPieceEnd(bytes, blockSize, (end, hash) => {
    first.endPiece(end);
    if (hash % (2 * blockSize) === 2 * blockSize - 1) second.endPiece(end);
  });
  // As in spamsum, a hash of zero says that there is nothing after the last piece.
  return `${blockSize}:${first.finish(last !== 0)}:${second.finish(last !== 0)}`;
}

/** The largest block size, of those up to the one that the length suggests, that gives half a signature or more. */
function chooseBlockSize(bytes: Uint8Array): number {
  let level = 0;
  while (MIN_BLOCK_SIZE * 2 ** level * SIGNATURE_LENGTH < bytes.length) level++;
  // Pieces that end for the block size of a level and for none above it.
  const ends = new Uint32Array(33);
  eachPieceEnd(bytes, MIN_BLOCK_SIZE, (_, hash) => {
    const blocks = (hash + 1) / MIN_BLOCK_SIZE;
    ends[31 - Math.clz32(blocks & -blocks)]! += 1;
  });
  let pieces = 0;
  for (let above = level; above < ends.length; above++) pieces += ends[above]!;
  while (level > 0 && pieces < SIGNATURE_LENGTH / 2) pieces += ends[--level]!;
  return MIN_BLOCK_SIZE * 2 ** level;
}

/** One signature: a character a piece. */
class Signature {
  #text = "";
  /** FNV hash of the piece, as far as it was read. */
  #hash = HASH_INIT;
  #position = 0;
  /** Character of the last piece that ended with the signature full: what follows joins that piece. */
  #last = "";

  constructor(readonly bytes: Uint8Array, readonly length: number) {}

  /** The piece ends before `end`. */
  endPiece(end: number): void {
    const character = this.#read(end);
    if (this.#text.length === this.length - 1) {
      this.#last = character;
      return;
    }
    this.#text += character;
    this.#hash = HASH_INIT;
  }

  /** @param unfinished Whether what follows the last piece has a character. */
  finish(unfinished: boolean): string {
    return this.#text + (unfinished ? this.#read(this.bytes.length) : this.#last);
  }

  /** Character of the piece up to `end`. */
  #read(end: number): string {
    const { bytes } = this;
    let hash = this.#hash;
    for (let i = this.#position; i < end; i++) hash = Math.imul(hash, HASH_PRIME) ^ bytes[i]!;
    this.#hash = hash;
    this.#position = end;
    return ALPHABET[hash & 63]!;
  }
}
