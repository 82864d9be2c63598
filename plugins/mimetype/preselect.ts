/**
 * Which entries of libmagic's database may match a payload.
 *
 * libmagic tries its thousands of entries one after the other. Most begin with a comparison at a fixed place, or look for
 * a string in the first kilobytes: an index over the places and one pass over the beginning tell which of them can
 * succeed, so that libmagic needs to try only these and those that cannot be told.
 *
 * @module
 */
import type { ConditionWith, Entry } from "./magic_database.ts";

/** How much libmagic looks at to tell text from data, in bytes (`FILE_ENCODING_MAX` of `src/file.h`). */
const ENCODING_MAX = 64 * 1024;

/** Classes of bytes in text: `text_chars` of `src/encoding.c`. */
const CONTROL = 1;
const HIGH = 2;
const CLASSES = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x80) return HIGH;
  const text = byte >= 0x20 ? byte !== 0x7f : (byte >= 0x07 && byte <= 0x0d) || byte === 0x1a || byte === 0x1b;
  return text ? 0 : CONTROL;
});

/** Byte order marks of UTF-16 and UTF-32 (those of UTF-32 begin with, or are told apart by, the same), and of UTF-8. */
const MARKS = [[0xff, 0xfe], [0xfe, 0xff], [0x00, 0x00, 0xfe, 0xff]] as const;
const UTF8_MARK = [0xef, 0xbb, 0xbf] as const;

const startsWith = (bytes: Uint8Array, mark: readonly number[]) => mark.every((byte, i) => bytes[i] === byte);

/** Whether bytes, cut off at any place, are UTF-8. */
function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/**
 * What libmagic makes of a payload: data, to which only entries for any data apply; text whose UTF-8 form, which it
 * tries entries for text on, is the payload itself, or the payload from a byte on; or what is not told here.
 */
function kindOf(bytes: Uint8Array): "data" | "text" | "marked text" | undefined {
  if (MARKS.some((mark) => startsWith(bytes, mark))) return undefined;
  const head = bytes.subarray(0, ENCODING_MAX);
  const nul = head.indexOf(0);
  if (nul !== -1) {
    // NULs at the end are cut off before it is asked whether this is text; no text of any encoding has one elsewhere.
    return bytes.subarray(nul, nul + ENCODING_MAX).some((byte) => byte !== 0) ? "data" : undefined;
  }
  let classes = 0;
  for (let i = 0; i < head.length; i++) classes |= CLASSES[head[i]!]!;
  // With control characters it may be EBCDIC, and what is no UTF-8 is Latin-1 or alike, which has another UTF-8 form.
  if (classes & CONTROL) return undefined;
  if (!(classes & HIGH)) return "text";
  if (!isUtf8(head)) return undefined;
  return startsWith(bytes, UTF8_MARK) ? "marked text" : "text";
}

/** Comparisons at fixed places, by place and first byte. */
class Places {
  readonly #offsets: number[] = [];
  readonly #tables: (number[] | undefined)[][] = [];
  readonly #entries: number[] = [];
  readonly #masks: number[][] = [];
  readonly #values: number[][] = [];

  constructor(tests: { entry: number; condition: ConditionWith<"masks"> }[]) {
    const tables = new Map<number, (number[] | undefined)[]>();
    for (const { entry, condition } of tests) {
      const test = this.#entries.push(entry) - 1;
      this.#masks.push(condition.masks);
      this.#values.push(condition.values);
      let table = tables.get(condition.at);
      if (table === undefined) tables.set(condition.at, table = new Array<number[] | undefined>(256).fill(undefined));
      for (let byte = 0; byte < 256; byte++) {
        if ((byte & condition.masks[0]!) === condition.values[0]) (table[byte] ??= []).push(test);
      }
    }
    for (const offset of [...tables.keys()].sort((a, b) => a - b)) {
      this.#offsets.push(offset);
      this.#tables.push(tables.get(offset)!);
    }
  }

