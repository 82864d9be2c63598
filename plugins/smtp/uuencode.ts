import { decodeBase64 } from "../lib/mail_encodings.ts";
import { concat } from "../lib/mail_headers.ts";

/** A file in a text. */
export interface UuencodedFile {
  filename: string;
  content: Uint8Array;
  /** Whether its `end` line is there. */
  complete: boolean;
}

/** Files of one text that are decoded. */
const MAX_FILES = 100;

/**
 * Finds what uuencode wrote into a text, in both of its forms (POSIX.1-2017, utility uuencode).
 *
 * @returns The files, and the text without them.
 */
export function decodeUuencoded(bytes: Uint8Array): { blocks: UuencodedFile[]; rest: Uint8Array } {
  const blocks: UuencodedFile[] = [];
  const rest: Uint8Array[] = [];
  const text = new TextDecoder("windows-1252").decode(bytes); // one character a byte, so that offsets agree
  if (text.length !== bytes.length || !text.includes("begin")) return { blocks, rest: bytes };
  const begin = /^begin(-base64)? [0-7]{3,4} ([^\r\n]{1,1000})\r?\n/gm;
  let from = 0;
  const lastEnd = text.lastIndexOf("\n===="); // without one after it, a base64 block isn't searched to the end again
  for (let match = begin.exec(text); match && blocks.length < MAX_FILES; match = begin.exec(text)) {
    const start = begin.lastIndex;
    const body = match[1]
      ? (start <= lastEnd + 1 ? readBase64(text, bytes, start) : undefined)
      : readLines(text, start);
    if (!body) continue;
    blocks.push({ filename: match[2]!.trim(), content: body.content, complete: body.complete });
    rest.push(bytes.subarray(from, match.index));
    begin.lastIndex = from = body.end;
  }
  return { blocks, rest: blocks.length === 0 ? bytes : concat([...rest, bytes.subarray(from)]) };
}

interface Body {
  content: Uint8Array;
  complete: boolean;
  /** Where the text goes on. */
  end: number;
}

function readBase64(text: string, bytes: Uint8Array, start: number): Body {
  const end = text.indexOf("\n====", start - 1) + 1;
  return { content: decodeBase64(bytes.subarray(start, end)), complete: true, end: nextLine(text, end) };
}

function readLines(text: string, start: number): Body | undefined {
  const chunks: Uint8Array[] = [];
  for (let at = start; at < text.length;) {
    const next = nextLine(text, at);
    const line = text.slice(at, next).replace(/\r?\n$/, "");
    if (line === "end") return { content: concat(chunks), complete: true, end: next };
    const chunk = decodeLine(line);
    if (!chunk) return chunks.length > 0 ? { content: concat(chunks), complete: false, end: at } : undefined;
    chunks.push(chunk);
    at = next;
  }
  return chunks.length > 0 ? { content: concat(chunks), complete: false, end: text.length } : undefined;
}

function nextLine(text: string, at: number): number {
  const newline = text.indexOf("\n", at);
  return newline === -1 ? text.length : newline + 1;
}

/** Decodes one line: its length, then 4 characters for every 3 bytes; blanks at its end may have been lost. */
function decodeLine(line: string): Uint8Array | undefined {
  if (!/^[ -`]*$/.test(line)) return undefined;
  const length = line === "" ? 0 : (line.charCodeAt(0) - 32) & 63;
  const needed = Math.ceil(length / 3) * 4;
  // Some encoders add a checksum character; a much longer line is text.
  if (line.length > needed + 3) return undefined;
  const out = new Uint8Array(length);
  for (let i = 0, at = 1; i < length; i += 3, at += 4) {
    const [a, b, c, d] = [0, 1, 2, 3].map((j) => ((line.charCodeAt(at + j) || 32) - 32) & 63) as [
      number,
      number,
      number,
      number,
    ];
    out[i] = a << 2 | b >> 4;
    if (i + 1 < length) out[i + 1] = (b << 4 | c >> 2) & 0xff;
    if (i + 2 < length) out[i + 2] = (c << 6 | d) & 0xff;
  }
  return out;
}
