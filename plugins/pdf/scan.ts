/**
 * Finds the indirect objects of a file by their words `N G obj`, ISO 32000-1 section 7.3.10, whatever the cross-reference
 * table says: all versions of an object that incremental updates left, and those of a file whose table is broken.
 *
 * Work is linear: no byte of the file is read by the parser more than {@linkcode MAX_PASSES} times in all.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { isSpace, Keyword, type ParseState, PdfParser } from "./parser.ts";
import { bytesOf, numberOf, type PdfObject, PdfRef, PdfStream } from "./values.ts";

/** Objects that are kept; documents of thousands of pages have some hundred thousand. */
export const MAX_OBJECTS = 500_000;
/** How often all bytes may be parsed: once, except where strings or containers don't end. */
const MAX_PASSES = 3;
const STREAM = bytesOf("stream");
/** White space, and digits, before `obj` that are looked at. */
const MAX_HEAD = 12;

/** Finds objects in one file. */
export class ObjectScanner {
  readonly objects: PdfObject[] = [];
  /** What is malformed. */
  readonly problems: string[] = [];
  /** Where the data of streams is, in order, so that words in it are not taken for the file's. */
  readonly streams: { from: number; to: number }[] = [];
  /** Whether limits stopped the search. */
  stopped = false;
  readonly #buffer: Buffer;
  readonly #lengths = new Map<number, number>();
  #budget: number;
  #noEndstreamFrom = Infinity;
  #noEndobjFrom = Infinity;