  /** Adds the entries whose comparison holds. */
  find(bytes: Uint8Array, found: Set<number>): void {
    for (let i = 0; i < this.#offsets.length; i++) {
      const offset = this.#offsets[i]!;
      if (offset >= bytes.length) return;
      const tests = this.#tables[i]![bytes[offset]!];
      if (tests === undefined) continue;
      for (const test of tests) {
        if (this.#holds(bytes, offset, this.#masks[test]!, this.#values[test]!)) found.add(this.#entries[test]!);
      }
    }
  }

  #holds(bytes: Uint8Array, offset: number, masks: number[], values: number[]): boolean {
    if (offset + values.length > bytes.length) return false;
    for (let i = 1; i < values.length; i++) {
      if ((bytes[offset + i]! & masks[i]!) !== values[i]) return false;
    }
    return true;
  }
}

/**
 * Strings looked for in one pass, by an automaton.
 *
 * Source: A. V. Aho, M. J. Corasick, "Efficient string matching", Communications of the ACM 18 (1975), algorithms 1-4.
 */
class Strings {
  /** Bytes that no string has are 0, a letter's two cases are one. */
  readonly #classes = new Uint8Array(256);
  /**
   * State after a state and a class. A state is where its row begins; one in which strings end is said as its
   * complement, which is negative.
   */
  readonly #next: Int32Array;
  /** Strings that end in a state. */
  readonly #ends: number[][] = [];
  readonly #strings: { length: number; tests: { entry: number; from: number; to: number }[] }[] = [];
  /** Length of what has to be looked at. */
  readonly #reach: number;
  /** How often something was looked at, and of each string, the last time that it could add no more. */
  #passes = 0;
  readonly #done: Float64Array;

