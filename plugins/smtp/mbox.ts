import { startsField } from "../lib/mail_headers.ts";

/** One mail of a mailbox. */
export interface MailboxEntry {
  /** The line that separates it from the one before: envelope sender and time. */
  fromLine: string;
  content: Uint8Array;
}

/** Mails of one mailbox that are extracted. */
export const MAX_MAILS = 10_000;

const LF = 0x0a, CR = 0x0d;
const FROM = new TextEncoder().encode("From ");

/** The length of the separator line that the bytes begin with; 0 if there is none. */
export function fromLineLength(bytes: Uint8Array): number {
  return isFromLine(bytes, 0) ? lineEnd(bytes, 0) : 0;
}

/**
 * Splits a mailbox (RFC 4155) into its mails: separator lines follow a blank line and are followed by a header.
 *
 * @returns At most {@linkcode MAX_MAILS} and one mails; none if the bytes don't begin with a separator line.
 */
export function splitMailbox(bytes: Uint8Array): MailboxEntry[] {
  if (!isFromLine(bytes, 0)) return [];
  const starts = [0];
  for (let at = bytes.indexOf(LF); at !== -1 && starts.length <= MAX_MAILS; at = bytes.indexOf(LF, at + 1)) {
    const blank = bytes[at - 1] === LF || (bytes[at - 1] === CR && bytes[at - 2] === LF);
    if (!blank || !isFromLine(bytes, at + 1)) continue;
    const header = lineEnd(bytes, at + 1);
    if (startsField(bytes, header, lineEnd(bytes, header))) starts.push(at + 1);
  }
  return starts.map((start, i) => {
    const header = lineEnd(bytes, start);
    // The blank line after a mail is no part of it.
    let end = starts[i + 1] ?? bytes.length;
    if (bytes[end - 1] === LF && bytes[end - 2] === LF) end -= 1;
    else if (bytes[end - 1] === LF && bytes[end - 2] === CR && bytes[end - 3] === LF) end -= 2;
    const fromLine = new TextDecoder().decode(bytes.subarray(start, Math.min(header, start + 500))).trimEnd();
    return { fromLine, content: bytes.subarray(header, Math.max(header, end)) };
  });
}

function isFromLine(bytes: Uint8Array, at: number): boolean {
  return FROM.every((byte, i) => bytes[at + i] === byte);
}

function lineEnd(bytes: Uint8Array, at: number): number {
  const newline = bytes.indexOf(LF, at);
  return newline === -1 ? bytes.length : newline + 1;
}
