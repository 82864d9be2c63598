/**
 * The content transfer encodings of mail. Broken input is decoded as far as it goes, as mail programs do.
 *
 * @module
 */

/** Values of the base64 alphabet by byte (RFC 2045, section 6.8); -1 is no character of it. */
const BASE64_VALUES = new Int8Array(256).fill(-1);
for (const [value, character] of [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"].entries()) {
  BASE64_VALUES[character.charCodeAt(0)] = value;
}

const EQUALS = 0x3d, LF = 0x0a, CR = 0x0d, SPACE = 0x20, TAB = 0x09;

/** Decodes base64; skips what is not of the alphabet, and goes on after padding (blocks put one after the other). */
export function decodeBase64(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil(bytes.length / 4) * 3);
  let length = 0, bits = 0, count = 0;
  for (const byte of bytes) {
    const value = BASE64_VALUES[byte]!;
    if (value === -1) {
      if (byte === EQUALS) bits = count = 0;
      continue;
    }
    bits = ((bits << 6) | value) & 0xffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out[length++] = (bits >> count) & 0xff;
    }
  }
  return out.subarray(0, length);
}

/** Decodes quoted-printable (RFC 2045, section 6.7); an `=` that begins no escape stays. */
export function decodeQuotedPrintable(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  let length = 0;
  /** Length of the output up to its last byte that is not blank: blanks before a line break were added on the way. */
  let solid = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === EQUALS) {
      const next = softBreakEnd(bytes, i + 1);
      const high = hexValue(bytes[i + 1]), low = hexValue(bytes[i + 2]);
      if (next !== undefined) i = next - 1;
      else if (high !== undefined && low !== undefined) {
        out[length++] = high << 4 | low;
        i += 2;
      } else out[length++] = byte;
      solid = length;
      continue;
    }
    if (byte === LF || byte === CR) length = solid;
    out[length++] = byte;
    if (byte !== SPACE && byte !== TAB) solid = length;
  }
  return out.subarray(0, length);
}

/** Blanks that a soft line break may carry before its line end; more make it no soft line break. */
const MAX_SOFT_BREAK_BLANKS = 80;

/** Where the line after a soft line break begins; undefined if `at` (after the `=`) is none. */
function softBreakEnd(bytes: Uint8Array, at: number): number | undefined {
  let i = at;
  while (i - at < MAX_SOFT_BREAK_BLANKS && (bytes[i] === SPACE || bytes[i] === TAB)) i++;
  if (bytes[i] === CR) i++;
  if (bytes[i] === LF) return i + 1;
  return i >= bytes.length || bytes[i - 1] === CR ? i : undefined;
}

function hexValue(byte: number | undefined): number | undefined {
  if (byte === undefined) return undefined;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : undefined;
}

/** Decodes a body by its Content-Transfer-Encoding; an unknown one, and the identities, leave it as it is. */
export function decodeTransferEncoding(bytes: Uint8Array, encoding: string): Uint8Array {
  switch (encoding) {
    case "base64":
      return decodeBase64(bytes);
    case "quoted-printable":
      return decodeQuotedPrintable(bytes);
    default:
      return bytes;
  }
}
