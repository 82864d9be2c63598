import { type Block, KIND, OTHER, PAD } from "./alphabet.ts";

/** Fewest characters of a line that goes on in the next one: encoders wrap at 60, 64, 72 or 76. */
const MIN_WIDTH = 16;

const SPACE = 0x20, TAB = 0x09, CR = 0x0d, LF = 0x0a, HYPHEN = 0x2d;

/**
 * Reads the run of characters at `start`, with the lines after it that belong to it: as long as the first, indented or
 * not, and at last a shorter one. Reads each byte at most twice.
 *
 * @param start Offset of a character of the alphabet.
 */
export function readLines(text: Uint8Array, start: number): Block {
  let end = runEnd(text, start);
  const width = end - start;
  let symbols = width;
  if (width >= MIN_WIDTH) {
    for (;;) {
      const next = nextLine(text, end);
      // Two hyphens begin the line after base64 in PEM and MIME (RFC 7468, section 2; RFC 2046, section 5.1.1).
      if (next === end || (text[next] === HYPHEN && text[next + 1] === HYPHEN)) break;
      const stop = runEnd(text, next);
      const length = stop - next;
      if (length === 0 || length > width || (length < width && !isLast(text, stop, symbols, length))) break;
      end = stop;
      symbols += length;
      if (length < width) break;
    }
  }
  for (let padding = 0; padding < 2 && text[end] === PAD; padding++) end++;
  return { start, end, symbols };
}

/** A shorter line is the last one if it completes the base64, and if no more text stands beside it. */
function isLast(text: Uint8Array, stop: number, symbols: number, length: number): boolean {
  const next = text[stop];
  if (next === PAD) return true;
  const alone = next === undefined || next === CR || next === LF || next === 0x22 || next === 0x27 || next === 0x3c;
  return alone && (symbols + length) % 4 !== 1;
}

/** Offset of the first byte from `at` on that is in no alphabet. */
function runEnd(text: Uint8Array, at: number): number {
  while (at < text.length && KIND[text[at]!] !== OTHER) at++;
  return at;
}

/** Offset at which the text of the next line begins; `at` itself if no line ends there. */
function nextLine(text: Uint8Array, at: number): number {
  let next = at;
  if (text[next] === CR) next++;
  if (text[next] === LF) next++;
  if (next === at) return at;
  while (text[next] === SPACE || text[next] === TAB) next++;
  return next;
}
