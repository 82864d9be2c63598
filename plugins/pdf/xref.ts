/**
 * Cross-reference tables and streams, ISO 32000-1 sections 7.5.4 to 7.5.8: where trailers come from, and offsets of objects
 * that a search doesn't find since they lie inside a stream.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { ObjectScanner } from "./scan.ts";
import { nameOf, numberOf, type PdfDict, PdfStream } from "./values.ts";

/** Sections that are followed: one an incremental update. */
const MAX_SECTIONS = 1_000;
/** Entries that are read, of all sections. */
const MAX_ENTRIES = 2_000_000;

/** What the chain of sections says. */
export interface XrefChain {
  /** Dictionaries of trailers, newest first. */
  readonly trailers: PdfDict[];
  /** Offsets of objects in use. */
  readonly offsets: Set<number>;
  readonly tables: number;
  readonly streams: number;
  readonly problems: string[];
}

/**
 * Follows the chain from the last `startxref`.
 *
 * @param base Where the header is, which offsets are relative to.
 * @param data Decodes a stream.
 */
export function readXrefChain(
  bytes: Uint8Array,
  scanner: ObjectScanner,
  base: number,
  data: (stream: PdfStream) => Uint8Array,
): XrefChain {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const trailers: PdfDict[] = [];
  const offsets = new Set<number>();
  const problems: string[] = [];
  const counts = { tables: 0, streams: 0 };
  const byOffset = new Map(scanner.objects.map((object) => [object.offset, object]));
  let entries = 0;
  const add = (offset: number | undefined) => {
    if (entries++ < MAX_ENTRIES && offset !== undefined && offset > 0) offsets.add(offset + base);
  };

  const readTable = (at: number): PdfDict | undefined => {
    counts.tables++;
    at += 4;
    for (;;) {
      const head = /^\s{0,20}(\d{1,10})\s{1,10}(\d{1,10})[ \t]{0,10}[\r\n\s]{0,4}/.exec(
        text.toString("latin1", at, at + 80),
      );
      if (!head) break;
      at += head[0].length;
      for (let count = Number(head[2]); count > 0 && entries < MAX_ENTRIES; count--) {
        const entry = /^\s{0,4}(\d{10}) (\d{5}) ([nf])/.exec(text.toString("latin1", at, at + 28));
        if (!entry) break;
        add(entry[3] === "n" ? Number(entry[1]) : undefined);
        at += entry[0].length;
        while (at < bytes.length && (bytes[at] === 32 || bytes[at] === 13 || bytes[at] === 10)) at++;
      }
    }
    const trailer = /^\s{0,20}trailer/.exec(text.toString("latin1", at, at + 32));
    if (!trailer) return undefined;
    const parser = scanner.parserAt(at + trailer[0].length);
    const dict = parser.read();
    scanner.charge(parser, at);
    return dict instanceof Map ? dict : undefined;
  };

  const readStream = (stream: PdfStream): PdfDict | undefined => {
    const { dict } = stream;
    if (nameOf(dict.get("Type")) !== "XRef") return undefined;
    counts.streams++;
    const widths = dict.get("W");
    const [type = 0, second = 0, third = 0] = Array.isArray(widths) ? widths.map((width) => numberOf(width) ?? 0) : [];
    const size = type + second + third;
    if (!(size >= 1 && size <= 32)) return dict;
    const content = data(stream);
    for (let at = 0; at + size <= content.length && entries < MAX_ENTRIES; at += size) {
      const field = (from: number, width: number) =>
        content.subarray(from, from + width).reduce((sum, b) => sum * 256 + b, 0);
      add(type === 0 || field(at, type) === 1 ? field(at + type, second) : undefined);
    }
    return dict;
  };

  const visited = new Set<number>();
  const start = text.lastIndexOf("startxref");
  const first = /^startxref\s{1,10}(\d{1,12})/.exec(start < 0 ? "" : text.toString("latin1", start, start + 40));
  const queue = first ? [Number(first[1])] : [];
  for (let next = queue.shift(); next !== undefined && visited.size < MAX_SECTIONS; next = queue.shift()) {
    if (visited.has(next)) continue;
    visited.add(next);
    const at = [next + base, next].find((place) => text.toString("latin1", place, place + 4) === "xref");
    const object = byOffset.get(next + base) ?? byOffset.get(next) ?? scanner.addAt(next + base);
    const trailer = at !== undefined
      ? readTable(at)
      : object?.value instanceof PdfStream
      ? readStream(object.value)
      : undefined;
    if (!trailer) {
      problems.push(`no cross-reference section at offset ${next}: objects found by search`);
      continue;
    }
    trailers.push(trailer);
    for (const key of ["XRefStm", "Prev"]) {
      const offset = numberOf(trailer.get(key));
      if (offset !== undefined && offset >= 0) queue.push(offset);
    }
  }
  if (!first) problems.push("no startxref: objects found by search");
  return { trailers, offsets, ...counts, problems };
}