  constructor(private readonly bytes: Uint8Array, private readonly state: ParseState) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#budget = MAX_PASSES * bytes.length + 4096;
  }

  /** Finds all objects that are not inside another. */
  scan(): void {
    this.#findLengths();
    for (let at = this.#buffer.indexOf("obj"); at >= 0 && !this.stopped;) {
      const head = this.#headBefore(at);
      const end = head === undefined ? at + 3 : this.#add(head, at + 3);
      at = this.#buffer.indexOf("obj", Math.max(end, at + 3));
    }
  }

  /** Adds the object that a cross-reference table says begins at `offset`; nothing if there is none. */
  addAt(offset: number): PdfObject | undefined {
    if (this.stopped || offset < 0 || offset >= this.bytes.length) return undefined;
    const match = /^\s{0,20}(\d{1,10})\s{1,10}(\d{1,5})\s{0,10}obj/.exec(this.#text(offset, 64));
    if (!match) return undefined;
    const before = this.objects.length;
    const end = this.#add({ num: Number(match[1]), gen: Number(match[2]), offset }, offset + match[0].length);
    this.#spend(end - offset); // it lies inside another, so that searches for its end could repeat
    return this.objects[before];
  }

  /** Offsets of a word outside the data of streams, at most `limit`. */
  find(word: string, limit: number): number[] {
    const found: number[] = [];
    let stream = 0;
    for (let at = this.#buffer.indexOf(word); at >= 0 && found.length < limit;) {
      while (stream < this.streams.length && this.streams[stream]!.to <= at) stream++;
      const { from = Infinity, to = 0 } = this.streams[stream] ?? {};
      if (at < from) found.push(at);
      at = this.#buffer.indexOf(word, at < from ? at + word.length : to);
    }
    return found;
  }

  /** A parser at an offset, whose work is charged by {@linkcode charge}. */
  parserAt(offset: number): PdfParser {
    return new PdfParser(this.bytes, offset, this.state);
  }

  /** Counts the bytes that a parser looked at. */
  charge(parser: PdfParser, from: number): void {
    this.#spend(Math.max(parser.at, parser.reach) - from);
  }

  #spend(bytes: number): void {
    this.#budget -= bytes;
    if (this.#budget <= 0 && !this.stopped) {
      this.stopped = true;
      this.problems.push("objects left out: strings or containers that never end");
    }
  }

  /** Objects that are a number alone: lengths of streams often are, and follow them. */
  #findLengths(): void {
    for (let at = this.#buffer.indexOf("obj"); at >= 0; at = this.#buffer.indexOf("obj", at + 3)) {
      let next = at + 3;
      while (next < at + 10 && isSpace(this.bytes[next])) next++;
      if (!isDigit(this.bytes[next])) continue;
      const match = /^obj\s{1,8}(\d{1,10})\s{1,8}endobj/.exec(this.#text(at, 40));
      const head = match && this.#headBefore(at);
      if (head) this.#lengths.set(head.num, Number(match[1]));
    }
  }

  #text(from: number, length: number): string {
    return this.#buffer.toString("latin1", from, Math.min(this.bytes.length, from + length));
  }

  /** The number and generation before `obj`. */
  #headBefore(at: number): { num: number; gen: number; offset: number } | undefined {
    const end = this.#skipBack(at, isSpace);
    const gen = this.#skipBack(end, isDigit);
    const gap = this.#skipBack(gen, isSpace);
    const num = this.#skipBack(gap, isDigit);
    if (gen === end || gap === gen || num === gap || end - gen > 5 || gap - num > 10) return undefined;
    return { num: this.#number(num, gap), gen: this.#number(gen, end), offset: num };
  }

  #skipBack(at: number, is: (byte: number | undefined) => boolean): number {
    const stop = Math.max(0, at - MAX_HEAD);
    while (at > stop && is(this.bytes[at - 1])) at--;
    return at;
  }

  #number(from: number, to: number): number {
    let number = 0;
    for (let at = from; at < to; at++) number = number * 10 + this.bytes[at]! - 0x30;
    return number;
  }

  #isAt(word: Uint8Array, at: number): boolean {
    for (let i = 0; i < word.length; i++) if (this.bytes[at + i] !== word[i]) return false;
    return true;
  }

  /** Parses an object from after `obj` on. @returns Where it ends. */
  #add({ num, gen, offset }: { num: number; gen: number; offset: number }, at: number): number {
    if (this.objects.length >= MAX_OBJECTS) {
      this.stopped = true;
      this.problems.push(`objects from offset ${offset} on left out: more than ${MAX_OBJECTS}`);
      return this.bytes.length;
    }
    const parser = this.parserAt(at);
    const value = parser.read();
    this.charge(parser, at);
    if (parser.problem !== undefined) {
      this.problems.push(`object ${num} ${gen} at offset ${offset}: ${parser.problem}`);
      if (this.state.room <= 0) this.stopped = true;
    }
    const object = { num, gen, offset, container: null };
    if (value === undefined || value instanceof Keyword) {
      this.objects.push({ ...object, value: null });
      return value === undefined ? at : parser.at - value.word.length;
    }
    if (value instanceof Map) {
      parser.skipSpace();
      if (this.#isAt(STREAM, parser.at)) {
        const from = this.#dataStart(parser.at + 6);
        const given = value.get("Length");
        const length = given instanceof PdfRef ? this.#lengths.get(given.num) : numberOf(given);
        const to = this.#dataEnd(from, length, `object ${num} ${gen} at offset ${offset}`);
        this.objects.push({ ...object, value: new PdfStream(value, this.bytes.subarray(from, to), num, gen) });
        this.streams.push({ from, to });
        return to;
      }
    }
    this.objects.push({ ...object, value });
    return parser.at;
  }

  /** After the end of the line, section 7.3.8.1. */
  #dataStart(at: number): number {
    if (this.bytes[at] === 0x20) { while (this.bytes[at] === 0x20) at++; }
    if (this.bytes[at] === 13) at++;
    if (this.bytes[at] === 10) at++;
    return at;
  }

  /** Where the length says if `endstream` is there, else at the next `endstream`, else at `endobj`, else the end. */
  #dataEnd(from: number, length: number | undefined, object: string): number {
    if (length !== undefined && length >= 0 && from + length <= this.bytes.length) {
      if (/^\s{0,4}endstream/.test(this.#text(from + length, 16))) return from + length;
    }
    if (from < this.#noEndstreamFrom) {
      const end = this.#buffer.indexOf("endstream", from);
      if (end >= 0) {
        if (length !== undefined) {
          this.problems.push(`${object}: Length ${length} is wrong, the stream has ${end - from}`);
        }
        return this.#withoutLineEnd(from, end);
      }
      this.#noEndstreamFrom = from;
    }
    if (from < this.#noEndobjFrom) {
      const end = this.#buffer.indexOf("endobj", from);
      if (end >= 0) {
        this.problems.push(`${object}: stream without endstream`);
        return this.#withoutLineEnd(from, end);
      }
      this.#noEndobjFrom = from;
    }
    this.problems.push(`${object}: stream without end`);
    return this.bytes.length;
  }

  #withoutLineEnd(from: number, end: number): number {
    if (end > from && this.bytes[end - 1] === 10) end--;
    if (end > from && this.bytes[end - 1] === 13) end--;
    return end;
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}
