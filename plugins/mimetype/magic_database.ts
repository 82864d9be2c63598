/**
 * libmagic's compiled database (`magic.mgc`, version 21, little-endian), as far as it takes to say without libmagic which
 * entries cannot match.
 *
 * Sources: `struct magic`, its constants and `struct mlist` in `src/file.h`, the tests themselves in `src/softmagic.c`
 * of file 5.47 and 5.48 (https://www.darwinsys.com/file/).
 *
 * @module
 */

/** Length of an entry in bytes: `sizeof(struct magic)`. */
export const ENTRY_SIZE = 432;

/** First word of a database, and the version that this code knows. */
const MAGIC = 0xf11e041c;
const VERSION = 21;

/** Where the members of `struct magic` are. */
const AT = {
  flag: 0,
  level: 2,
  relation: 4,
  valueLength: 5,
  type: 6,
  maskOperation: 9,
  offset: 12,
  mask: 24,
  range: 24,
  stringFlags: 28,
  value: 32,
  description: 160,
  mimetype: 224,
} as const;

/** `FILE_*`: types of a test. */
const TYPE = { string: 5, regex: 17, search: 20, indirect: 41, use: 46, clear: 47, der: 48 } as const;

/** Width in bytes, and byte order, of the numeric types of tests that stand at the beginning of an entry. */
const NUMBERS: Record<number, { width: 1 | 2 | 4 | 8; big?: true }> = {
  1: { width: 1 },
  2: { width: 2 }, // short, in the byte order of the machine: WebAssembly is little-endian
  4: { width: 4 }, // long
  7: { width: 2, big: true },
  8: { width: 4, big: true },
  10: { width: 2 },
  11: { width: 4 },
  24: { width: 8 }, // quad
  25: { width: 8 },
  26: { width: 8, big: true },
};

/** Bits of `flag`. */
const FLAG = { indirect: 0x01, added: 0x02, unsigned: 0x08, binaryTest: 0x20, negativeOffset: 0x80 } as const;

/** Bits of `str_flags`. */
const STRING_FLAG = { whitespace: 0x03, ignoreLower: 0x04, ignoreUpper: 0x08 } as const;

/** Bits of `mask_op`: the operation, and what inverts its result. */
const OPERATION = { bits: 0x07, and: 0, inverse: 0x40 } as const;

/** How much a regular expression looks at, in bytes (`FILE_REGEX_MAX`). */
const REGEX_MAX = 8192;

/** Tag number of a DER SEQUENCE, and the bits of a tag that hold it (X.690, section 8.1.2). */
const DER_SEQUENCE = { tag: 0x10, bits: 0x1f } as const;

/** Longest beginning of a value that a condition holds. */
const MAX_PREFIX = 16;

/** A string that may begin further on in data is not looked for here. */
const MAX_REACH = 16 * 1024;

/** Text is no longer than this to libmagic (`FILE_ENCODING_MAX`), with room for what is before and after a string. */
const MAX_TEXT = 65 * 1024;

/** Longest value in bytes (`MAXstring`): a continuation's offset may be counted from the end of one. */
const MAX_VALUE = 128;

/** Most strings that stand for one regular expression. */
const MAX_LITERALS = 64;

/** Strings shorter than this are not worth looking for, but a control character, which is rare. */
const MIN_LITERAL = 2;

/**
 * What must be true of a payload for an entry's first test to succeed; it may be true where the test then fails.
 *
 * - `at`: at an offset, the bytes `(byte & masks[i]) === values[i]`;
 * - `number`: the number of this many bytes there is less or greater than another;
 * - `within`: one of some strings, ASCII letters in lower case, beginning at an offset from `from` to `to`. One that
 *   begins with a line feed may begin one byte before the payload, as if a line ended there.
 */
export type Condition =
  | { at: number; masks: number[]; values: number[] }
  | { number: 1 | 2 | 4; big: boolean; signed: boolean; at: number; than: number; less: boolean }
  | { within: string[]; from: number; to: number };

/** A condition of one kind, told by a member that only this has. */
export type ConditionWith<Member extends string> = Extract<Condition, Record<Member, unknown>>;

