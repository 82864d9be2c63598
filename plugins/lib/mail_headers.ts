/**
 * Header fields of mail: folding (RFC 5322, section 2.2), encoded words (RFC 2047) and parameters (RFC 2045, RFC 2231).
 *
 * @module
 */
import { decodeCharset, guessCharset } from "./mail_charset.ts";
import { decodeBase64, decodeQuotedPrintable } from "./mail_encodings.ts";

/** One header field. */
export interface Header {
  /** As written. */
  name: string;
  /** Unfolded, encoded words not yet decoded. */
  value: string;
}

/** The header fields at the beginning of a message or part. */
export interface HeaderBlock {
  headers: Header[];
  /** Where the body begins. */
  bodyStart: number;
  /** Offset of a line that is neither header nor blank, where the header ended early. */
  endedAt?: number;
  /** Whether there were more than {@linkcode MAX_HEADERS}. */
  truncated: boolean;
}

/** Header fields that are kept of one message or part: real ones have below 200. */
export const MAX_HEADERS = 2_000;

/** Parameters that are kept of one header field. */
const MAX_PARAMETERS = 200;
/** Characters of a header field that are searched for parameters. */
const MAX_PARAMETER_TEXT = 65_536;

const LF = 0x0a, CR = 0x0d, SPACE = 0x20, TAB = 0x09;

/** Reads the header fields in `[start, end)`. */
export function readHeaders(bytes: Uint8Array, start: number, end: number): HeaderBlock {
  const headers: Header[] = [];
  const block: HeaderBlock = { headers, bodyStart: end, truncated: false };
  let fieldStart = -1, fieldEnd = -1;
  const finish = () => {
    if (fieldStart === -1) return;
    if (headers.length >= MAX_HEADERS) block.truncated = true;
    else headers.push(parseField(bytes.subarray(fieldStart, fieldEnd)));
    fieldStart = -1;
  };
  for (let at = start; at < end;) {
    const found = bytes.indexOf(LF, at);
    const next = found === -1 || found >= end ? end : found + 1;
    if (bytes[at] === LF || (bytes[at] === CR && (bytes[at + 1] === LF || at + 1 === end))) {
      block.bodyStart = next;
      break;
    }
    const folded = bytes[at] === SPACE || bytes[at] === TAB;
    if (folded && fieldStart !== -1) fieldEnd = next;
    else if (!folded && startsField(bytes, at, next)) {
      finish();
      fieldStart = at;
      fieldEnd = next;
    } else {
      block.bodyStart = block.endedAt = at;
      break;
    }
    at = next;
  }
  finish();
  return block;
}

/** Whether a line begins a header field: visible characters but the colon, then the colon (RFC 5322, section 3.6.8). */
export function startsField(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && bytes[at]! > SPACE && bytes[at]! < 0x7f && bytes[at] !== 0x3a) at++;
  if (at === start) return false;
  while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at++; // obsolete syntax, section 4.5.8
  return at < end && bytes[at] === 0x3a;
}

function parseField(bytes: Uint8Array): Header {
  const text = guessCharset(bytes);
  const colon = text.indexOf(":");
  return { name: text.slice(0, colon).trim(), value: text.slice(colon + 1).replace(/[\r\n]+/g, "").trim() };
}

/** The value of the first field of that name. */
export function headerValue(headers: readonly Header[], name: string): string | undefined {
  return headers.find((header) => header.name.toLowerCase() === name)?.value;
}

/**
 * Decoded values by lower-case name, in the order of first occurrence; those of a repeated name on lines of one value.
 *
 * @param reserved Names that mean something else where the result goes: such a header becomes `header_NAME`.
 */
export function headerValues(headers: readonly Header[], reserved?: ReadonlySet<string>): Map<string, unknown> {
  const lines = new Map<string, string[]>();
  for (const { name, value } of headers) {
    const lower = name.toLowerCase();
    const key = reserved?.has(lower) ? `header_${lower}` : lower;
    const values = lines.get(key);
    if (values) values.push(decodeWords(value));
    else lines.set(key, [decodeWords(value)]);
  }
  return new Map([...lines].map(([key, values]) => [key, values.join("\n")]));
}

/** Decodes the encoded words in a header value (RFC 2047), adjacent ones of one charset together (section 6.2). */
export function decodeWords(value: string): string {
  if (!value.includes("=?")) return value;
  let text = "", from = 0;
  let pending: { charset: string; chunks: Uint8Array[] } | undefined;
  const flush = () => {
    if (pending) text += decodeCharset(concat(pending.chunks), pending.charset);
    pending = undefined;
  };
  for (const match of value.matchAll(/=\?([^?\s]+)\?([bq])\?([^?]*)\?=/gi)) {
    const between = value.slice(from, match.index);
    from = match.index + match[0].length;
    const charset = match[1]!.replace(/\*.*$/, "").toLowerCase(); // the language of RFC 2231, section 5
    const bytes = decodeWord(match[2]!, match[3]!);
    if (pending && /^\s*$/.test(between) && pending.charset === charset) {
      pending.chunks.push(bytes);
      continue;
    }
    if (!pending || !/^\s*$/.test(between)) {
      flush();
      text += between;
    } else flush();
    pending = { charset, chunks: [bytes] };
  }
  flush();
  return text + value.slice(from);
}

