/**
 * TLSH digests: 128 buckets, one byte of checksum, window of five bytes, as TLSH 4 writes them.
 *
 * J. Oliver, C. Cheng, Y. Chen, "TLSH - A Locality Sensitive Hash", 4th Cybercrime and Trustworthy Computing Workshop
 * (2013), section III. Minimum length and the prefix `T1` are those of TLSH 4.
 *
 * @module
 */
import { lengthValue } from "./length_value.ts";
import { PEARSON } from "./pearson.ts";

/** Fewest bytes that have a digest. */
export const MIN_LENGTH = 50;

/** Bytes of the sliding window. */
const WINDOW = 5;

/** Buckets that the digest holds, of the 256 that the hash can hit. */
const BUCKETS = 128;

/**
 * The TLSH digest of bytes: `T1` and 70 hexadecimal digits. Linear.
 *
 * @param bytes The bytes.
 * @returns Null if there are fewer than {@linkcode MIN_LENGTH}, or half of the buckets or more remain empty.
 */
export function tlsh(bytes: Uint8Array): string | null {
  if (bytes.length < MIN_LENGTH) return null;
  const { buckets, checksum } = countTriplets(bytes);
  if (buckets.filter((count) => count > 0).length <= BUCKETS / 2) return null;
  const sorted = buckets.toSorted();
  const q1 = sorted[BUCKETS / 4 - 1]!;
  const q2 = sorted[BUCKETS / 2 - 1]!;
  const q3 = sorted[BUCKETS - BUCKETS / 4 - 1]!;
  const header = [checksum, lengthValue(bytes.length), ratio(q1, q3) | ratio(q2, q3) << 4].map(swapNibbles);
  // Two bits a bucket say in which quarter its count is; the last bucket comes first.
  const body = new Uint8Array(BUCKETS / 4);
  for (const [i, count] of buckets.entries()) {
    const quarter = count > q3 ? 3 : count > q2 ? 2 : count > q1 ? 1 : 0;
    body[body.length - 1 - (i >> 2)]! |= quarter << 2 * (i & 3);
  }
  return "T1" + [...header, ...body].map((byte) => byte.toString(16).padStart(2, "0")).join("").toUpperCase();
}

/** How often each bucket is hit by the six triplets that hold the newest byte of each window; and the checksum. */
function countTriplets(bytes: Uint8Array): { buckets: Uint32Array; checksum: number } {
  const counts = new Uint32Array(256);
  const table = PEARSON;
  let checksum = 0;
  // The salts 2, 3, 5, 7, 11 and 13 keep the triplets apart; their first step through the table is always the same.
  const [s0, s2, s3, s5, s7, s11, s13] = [
    table[0]!,
    table[2]!,
    table[3]!,
    table[5]!,
    table[7]!,
    table[11]!,
    table[13]!,
  ];
  for (let i = WINDOW - 1; i < bytes.length; i++) {
    const a = bytes[i]!, b = bytes[i - 1]!, c = bytes[i - 2]!, d = bytes[i - 3]!, e = bytes[i - 4]!;
    checksum = table[table[table[s0 ^ a]! ^ b]! ^ checksum]!;
    counts[table[table[table[s2 ^ a]! ^ b]! ^ c]!]! += 1;
    counts[table[table[table[s3 ^ a]! ^ b]! ^ d]!]! += 1;
    counts[table[table[table[s5 ^ a]! ^ c]! ^ d]!]! += 1;
    counts[table[table[table[s7 ^ a]! ^ c]! ^ e]!]! += 1;
    counts[table[table[table[s11 ^ a]! ^ b]! ^ e]!]! += 1;
    counts[table[table[table[s13 ^ a]! ^ d]! ^ e]!]! += 1;
  }
  return { buckets: counts.subarray(0, BUCKETS), checksum };
}

/** Quartiles as a ratio in four bits, in the single precision that TLSH computes with. */
function ratio(quartile: number, q3: number): number {
  return Math.trunc(Math.fround(Math.fround((quartile * 100) >>> 0) / Math.fround(q3))) & 15;
}

/** The header's bytes are written with their nibbles swapped. */
function swapNibbles(byte: number): number {
  return (byte >> 4) | (byte & 15) << 4;
}