  constructor(tests: { entry: number; condition: ConditionWith<"within"> }[]) {
    const strings = new Map<string, number>();
    let [width, nodes, reach] = [1, 1, 0];
    for (const { entry, condition: { within, from, to } } of tests) {
      for (const text of within) {
        let string = strings.get(text);
        if (string === undefined) {
          strings.set(text, string = this.#strings.push({ length: text.length, tests: [] }) - 1);
          nodes += text.length;
          for (let i = 0; i < text.length; i++) {
            const byte = text.charCodeAt(i);
            if (this.#classes[byte] === 0) this.#classes[byte] = width++;
          }
        }
        this.#strings[string]!.tests.push({ entry, from, to });
        reach = Math.max(reach, to + text.length);
      }
    }
    for (let byte = 0x41; byte <= 0x5a; byte++) this.#classes[byte] = this.#classes[byte + 0x20]!;
    this.#reach = reach;
    this.#done = new Float64Array(this.#strings.length);
    const next = this.#next = new Int32Array(nodes * width);
    const ends = this.#ends;

    let used = 0;
    for (const [text, string] of strings) {
      let state = 0;
      for (let i = 0; i < text.length; i++) {
        const at = state + this.#classes[text.charCodeAt(i)]!;
        if (next[at] === 0) next[at] = used += width;
        state = next[at]!;
      }
      (ends[state] ??= []).push(string);
    }
    // Breadth first: what a state lacks, the state of its longest proper suffix has.
    const suffixes = new Map<number, number>();
    let states = [...next.subarray(0, width)].filter((state) => state !== 0);
    for (const state of states) suffixes.set(state, 0);
    while (states.length > 0) {
      const deeper: number[] = [];
      for (const state of states) {
        const suffix = suffixes.get(state)!;
        if (ends[suffix] !== undefined) ends[state] = [...ends[state] ?? [], ...ends[suffix]];
        for (let char = 0; char < width; char++) {
          const after = next[suffix + char]!;
          if (next[state + char] === 0) next[state + char] = after;
          else {
            suffixes.set(next[state + char]!, after);
            deeper.push(next[state + char]!);
          }
        }
      }
      states = deeper;
    }
    for (let at = 0; at < next.length; at++) if (ends[next[at]!] !== undefined) next[at] = ~next[at]!;
  }

  /** Adds the entries of which a string is where it has to be. */
  find(bytes: Uint8Array, found: Set<number>): void {
    const [classes, next] = [this.#classes, this.#next];
    const length = Math.min(bytes.length, this.#reach);
    const pass = ++this.#passes;
    // As if a line had ended before.
    let state = Math.max(next[classes[0x0a]!]!, 0);
    for (let i = 0; i < length; i++) {
      state = next[state + classes[bytes[i]!]!]!;
      if (state >= 0) continue;
      state = ~state;
      for (const string of this.#ends[state]!) {
        // Nothing more to learn from it.
        if (this.#done[string] === pass) continue;
        const { length, tests } = this.#strings[string]!;
        const start = i + 1 - length;
        let open = false;
        for (const { entry, from, to } of tests) {
          if (start >= from && start <= to) found.add(entry);
          else if (start < from) open = true;
        }
        if (!open) this.#done[string] = pass;
      }
    }
  }
}

/** Whether a number is there, and less or greater than another. */
function compares(bytes: Uint8Array, { at, number: width, big, signed, than, less }: ConditionWith<"number">): boolean {
  if (at + width > bytes.length) return false;
  let value = 0;
  for (let i = 0; i < width; i++) value = value * 256 + bytes[big ? at + i : at + width - 1 - i]!;
  if (signed && value >= 2 ** (8 * width - 1)) value -= 2 ** (8 * width);
  return less ? value < than : value > than;
}

/** Some entries of a database, with what tells them apart. */
class Index {
  readonly #unconditional: number[] = [];
  readonly #places: Places;
  readonly #numbers: { entry: number; condition: ConditionWith<"number"> }[] = [];
  readonly #strings: Strings;

  constructor(entries: readonly Entry[]) {
    const places: ConstructorParameters<typeof Places>[0] = [];
    const strings: ConstructorParameters<typeof Strings>[0] = [];
    entries.forEach(({ condition }, entry) => {
      if (condition === undefined) this.#unconditional.push(entry);
      else if ("number" in condition) this.#numbers.push({ entry, condition });
      else if ("masks" in condition) places.push({ entry, condition });
      else strings.push({ entry, condition });
    });
    this.#places = new Places(places);
    this.#strings = new Strings(strings);
  }

  /** Positions of the entries that may match any of some forms of a payload, ascending. */
  find(...forms: Uint8Array[]): number[] {
    const found = new Set(this.#unconditional);
    for (const bytes of forms) {
      this.#places.find(bytes, found);
      for (const { entry, condition } of this.#numbers) if (compares(bytes, condition)) found.add(entry);
      this.#strings.find(bytes, found);
    }
    return [...found].sort((a, b) => a - b);
  }
}

/** Entries that may match a payload, in the order of the database. */
export interface Choice {
  entries: readonly Entry[];
  /** Whether the payload is text to libmagic; not so, it need not look whether it is. */
  text: boolean;
}

/**
 * Prepares the choice of entries.
 *
 * @returns Of a payload: the entries that may match, or nothing if all have to be tried.
 */
export function preselect(entries: readonly Entry[]): (bytes: Uint8Array) => Choice | undefined {
  const forData = entries.filter((entry) => entry.binary);
  const ofData = new Index(forData);
  const ofText = new Index(entries);
  return (bytes) => {
    const kind = kindOf(bytes);
    if (kind === undefined) return undefined;
    if (kind === "data") return { entries: ofData.find(bytes).map((entry) => forData[entry]!), text: false };
    const marked = kind === "text" ? [] : [bytes.subarray(UTF8_MARK.length)];
    return { entries: ofText.find(bytes, ...marked).map((entry) => entries[entry]!), text: true };
  };
}