/** An entry of level 0 with the entries that continue it. */
export interface Entry {
  /** Where it is in the set, counted in entries of any level. */
  index: number;
  /** How many entries libmagic may look at for it: one if that one already gives the MIME type. */
  count: number;
  /** Whether it is for any data; text alone otherwise. */
  binary: boolean;
  /** Without one, libmagic has to say. */
  condition: Condition | undefined;
  /** Those of them, counted from the first, that ask the whole database about a part of the payload (`indirect`). */
  indirect: number[];
}

const whitespace = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
const isLower = (byte: number) => byte >= 0x61 && byte <= 0x7a;
const isUpper = (byte: number) => byte >= 0x41 && byte <= 0x5a;

/** Latin-1 text with the ASCII letters in lower case. */
function lower(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(isUpper(byte) ? byte + 0x20 : byte);
  return text;
}

/** The MIME type that {@linkcode answer} makes an entry give. */
export const ANSWER = "x-stoq/x-indirect";

/**
 * Makes an entry succeed, whatever the payload, and give {@linkcode ANSWER} as the MIME type.
 *
 * @param entry Its {@linkcode ENTRY_SIZE} bytes.
 */
export function answer(entry: Uint8Array): void {
  entry.fill(0, AT.flag, AT.flag + 2);
  entry[AT.type] = TYPE.clear;
  entry[AT.relation] = "x".charCodeAt(0);
  entry.set(new TextEncoder().encode(`${ANSWER}\0`), AT.mimetype);
}

/** Length in bytes of what {@linkcode readHead} reads: a header as long as an entry, and the first entry. */
export const HEAD_SIZE = 2 * ENTRY_SIZE;

/**
 * Reads the beginning of a database.
 *
 * @returns How many entries are tested in order and how many only used by name, and the first entry.
 * @throws If it is not of the version that this code knows.
 */
export function readHead(bytes: Uint8Array): { count: number; named: number; first: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [magic, version] = [view.getUint32(0, true), view.getUint32(4, true)];
  if (magic !== MAGIC || version !== VERSION) {
    throw new Error(`libmagic's database is ${magic.toString(16)} version ${version}, not version ${VERSION}`);
  }
  return {
    count: view.getUint32(8, true),
    named: view.getUint32(12, true),
    first: bytes.subarray(ENTRY_SIZE, HEAD_SIZE),
  };
}

/**
 * Reads the entries of a database.
 *
 * @param bytes All entries, first those that are tested in order, then those that are used by name.
 * @param count How many are tested in order.
 * @returns Those of level 0 among them, in order.
 */
export function readEntries(bytes: Uint8Array, count: number): Entry[] {
  const reader = new Reader(bytes, count);
  const entries: Entry[] = [];
  for (let index = 0; index < count;) {
    const end = reader.end(index);
    const complete = reader.givesType(index);
    entries.push({
      index,
      count: complete ? 1 : end - index,
      binary: (reader.flag(index) & FLAG.binaryTest) !== 0,
      condition: reader.condition(index) ?? reader.gate(index, end),
      indirect: complete ? [] : reader.indirect(index, end),
    });
    index = end;
  }
  return entries;
}

/** Reads entries by their number. */
class Reader {
  /** Where the entries used by name begin. */
  #names: Map<string, number> | undefined;
  /** Names on the way to `indirect`, once looked at; one that is being looked at counts as one. */
  readonly #reaches = new Map<string, boolean>();

  readonly #view: DataView;

