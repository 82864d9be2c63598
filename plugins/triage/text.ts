/**
 * Text, and the formats that are text.
 *
 * @module
 */
import type { Finding } from "./identify.ts";

/** How much of the payload decides. */
const WINDOW = 4096;

/** Largest share of control characters in text: logs and scripts have a few. */
const MAX_CONTROL = 0.02;

/** Text, by its first kilobytes, and which kind of it; nothing if it is none. */
export function findText(bytes: Uint8Array): Finding[] {
  const window = bytes.subarray(0, WINDOW);
  const encoding = encodingOf(window);
  if (encoding === undefined) return [];
  const text = new TextDecoder(encoding).decode(window);
  const start = text.trimStart().slice(0, WINDOW).toLowerCase();
  if (start.startsWith("<")) {
    if (/<xdp:xdp[\s>]/.test(start)) return [{ type: "xdp", why: "XML with an element xdp:xdp" }];
    if (start.includes("<?mso-application")) {
      return [{ type: "office_xml", why: "XML that names an Office application" }];
    }
    if (/<svg[\s>]/.test(start)) return [{ type: "image", why: "SVG" }, { type: "xml", why: "SVG is XML" }];
    if (start.startsWith("<?xml")) return [{ type: "xml", why: "XML declaration" }];
    if (/<(?:!doctype html|html|head|body|script|iframe|meta|title|style|table|div|form|img|a)\b/.test(start)) {
      return [{ type: "html", why: "HTML elements" }];
    }
  }
  const fields = mailFields(text);
  if (fields !== undefined) return [{ type: "email", why: `header fields ${fields.join(", ")}` }];
  return [{ type: "text", why: `text, ${encoding}` }];
}

/** The encoding of text, undefined for bytes that are none. */
function encodingOf(window: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" | "latin1" | undefined {
  const [first, second, third] = window;
  if (first === undefined) return undefined;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8";
  let control = 0;
  const zeros = [0, 0];
  window.forEach((byte, i) => {
    if (byte === 0) zeros[i % 2]!++;
    else if (byte < 0x20 && !(byte >= 0x07 && byte <= 0x0d) && byte !== 0x1b) control++;
  });
  if (control > window.length * MAX_CONTROL) return undefined;
  // UTF-16 without a mark: the high bytes are nearly all zero, the low bytes none.
  const half = Math.floor(window.length / 2);
  if (half >= 4 && zeros[0] === 0 && zeros[1]! >= half * 0.9) return "utf-16le";
  if (half >= 4 && zeros[1] === 0 && zeros[0]! >= half * 0.9) return "utf-16be";
  if (zeros[0]! + zeros[1]! > 0) return undefined;
  // Without UTF-8, it is one of the many 8-bit encodings: which one does not matter here.
  return isUtf8(window) ? "utf-8" : "latin1";
}

/** Whether the bytes are UTF-8, but for a character that the end of the window cuts. */
function isUtf8(window: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(window, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** Header fields that mail has (RFC 5322, 3.6, and RFC 2045, 4), other than those that web responses have too. */
const MAIL_FIELDS: ReadonlySet<string> = new Set([
  "return-path",
  "received",
  "delivered-to",
  "from",
  "to",
  "cc",
  "subject",
  "message-id",
  "mime-version",
  "reply-to",
  "x-mailer",
  "x-originating-ip",
]);

/** The mail fields of a header at the start of the text (RFC 5322, 2.2), if there are two different ones. */
function mailFields(text: string): string[] | undefined {
  const found = new Set<string>();
  const lines = text.split(/\r\n|\n|\r/);
  // An mbox file has a line of its own before the header (RFC 4155, appendix A).
  if (lines[0]?.startsWith("From ") || lines[0]?.startsWith(">From ")) lines.shift();
  for (const [i, line] of lines.entries()) {
    if (line === "") {
      if (i === 0) continue;
      break;
    }
    if (i > 0 && /^[ \t]/.test(line)) continue;
    const name = /^([!-9;-~]{1,76})[ \t]*:/.exec(line)?.[1];
    // The last line may be cut by the window.
    if (name === undefined) {
      if (i === lines.length - 1) break;
      return undefined;
    }
    if (MAIL_FIELDS.has(name.toLowerCase())) found.add(name);
  }
  return found.size >= 2 ? [...found].slice(0, 4) : undefined;
}
