/**
 * The alphabets of base64 (RFC 4648): the standard one (section 4) and the one for URLs and file names (section 5).
 *
 * @module
 */

/** What a character is, for telling base64 from names: {@linkcode OTHER} is in no alphabet. */
export const OTHER = 0, UPPER = 1, LOWER = 2, DIGIT = 3, STANDARD = 4, URL_SAFE = 5;

/** The padding character. */
export const PAD = 0x3d;

/** What each byte is. */
export const KIND = new Uint8Array(256);

/** The six bits of each byte that is in an alphabet. */
const VALUE = new Uint8Array(256);

for (
  const [kind, first, characters] of [
    [UPPER, 0, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"],
    [LOWER, 26, "abcdefghijklmnopqrstuvwxyz"],
    [DIGIT, 52, "0123456789"],
    [STANDARD, 62, "+/"],
    [URL_SAFE, 62, "-_"],
  ] as const
) {
  for (let i = 0; i < characters.length; i++) {
    KIND[characters.charCodeAt(i)] = kind;
    VALUE[characters.charCodeAt(i)] = first + i;
  }
}

/** White space as base64 is wrapped with. */
export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Characters of an alphabet, with white space and padding among them. */
export interface Block {
  /** Half-open. */
  readonly start: number;
  readonly end: number;
  /** Characters of the alphabet in it. */
  readonly symbols: number;
}

/** The bytes that a block stands for. */
export function decode(text: Uint8Array, { start, end, symbols }: Block): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.floor(symbols * 6 / 8));
  let bits = 0, held = 0, length = 0;
  for (let i = start; i < end; i++) {
    if (KIND[text[i]!] === OTHER) continue;
    bits = (bits << 6 | VALUE[text[i]!]!) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[length++] = bits >> held;
  }
  return bytes;
}

/** Whether the bits that a last, incomplete group leaves over are zero, as an encoder writes them (section 3.5). */
export function endsCleanly(last: number, symbols: number): boolean {
  const left = symbols % 4 === 2 ? 4 : symbols % 4 === 3 ? 2 : 0;
  return (VALUE[last]! & (1 << left) - 1) === 0;
}
