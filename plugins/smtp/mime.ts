/**
 * The parts of a MIME message (RFC 2045, RFC 2046), as ranges of its bytes.
 *
 * @module
 */
import { ByteReader } from "../lib/bytes.ts";
import { decodeTransferEncoding } from "../lib/mail_encodings.ts";
import {
  decodeWords,
  type Header,
  headerValue,
  MAX_HEADERS,
  parseParameters,
  readHeaders,
} from "../lib/mail_headers.ts";
import { decodeUuencoded } from "./uuencode.ts";

/** A part that has no parts itself. */
export interface Part {
  /** Position in the tree: `1.2` is the second part of the first part; the whole message is `` (empty). */
  path: string;
  /** Media type, lower case. */
  type: string;
  /** Charset, lower case. */
  charset: string | null;
  /** `attachment`, `inline` or another Content-Disposition. */
  disposition: string | null;
  /** Name by Content-Disposition, else by Content-Type. */
  filename: string | null;
  /** Parameters of the Content-Type. */
  parameters: Map<string, string>;
  /** Content-Description. */
  description: string | null;
  /** Content-ID without its angle brackets. */
  contentId: string | null;
  /** The body, its transfer encoding undone. */
  content(): Uint8Array;
}

/** A message taken apart. */
export interface Message {
  headers: Header[];
  /** Parts in the order of the file. */
  parts: Part[];
  errors: string[];
}

/** Nesting of multiparts that is followed; mail programs stop at about 100, and real mail is below 10. */
const MAX_DEPTH = 50;
/** Parts of one message that are reported. */
const MAX_PARTS = 1_000;
/** Errors of one message that are reported. */
const MAX_ERRORS = 50;

/** Takes a message apart; nested messages (message/rfc822) are parts as they are. */
export function parseMessage(bytes: Uint8Array, start = 0): Message {
  return new MessageParser(bytes).parse(start);
}

class MessageParser {
  readonly #parts: Part[] = [];
  readonly #errors: string[] = [];
  /** Lines that begin with `--`, all that can be delimiters: `[start, end)` pairs, ascending. */
  readonly #lines: number[] = [];

  constructor(private readonly bytes: Uint8Array) {
    const reader = new ByteReader(bytes);
    const needle = new Uint8Array([0x0a, 0x2d, 0x2d]);
    if (bytes[0] === 0x2d && bytes[1] === 0x2d) this.#lines.push(0);
    for (let at = reader.indexOf(needle); at !== -1; at = reader.indexOf(needle, at + 1)) this.#lines.push(at + 1);
  }

  parse(start: number): Message {
    const { headers } = this.#part(start, this.bytes.length, "text/plain", [], 0);
    return { headers, parts: this.#parts, errors: this.#errors };
  }

  #error(message: string): void {
    if (this.#errors.length < MAX_ERRORS && !this.#errors.includes(message)) this.#errors.push(message);
  }

  #part(start: number, end: number, defaultType: string, path: number[], depth: number): { headers: Header[] } {
    const { headers, bodyStart, endedAt, truncated } = readHeaders(this.bytes, start, end);
    if (truncated) this.#error(`More than ${MAX_HEADERS} headers at offset ${start}: the rest is left out`);
    if (endedAt !== undefined && path.length === 0) {
      this.#error(`The line at offset ${endedAt} is no header and not blank: the body begins there`);
    }
    const contentType = parseParameters(headerValue(headers, "content-type") ?? "");
    const type = /^[^\s/]+\/[^\s/]+$/.test(contentType.value) ? contentType.value : defaultType;
    if (type.startsWith("multipart/") && this.#multipart(contentType.parameters, bodyStart, end, type, path, depth)) {
      return { headers };
    }
    // What is left of a multipart with nothing in it is no attachment.
    if (type.startsWith("multipart/") && bodyStart >= end && path.length > 0) return { headers };
    this.#leaf(headers, type, contentType.parameters, bodyStart, end, path);
    return { headers };
  }

