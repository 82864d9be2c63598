import { type Block, isSpace, KIND, OTHER, PAD, URL_SAFE } from "./alphabet.ts";

/** Bytes within which the headers have to end. */
const MAX_HEADERS = 16_384;

/**
 * The body of a MIME part that begins with its headers, one of them `Content-Transfer-Encoding: base64` (RFC 2045,
 * section 6). It ends with padding, or before the first character that is not base64, such as those of a boundary.
 */
export function mimeBody(text: Uint8Array): Block | undefined {
  const head = new TextDecoder("latin1").decode(text.subarray(0, MAX_HEADERS));
  if (!/^[!-9;-~]+:/.test(head)) return undefined;
  const blank = /\r?\n\r?\n/.exec(head);
  if (blank === null) return undefined;
  if (!/^content-transfer-encoding:[ \t]*"?base64\b/im.test(head.slice(0, blank.index))) return undefined;
  let start = blank.index + blank[0].length;
  while (isSpace(text[start])) start++;
  let end = start, symbols = 0;
  for (let i = start; i < text.length; i++) {
    const kind = KIND[text[i]!]!;
    if (kind !== OTHER && kind !== URL_SAFE) {
      symbols++;
      end = i + 1;
    } else if (text[i] === PAD) return { start, end: text[i + 1] === PAD ? i + 2 : i + 1, symbols };
    else if (!isSpace(text[i])) break;
  }
  return { start, end, symbols };
}