  /** @param tested How many entries are before those used by name. */
  constructor(private readonly bytes: Uint8Array, private readonly tested: number) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #at(index: number): number {
    return index * ENTRY_SIZE;
  }

  #byte(index: number, member: number): number {
    return this.bytes[this.#at(index) + member]!;
  }

  #value(index: number): Uint8Array {
    const from = this.#at(index) + AT.value;
    return this.bytes.subarray(from, from + this.#byte(index, AT.valueLength));
  }

  /** A value that ends at its first NUL. */
  #text(index: number): string {
    const from = this.#at(index) + AT.value;
    return String.fromCharCode(...this.bytes.subarray(from, this.bytes.indexOf(0, from)));
  }

  flag(index: number): number {
    return this.#view.getUint16(this.#at(index) + AT.flag, true);
  }

  givesType(index: number): boolean {
    return this.#byte(index, AT.mimetype) !== 0;
  }

  /** Where the next entry of level 0 begins. */
  end(index: number): number {
    const limit = this.bytes.length / ENTRY_SIZE;
    let end = index + 1;
    while (end < limit && this.#byte(end, AT.level) !== 0) end++;
    return end;
  }

  /** Which entries, counted from the first, are `indirect` or use such by name. */
  indirect(from: number, end: number): number[] {
    const found: number[] = [];
    for (let index = from; index < end; index++) {
      const type = this.#byte(index, AT.type);
      const named = type === TYPE.use && this.#named(this.#text(index).replace(/^\^/, ""));
      if (named || type === TYPE.indirect) found.push(index - from);
    }
    return found;
  }

  #named(name: string): boolean {
    if (this.#names === undefined) {
      this.#names = new Map();
      for (let index = this.tested; index < this.bytes.length / ENTRY_SIZE; index = this.end(index)) {
        this.#names.set(this.#text(index), index);
      }
    }
    const known = this.#reaches.get(name);
    if (known !== undefined) return known;
    this.#reaches.set(name, true);
    const index = this.#names.get(name);
    // A name that is missing is libmagic's to complain about.
    const reaches = index === undefined || this.indirect(index, this.end(index)).length > 0;
    this.#reaches.set(name, reaches);
    return reaches;
  }

  condition(index: number): Condition | undefined {
    if (this.flag(index) & (FLAG.indirect | FLAG.negativeOffset)) return undefined;
    const offset = this.#offset(index);
    if (offset < 0) return undefined;
    const type = this.#byte(index, AT.type);
    const relation = String.fromCharCode(this.#byte(index, AT.relation));
    if (NUMBERS[type] !== undefined) return this.#number(index, offset, NUMBERS[type], relation);
    if (!this.#equal(index)) return undefined;
    switch (type) {
      case TYPE.string:
        return this.#range(index) === 0 ? this.#prefix(index, offset, this.#stringFlags(index)) : undefined;
      case TYPE.search:
      case TYPE.regex: {
        const literals = this.#literals(index, offset === 0);
        if (literals === undefined) return undefined;
        const from = offset === 0 ? -1 : offset;
        return this.#within(index, literals.strings, from, offset + literals.reach);
      }
      case TYPE.der:
        if (!this.#text(index).startsWith("seq")) return undefined;
        return { at: offset, masks: [DER_SEQUENCE.bits], values: [DER_SEQUENCE.tag] };
      default:
        return undefined;
    }
  }

  /**
   * What must be true for an entry to have any effect that says nothing itself: for one of those that continue it to
   * succeed, or of those that continue one that says nothing itself.
   */
  gate(index: number, end: number): Condition | undefined {
    if (this.#offset(index) !== 0 || this.flag(index) & (FLAG.indirect | FLAG.negativeOffset)) return undefined;
    const strings: string[] = [];
    let to = 0;
    const gather = (parent: number, end: number): boolean => {
      if (this.#byte(parent, AT.description) !== 0 || this.givesType(parent)) return false;
      const level = this.#byte(parent, AT.level) + 1;
      for (let next = parent + 1; next < end;) {
        let last = next + 1;
        while (last < end && this.#byte(last, AT.level) > level) last++;
        const offset = this.#offset(next);
        const elsewhere = this.flag(next) & (FLAG.indirect | FLAG.added | FLAG.negativeOffset);
        const literals = this.#literals(next, level === 1 && offset === 0 && !elsewhere);
        if (literals !== undefined) {
          strings.push(...literals.strings);
          // What is counted from the end of what the first one found is not far, if that was a value at a fixed place.
          const near = level === 1 && offset >= 0 && elsewhere === FLAG.added && this.#isValue(index);
          const known = near || (level === 1 && !elsewhere);
          to = Math.max(to, known ? offset + MAX_VALUE + literals.reach : Infinity);
        } else if (!gather(next, last)) return false;
        next = last;
      }
      return end > parent + 1;
    };
    return gather(index, end) ? this.#within(index, strings, -1, to) : undefined;
  }

  /** Whether an entry compares a number or a string at its offset. */
  #isValue(index: number): boolean {
    const type = this.#byte(index, AT.type);
    return type === TYPE.string || NUMBERS[type] !== undefined;
  }

  /** For an entry for text alone, anywhere is as far as libmagic looks at text. */
  #within(index: number, strings: string[], from: number, to: number): Condition | undefined {
    const binary = (this.flag(index) & FLAG.binaryTest) !== 0;
    if (to > MAX_REACH && binary) return undefined;
    return { within: [...new Set(strings)], from, to: Math.min(to, MAX_TEXT) };
  }

  #offset(index: number): number {
    return this.#view.getInt32(this.#at(index) + AT.offset, true);
  }

  #equal(index: number): boolean {
    return this.#byte(index, AT.relation) === 0x3d;
  }

  #range(index: number): number {
    return this.#view.getUint32(this.#at(index) + AT.range, true);
  }

  #stringFlags(index: number): number {
    return this.#view.getUint32(this.#at(index) + AT.stringFlags, true);
  }

  /**
   * Strings of which there is one where a search or a regular expression succeeds, and how far from its offset it may
   * begin.
   *
   * @param lines Whether it looks at the payload from its beginning.
   */
  #literals(index: number, lines: boolean): { strings: string[]; reach: number } | undefined {
    if (!this.#equal(index)) return undefined;
    const type = this.#byte(index, AT.type);
    if (type === TYPE.regex) {
      const strings = requiredLiterals(this.#text(index), lines);
      return strings && { strings, reach: REGEX_MAX };
    }
    if (type !== TYPE.search) return undefined;
    const range = this.#range(index);
    let [value, reach] = [lower(this.#value(index)), range === 0 ? Infinity : range];
    if (this.#stringFlags(index) & STRING_FLAG.whitespace) {
      // Whitespace may be of any length, so that what is behind it may be anywhere.
      const parts = value.split(/[\t-\r ]+/);
      const longest = parts.reduce((one, other) => other.length > one.length ? other : one);
      if (parts[0] !== longest) reach = Infinity;
      value = longest;
    }
    return isLong(value) ? { strings: [value], reach } : undefined;
  }

  #number(
    index: number,
    at: number,
    { width, big }: (typeof NUMBERS)[number],
    relation: string,
  ): Condition | undefined {
    const operation = this.#byte(index, AT.maskOperation);
    const from = this.#at(index);
    const mask = this.bytes.subarray(from + AT.mask, from + AT.mask + width);
    // A mask of zero, in all of its 64 bits, is none.
    const masked = this.bytes.subarray(from + AT.mask, from + AT.mask + 8).some((byte) => byte !== 0);
    if (masked && (operation & OPERATION.bits) !== OPERATION.and) return undefined;
    if (operation & OPERATION.inverse) return undefined;
    if ((relation === "<" || relation === ">") && !masked && width !== 8) {
      const signed = (this.flag(index) & FLAG.unsigned) === 0;
      const than = Number(
        signed ? this.#view.getBigInt64(from + AT.value, true) : this.#view.getBigUint64(from + AT.value, true),
      );
      return { number: width, big: big ?? false, signed, at, than, less: relation === "<" };
    }
    if (relation !== "=") return undefined;
    const masks = masked ? [...mask] : new Array<number>(width).fill(0xff);
    const values = [...this.bytes.subarray(from + AT.value, from + AT.value + width)];
    if (big) {
      masks.reverse();
      values.reverse();
    }
    return { at, masks, values };
  }

  /** The beginning of a string at its place: as far as it has no whitespace, if that may be of any length. */
  #prefix(index: number, at: number, flags: number): Condition | undefined {
    const masks: number[] = [];
    const values: number[] = [];
    for (const byte of this.#value(index).subarray(0, MAX_PREFIX)) {
      if (flags & STRING_FLAG.whitespace && whitespace(byte)) break;
      const anyCase = (flags & STRING_FLAG.ignoreLower && isLower(byte)) ||
        (flags & STRING_FLAG.ignoreUpper && isUpper(byte));
      masks.push(anyCase ? 0xdf : 0xff);
      values.push(anyCase ? byte & 0xdf : byte);
    }
    return values.length === 0 ? undefined : { at, masks, values };
  }
}