  /** @returns Whether it could be taken apart. */
  #multipart(
    parameters: Map<string, string>,
    start: number,
    end: number,
    type: string,
    path: number[],
    depth: number,
  ): boolean {
    const boundary = parameters.get("boundary")?.trimEnd() ?? "";
    if (boundary === "") {
      this.#error(`${type} at offset ${start} has no boundary: taken as one part`);
      return false;
    }
    if (depth >= MAX_DEPTH) {
      this.#error(`Multiparts are nested deeper than ${MAX_DEPTH} at offset ${start}: taken as one part`);
      return false;
    }
    const ranges = this.#split(start, end, boundary);
    if (ranges === undefined) {
      this.#error(
        `${type} at offset ${start} has no line with its boundary "${boundary.slice(0, 100)}": taken as one part`,
      );
      return false;
    }
    const defaultType = type === "multipart/digest" ? "message/rfc822" : "text/plain"; // RFC 2046, section 5.1.5
    for (const [i, [from, to]] of ranges.entries()) {
      if (this.#parts.length >= MAX_PARTS) {
        this.#error(`More than ${MAX_PARTS} parts: those from offset ${from} on are left out`);
        break;
      }
      this.#part(from, to, defaultType, [...path, i + 1], depth + 1);
    }
    return true;
  }

  /** Ranges between the delimiter lines (RFC 2046, section 5.1.1); undefined if there is no delimiter line. */
  #split(start: number, end: number, boundary: string): [number, number][] | undefined {
    const delimiter = new TextEncoder().encode(boundary);
    const ranges: [number, number][] = [];
    let from: number | undefined, closed = false;
    // A message cut into more pieces than are reported needn't be split to its end.
    for (let i = this.#firstLineAtOrAfter(start); i < this.#lines.length && ranges.length <= MAX_PARTS; i++) {
      const line = this.#lines[i]!;
      if (line >= end) break;
      const kind = this.#delimiterKind(line + 2, end, delimiter);
      if (kind === undefined) continue;
      if (from !== undefined) {
        // The line break before a delimiter belongs to it. Delimiters with nothing between them delimit nothing.
        const to = Math.max(from, line - (this.bytes[line - 2] === 0x0d ? 2 : 1));
        if (to > from) ranges.push([from, to]);
      } else if (closed && !kind.closes) {
        this.#error(
          `The multipart at offset ${start} goes on after its end: the parts from offset ${line} on are taken too`,
        );
      }
      closed ||= kind.closes;
      from = kind.closes ? undefined : kind.next;
    }
    if (from !== undefined && ranges.length <= MAX_PARTS) {
      if (from < end) ranges.push([from, end]);
      this.#error(`The multipart at offset ${start} is not closed: it may be cut off`);
    }
    return from === undefined && !closed && ranges.length === 0 ? undefined : ranges;
  }

  #firstLineAtOrAfter(offset: number): number {
    let low = 0, high = this.#lines.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#lines[middle]! < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #delimiterKind(at: number, end: number, delimiter: Uint8Array): { closes: boolean; next: number } | undefined {
    for (let i = 0; i < delimiter.length; i++) if (this.bytes[at + i] !== delimiter[i]) return undefined;
    let i = at + delimiter.length;
    const closes = this.bytes[i] === 0x2d && this.bytes[i + 1] === 0x2d;
    if (closes) i += 2;
    while (i < end && (this.bytes[i] === 0x20 || this.bytes[i] === 0x09 || this.bytes[i] === 0x0d)) i++;
    if (i >= end) return { closes, next: end };
    return this.bytes[i] === 0x0a ? { closes, next: i + 1 } : undefined;
  }

  #leaf(headers: Header[], type: string, parameters: Map<string, string>, start: number, end: number, path: number[]) {
    const disposition = parseParameters(headerValue(headers, "content-disposition") ?? "");
    const description = headerValue(headers, "content-description");
    const encoding = parseParameters(headerValue(headers, "content-transfer-encoding") ?? "").value;
    const filename = disposition.parameters.get("filename") ?? parameters.get("name");
    const uuencoded = /^(?:x-)?uue(?:ncode)?$/.test(encoding);
    const body = this.bytes.subarray(start, end);
    const block = uuencoded ? decodeUuencoded(body).blocks[0] : undefined;
    if (block && !block.complete) {
      this.#error(`The uuencoded file at offset ${start} has no end line: it may be cut off`);
    }
    if (uuencoded && !block) this.#error(`The uuencoded part at offset ${start} has no begin line: taken as it is`);
    this.#parts.push({
      path: path.join("."),
      type,
      parameters,
      charset: parameters.get("charset")?.toLowerCase() || null,
      disposition: disposition.value || null,
      filename: filename === undefined ? block?.filename ?? null : decodeWords(filename).trim(),
      description: description === undefined ? null : decodeWords(description),
      contentId: headerValue(headers, "content-id")?.replace(/^<|>$/g, "") ?? null,
      content: () => block?.content ?? decodeTransferEncoding(body, encoding),
    });
  }
}
