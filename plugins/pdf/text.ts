/**
 * Text strings and dates, ISO 32000-1 sections 7.9.2 and 7.9.4.
 *
 * @module
 */
import { bytesOf, PdfString, type PdfValue } from "./values.ts";

/** Codes of PDFDocEncoding that are not Latin-1, Annex D.2: 0x18 to 0x1f, 0x80 to 0xa0. */
const LOW = "\u02d8\u02c7\u02c6\u02d9\u02dd\u02db\u02da\u02dc";
const HIGH =
  "\u2022\u2020\u2021\u2026\u2014\u2013\u0192\u2044\u2039\u203a\u2212\u2030\u201e\u201c\u201d\u2018\u2019\u201a\u2122" +
  "\ufb01\ufb02\u0141\u0152\u0160\u0178\u017d\u0131\u0142\u0153\u0161\u017e\ufffd\u20ac";

/** Text of bytes: UTF-16 or UTF-8 where their first bytes say so, else PDFDocEncoding. */
export function decodeText(bytes: Uint8Array): string {
  const [first, second, third] = bytes;
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (first === 0xef && second === 0xbb && third === 0xbf) return new TextDecoder().decode(bytes);
  let text = "";
  for (const byte of bytes) {
    text += byte >= 0x80 && byte <= 0xa0
      ? HIGH[byte - 0x80]
      : byte >= 0x18 && byte <= 0x1f
      ? LOW[byte - 0x18]
      : String.fromCharCode(byte);
  }
  return text;
}

/** Text of a string, at most `limit` characters; `undefined` for anything else. */
export function textOf(value: PdfValue | undefined, limit: number): string | undefined {
  if (!(value instanceof PdfString)) return undefined;
  return decodeText(bytesOf(value.bytes.slice(0, 2 * limit + 4))).slice(0, limit);
}

/**
 * A date as ISO 8601: UTC where it has a zone, without one where it has none; unchanged if it is no date.
 *
 * @param text `D:YYYYMMDDHHmmSSOHH'mm'`, all after the year optional.
 */
export function isoDate(text: string): string {
  const match = /^\s*(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?\s*(?:(Z)|([+-])(\d\d)'?(\d\d)?)?/.exec(text);
  if (!match) return text;
  const part = (i: number, fallback: number) => match[i] === undefined ? fallback : Number(match[i]);
  let time = Date.UTC(part(1, 0), part(2, 1) - 1, part(3, 1), part(4, 0), part(5, 0), part(6, 0));
  if (match[8] !== undefined) time -= (match[8] === "-" ? -1 : 1) * (part(9, 0) * 60 + part(10, 0)) * 60_000;
  const iso = new Date(time).toISOString().slice(0, 19);
  return match[7] !== undefined || match[8] !== undefined ? `${iso}Z` : iso;
}