const isLong = (text: string) => text.length >= MIN_LITERAL || (text !== "" && text < "\n");

/** Characters of the classes that are taken apart here. */
const CHARACTER_CLASSES: Record<string, string> = { space: "\t\n\v\f\r ", blank: "\t ", digit: "0123456789" };

/**
 * Strings of which every text that matches a regular expression has one.
 *
 * @param source POSIX extended regular expression (IEEE Std 1003.1, chapter 9.4).
 * @param lines Whether the beginning of the text is the beginning of a line, and every other one is after a line feed: a
 *   string then begins with the line feed before it.
 * @returns In lower case; nothing if there are none that are long enough, or the expression has a part unknown here.
 */
export function requiredLiterals(source: string, lines: boolean): string[] | undefined {
  let at = 0;
  const fail = (): never => {
    throw new SyntaxError(source);
  };
  const shortest = (strings: string[] | undefined) =>
    strings === undefined ? 0 : Math.min(...strings.map((text) => text.length));
  const best = (one: string[] | undefined, other: string[] | undefined) =>
    shortest(other) > shortest(one) ? other : one;

  /** A quantifier, if one is next: the least number of times, and whether that is exact. */
  const quantifier = (): number | undefined => {
    let least: number | undefined;
    for (; at < source.length; at++) {
      const char = source[at]!;
      if (char === "*" || char === "?") least = 0;
      else if (char === "+") least ??= 1;
      else if (char === "{") {
        const bounds = /^\{(\d+)(?:,\d*)?\}/.exec(source.slice(at)) ?? fail();
        if (Number(bounds[1]) === 0) least = 0;
        least ??= 1;
        at += bounds[0].length - 1;
      } else break;
    }
    return least;
  };

  /** A bracket expression: its characters, or nothing if it is of many, or of those that it does not name. */
  const bracket = (): string[] | undefined => {
    let characters: string[] | undefined = [];
    at++;
    if (source[at] === "^") {
      characters = undefined;
      at++;
    }
    for (let first = true; first || source[at] !== "]"; first = false) {
      const char = source[at] ?? fail();
      const named = /^\[([:.=])(.*?)\1\]/.exec(source.slice(at));
      if (named !== null) {
        const members = named[1] === ":" ? CHARACTER_CLASSES[named[2]!] : undefined;
        characters = members === undefined ? undefined : characters && [...characters, ...members];
        at += named[0].length;
      } else if (source[at + 1] === "-" && source[at + 2] !== "]") {
        const [from, to] = [char.charCodeAt(0), (source[at + 2] ?? fail()).charCodeAt(0)];
        for (let code = from; code <= to; code++) characters?.push(String.fromCharCode(code));
        at += 3;
      } else {
        characters?.push(char);
        at++;
      }
    }
    at++;
    return characters && [...new Set(characters.map((char) => char.toLowerCase()))];
  };

  const alternatives = (outermost: boolean): string[] | undefined => {
    let all: string[] | undefined = [];
    for (;;) {
      const one = sequence(outermost);
      all = all && one && [...all, ...one];
      if (source[at] !== "|") return all;
      at++;
    }
  };

  const sequence = (outermost: boolean): string[] | undefined => {
    let found: string[] | undefined;
    let run = [""];
    const end = () => {
      found = best(found, run);
      run = [""];
    };
    if (source[at] === "^" && outermost && lines) {
      run = ["\n"];
      at++;
    }
    while (at < source.length && source[at] !== "|" && source[at] !== ")") {
      let char = source[at]!;
      if (char === "(") {
        end();
        at++;
        const group = alternatives(false);
        if (source[at] !== ")") fail();
        at++;
        if (quantifier() !== 0) found = best(found, group);
        continue;
      }
      let characters: string[] | undefined;
      if (char === "[") characters = bracket();
      else {
        if ("*+?{".includes(char)) fail();
        if (char === "\\") {
          char = source[++at] ?? fail();
          // An escaped letter or digit is a class or an assertion to some libraries.
          if (/[0-9A-Za-z]/.test(char)) fail();
          characters = [char];
        } else if (!".^$".includes(char)) characters = [char.toLowerCase()];
        at++;
      }
      const times = quantifier();
      if (times === 0 || characters === undefined || run.length * characters.length > MAX_LITERALS) {
        end();
      } else {
        run = run.flatMap((text) => characters.map((char) => text + char));
        if (times !== undefined) end();
      }
    }
    end();
    return shortest(found) === 0 ? undefined : found;
  };

  try {
    const literals = alternatives(true);
    if (at !== source.length) return undefined;
    // Letters beyond ASCII may have other forms than those in lower case.
    // deno-lint-ignore no-control-regex -- ASCII
    return literals?.every((text) => isLong(text) && /^[\x00-\x7f]+$/.test(text)) ? literals : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
