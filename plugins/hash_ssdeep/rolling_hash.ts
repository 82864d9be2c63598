/** Bytes that the rolling hash looks back. */
const WINDOW = 7;

/**
 * Runs the rolling hash of ssdeep over bytes, and calls `visit` where it is -1 modulo the block size: there a piece
 * ends.
 *
 * @param bytes The bytes.
 * @param blockSize The mean length of a piece.
 * @param visit Gets the offset after the piece's last byte, and the hash, unsigned 32 bits.
 * @returns The hash after the last byte.
 */
export function eachPieceEnd(
  bytes: Uint8Array,
  blockSize: number,
  visit: (end: number, hash: number) => void,
): number {
  // The sum of the window; the same with each byte times its place; and one that shifts older bytes out at the top.
  let sum = 0, weighted = 0, shifted = 0, hash = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    weighted += WINDOW * byte - sum;
    sum += byte - (i < WINDOW ? 0 : bytes[i - WINDOW]!);
    shifted = (shifted << 5) ^ byte;
    hash = (sum + weighted + shifted) >>> 0;
    if (hash % blockSize === blockSize - 1) visit(i + 1, hash);
  }
  return hash;
}