function decodeWord(encoding: string, text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  return /b/i.test(encoding) ? decodeBase64(bytes) : decodeQuotedPrintable(bytes.map((b) => b === 0x5f ? SPACE : b));
}

/** A header value of the form `value; name=value; ...`. */
export interface Parameterized {
  /** Lower case. */
  value: string;
  parameters: Map<string, string>;
}

/** Parses a value with parameters: quoted strings, comments, continuations and charsets (RFC 2231). */
export function parseParameters(header: string): Parameterized {
  const [first = "", ...rest] = splitParameters(header.slice(0, MAX_PARAMETER_TEXT));
  const plain = new Map<string, string>();
  const sections = new Map<string, { index: number; encoded: boolean; value: string }[]>();
  for (const parameter of rest.slice(0, MAX_PARAMETERS)) {
    const equals = parameter.indexOf("=");
    if (equals === -1) continue;
    const value = parameter.slice(equals + 1);
    const name = parameter.slice(0, equals).trim().toLowerCase();
    const split = /^([^*]+)(?:\*(\d{1,4}))?(\*?)$/.exec(name);
    if (!split || (split[2] === undefined && split[3] === "")) {
      if (!plain.has(name)) plain.set(name, value);
      continue;
    }
    const list = sections.get(split[1]!) ?? [];
    sections.set(split[1]!, list);
    list.push({ index: Number(split[2] ?? 0), encoded: split[3] === "*", value });
  }
  for (const [name, list] of sections) plain.set(name, joinSections(list.sort((a, b) => a.index - b.index)));
  return { value: first.trim().toLowerCase(), parameters: plain };
}

/** Joins the sections of a parameter and decodes those that are percent-encoded (RFC 2231, sections 3 and 4). */
function joinSections(sections: { encoded: boolean; value: string }[]): string {
  let charset: string | null = null;
  const chunks: Uint8Array[] = [];
  for (const [i, { encoded, value }] of sections.entries()) {
    let text = value;
    const prefix = encoded && i === 0 ? /^([^']*)'[^']*'/.exec(value) : null;
    if (prefix) {
      charset = prefix[1]!;
      text = value.slice(prefix[0].length);
    }
    chunks.push(encoded ? percentDecode(text) : new TextEncoder().encode(text));
  }
  return decodeCharset(concat(chunks), charset);
}

/** The bytes of a percent-encoded text. */
export function percentDecode(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const out = new Uint8Array(bytes.length);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const hex = bytes[i] === 0x25 ? /^[0-9a-f]{2}$/i.exec(String.fromCharCode(...bytes.subarray(i + 1, i + 3))) : null;
    out[length++] = hex ? parseInt(hex[0], 16) : bytes[i]!;
    if (hex) i += 2;
  }
  return out.subarray(0, length);
}

/** Splits at the semicolons outside of quotes, without the quotes, the comments and the blanks around words. */
function splitParameters(header: string): string[] {
  const parts: string[] = [];
  let part = "", blanks = "", quoted = false, comment = 0;
  const add = (text: string) => {
    part += blanks + text;
    blanks = "";
  };
  for (let i = 0; i < header.length; i++) {
    const character = header[i]!;
    if (character === "\\" && (quoted || comment > 0)) {
      // A backslash that quotes nothing is one of a Windows path, as some mailers write it.
      const next = header[++i] ?? "";
      if (comment === 0) add(next === '"' || next === "\\" ? next : character + next);
    } else if (quoted) {
      if (character === '"') quoted = false;
      else add(character);
    } else if (comment > 0) comment += character === "(" ? 1 : character === ")" ? -1 : 0;
    else if (character === '"') quoted = true;
    else if (character === "(" && /[\s/";)]/.test(header[i - 1] ?? ";")) comment = 1;
    else if (character === ";") {
      parts.push(part);
      part = blanks = "";
    } else if (/\s/.test(character)) {
      if (part !== "" && header[i - 1] !== "=") blanks += character;
    } else if (character === "=") {
      blanks = "";
      add(character);
    } else add(character);
  }
  parts.push(part);
  return parts;
}

/** The chunks as one array. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const out = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let length = 0;
  for (const chunk of chunks) {
    out.set(chunk, length);
    length += chunk.length;
  }
  return out;
}
