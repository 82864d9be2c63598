/**
 * Finds base64 in text: the whole of it, the body of a MIME part, a `data:` URL, or runs that are long enough to tell.
 *
 * @module
 */
import { type Block, isSpace, KIND, OTHER, PAD } from "./alphabet.ts";
import { INSIDE, isBase64, WHOLE, WHOLE_IRREGULAR } from "./evidence.ts";
import { readLines } from "./lines.ts";
import { mimeBody } from "./mime.ts";

/** The end of a `data:` URL's header (RFC 2397, section 3). */
const DATA_URL = ";base64,";

/** Fewest characters of base64 that is declared as such: one byte. */
const MIN_DECLARED = 2;

/**
 * Blocks of base64 in the order of their offsets, which don't overlap. Linear.
 *
 * @param text One byte a character.
 * @param minimumLength Fewest characters of a run that nothing declares to be base64.
 */
export function* findBase64(text: Uint8Array, minimumLength: number): Generator<Block> {
  const whole = wholeText(text);
  if (whole !== undefined) {
    const regular = readLines(text, whole.start).end >= whole.end;
    if (isBase64(text, whole, regular ? WHOLE : WHOLE_IRREGULAR)) return yield whole;
  }
  let at = 0;
  const body = mimeBody(text);
  if (body !== undefined && body.symbols >= MIN_DECLARED) {
    yield body;
    at = body.end;
  }
  // Programs are full of long names with underscores: there only the standard alphabet is evidence enough.
  const evidence = { ...INSIDE, minimumLength, urlSafe: !text.includes(0) };
  while (at < text.length) {
    if (KIND[text[at]!] === OTHER) {
      at++;
      continue;
    }
    const block = readLines(text, at);
    const declared = block.symbols >= MIN_DECLARED && follows(text, at, DATA_URL);
    if (declared || (block.symbols >= minimumLength && isBase64(text, block, evidence))) yield block;
    at = block.end;
  }
}

/**
 * The text without the white space around it, if it has nothing but characters of the alphabet, white space, padding.
 */
function wholeText(text: Uint8Array): Block | undefined {
  let start = -1, end = 0, symbols = 0, padding = 0;
  for (let i = 0; i < text.length; i++) {
    const byte = text[i]!;
    if (KIND[byte] !== OTHER && padding === 0) {
      if (start === -1) start = i;
      symbols++;
    } else if (byte === PAD && symbols > 0 && padding < 2) padding++;
    else if (isSpace(byte)) continue;
    else return undefined;
    end = i + 1;
  }
  return start === -1 ? undefined : { start, end, symbols };
}

/** Whether `marker`, in any case, stands right before `at`. */
function follows(text: Uint8Array, at: number, marker: string): boolean {
  for (let i = 0; i < marker.length; i++) {
    const byte = text[at - marker.length + i];
    if (byte === undefined || String.fromCharCode(byte).toLowerCase() !== marker[i]) return false;
  }
  return true;
}
