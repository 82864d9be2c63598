/**
 * Reads objects from bytes, ISO 32000-1 sections 7.2 and 7.3; what is malformed is read as far as it goes.
 *
 * @module
 */
import { latin1Of, PdfName, PdfRef, PdfString, type PdfValue } from "./values.ts";

/** Containers inside containers; documents have about ten. */
const MAX_DEPTH = 100;
/** Characters of a name that are kept: the limit of readers is 127, Annex C. */
const MAX_NAME = 256;
/** Longest keyword that means anything is `startxref`. */
const MAX_KEYWORD = 32;
/** What a container costs of {@linkcode ParseState.room}, about as many times the memory of a number. */
const CONTAINER_COST = 10;

/** A word that is no object: `endobj`, `stream`, `R` ... */
export class Keyword {
  constructor(readonly word: string) {}
}

/** What all parsing of one document shares. */
export interface ParseState {
  /** Values that may still be made. */
  room: number;
  /** Occurrences of names. */
  readonly names: Map<string, number>;
  /** Occurrences of names with an escape that is not needed, a way to hide them from searches. */
  readonly obfuscated: Map<string, number>;
  /** One object per name. */
  readonly interned: Map<string, PdfName>;
}

/** The state before anything was parsed. @param room Values that may be made. */
export function newParseState(room: number): ParseState {
  return { room, names: new Map(), obfuscated: new Map(), interned: new Map() };
}

/** 1: white space, 2: delimiter, 0: regular; section 7.2.2. */
const CLASS = new Uint8Array(256);
for (const code of [0, 9, 10, 12, 13, 32]) CLASS[code] = 1;
for (const char of "()<>[]{}/%") CLASS[char.charCodeAt(0)] = 2;

/** Whether a byte is white space. */
export function isSpace(byte: number | undefined): boolean {
  return byte !== undefined && CLASS[byte] === 1;
}

/** Reads one object after another. */
export class PdfParser {
  /** Why reading stopped before the end of an object. */
  problem: string | undefined;
  /** How far bytes were looked at: further than {@linkcode at} where a string doesn't end. */
  reach = 0;

  /** @param at Where to begin; afterwards where reading ended. */
  constructor(private readonly bytes: Uint8Array, public at: number, private readonly state: ParseState) {}

  /** The next object or keyword, `undefined` at the end. */
  read(depth = 0): PdfValue | Keyword | undefined {
    this.skipSpace();
    const byte = this.bytes[this.at];
    if (byte === undefined) return undefined;
    if (this.state.room-- <= 0) return this.#stop("too many objects");
    switch (byte) {
      case 0x2f: // "/"
        return this.#name();
      case 0x28: // "("
        return this.#literal();
      case 0x3c: // "<"
        return this.bytes[this.at + 1] === 0x3c ? this.#dict(depth) : this.#hex();
      case 0x5b: // "["
        return this.#array(depth);
    }
    if (CLASS[byte] === 2) {
      const length = byte === 0x3e && this.bytes[this.at + 1] === 0x3e ? 2 : 1;
      this.at += length;
      return new Keyword(String.fromCharCode(byte).repeat(length));
    }
    return this.#word();
  }

  /** Skips white space and comments. */
  skipSpace(): void {
    const { bytes } = this;
    for (; this.at < bytes.length; this.at++) {
      const byte = bytes[this.at]!;
      if (byte === 0x25) { // "%"
        while (this.at < bytes.length && bytes[this.at] !== 10 && bytes[this.at] !== 13) this.at++;
      } else if (CLASS[byte] !== 1) return;
    }
  }

  #stop(problem: string): undefined {
    this.problem ??= problem;
    return undefined;
  }

  /** Section 7.3.5. */
  #name(): PdfName {
    const { bytes, state } = this;
    let name = "";
    let hidden = false;
    for (this.at++; this.at < bytes.length && CLASS[bytes[this.at]!] === 0; this.at++) {
      let code = bytes[this.at]!;
      if (code === 0x23) { // "#"
        const high = hexDigit(bytes[this.at + 1]);
        const low = hexDigit(bytes[this.at + 2]);
        if (high >= 0 && low >= 0) {
          code = high * 16 + low;
          this.at += 2;
          hidden ||= (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
        }
      }
      if (name.length < MAX_NAME) name += String.fromCharCode(code);
    }
    state.names.set(name, (state.names.get(name) ?? 0) + 1);
    if (hidden) state.obfuscated.set(name, (state.obfuscated.get(name) ?? 0) + 1);
    let interned = state.interned.get(name);
    if (interned === undefined) state.interned.set(name, interned = new PdfName(name));
    return interned;
  }

  /** Section 7.3.4.2. */
  #literal(): PdfString | undefined {
    const { bytes } = this;
    const start = this.at;
    let open = 0;
    let escaped = false;
    for (let at = start; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (byte === 0x5c) {
        escaped = true;
        at++;
      } else if (byte === 0x28) open++;
      else if (byte === 0x29 && --open === 0) {
        this.at = at + 1;
        const content = bytes.subarray(start + 1, at);
        return new PdfString(latin1Of(escaped ? unescape(content) : content));
      }
    }
    return this.#endless(start);
  }

  #endless(start: number): undefined {
    this.reach = this.bytes.length;
    this.at = start + 1;
    return this.#stop(`string at offset ${start} does not end`);
  }

  /** Section 7.3.4.3. */
  #hex(): PdfString | undefined {
    const { bytes } = this;
    const start = this.at;
    const end = bytes.indexOf(0x3e, start); // ">"
    if (end < 0) return this.#endless(start);
    this.at = end + 1;
    const out = new Uint8Array(((end - start) >> 1) + 1);
    let size = 0;
    let high = -1;
    for (let at = start + 1; at < end; at++) {
      const digit = hexDigit(bytes[at]);
      if (digit < 0) continue;
      if (high < 0) high = digit;
      else {
        out[size++] = high * 16 + digit;
        high = -1;
      }
    }
    if (high >= 0) out[size++] = high * 16;
    return new PdfString(latin1Of(out.subarray(0, size)));
  }

  /** Section 7.3.6. */
  #array(depth: number): PdfValue[] | undefined {
    if (depth >= MAX_DEPTH) return this.#stop(`containers nested more than ${MAX_DEPTH} deep`);
    this.state.room -= CONTAINER_COST;
    this.at++;
    const items: PdfValue[] = [];
    for (;;) {
      const before = this.at;
      const item = this.read(depth + 1);
      if (item === undefined) return items;
      if (!(item instanceof Keyword)) items.push(item);
      else if (item.word === "]") return items;
      else if (ENDS.has(item.word)) {
        this.at = before;
        return items;
      } else if (item.word === "null") items.push(null);
    }
  }

  /** Section 7.3.7. */
  #dict(depth: number): Map<string, PdfValue> | undefined {
    if (depth >= MAX_DEPTH) return this.#stop(`containers nested more than ${MAX_DEPTH} deep`);
    this.state.room -= CONTAINER_COST;
    this.at += 2;
    const dict = new Map<string, PdfValue>();
    for (;;) {
      const before = this.at;
      const key = this.read(depth + 1);
      if (key === undefined) return dict;
      if (key instanceof Keyword) {
        if (key.word === ">>") return dict;
        if (!ENDS.has(key.word)) continue;
        this.at = before;
        return dict;
      }
      if (!(key instanceof PdfName)) continue;
      const beforeValue = this.at;
      const value = this.read(depth + 1);
      if (value instanceof Keyword) {
        // A key without a value, or a word that is none.
        if (value.word === ">>" || ENDS.has(value.word)) this.at = beforeValue;
        dict.set(key.name, null);
      } else if (value === undefined) return dict;
      else dict.set(key.name, value);
    }
  }

  /** A number, a reference, or a keyword; sections 7.3.2, 7.3.3, 7.3.9, 7.3.10. */
  #word(): PdfValue | Keyword {
    const start = this.at;
    const word = this.#regular();
    const first = word.charCodeAt(0);
    if ((first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d || first === 0x2e) {
      if (/^\d{1,10}$/.test(word)) return this.#reference(Number(word));
      const number = parseFloat(word);
      return Number.isNaN(number) ? 0 : number;
    }
    if (word === "true") return true;
    if (word === "false") return false;
    if (word === "null") return null;
    // Keywords without white space after them: "endobj5 0 obj", "stream" before data.
    for (const end of ENDS) {
      if (word.length > end.length && word.startsWith(end)) {
        this.at = start + end.length;
        return new Keyword(end);
      }
    }
    return new Keyword(word);
  }

  #reference(num: number): number | PdfRef {
    const before = this.at;
    const next = this.bytes[before + 1];
    if (isSpace(this.bytes[before]) && next !== undefined && (isSpace(next) || (next >= 0x30 && next <= 0x39))) {
      this.skipSpace();
      const gen = this.#regular();
      if (/^\d{1,5}$/.test(gen)) {
        this.skipSpace();
        if (this.bytes[this.at] === 0x52 && CLASS[this.bytes[this.at + 1] ?? 0] !== 0) { // "R"
          this.at++;
          return new PdfRef(num, Number(gen));
        }
      }
    }
    this.at = before;
    return num;
  }

  #regular(): string {
    const { bytes } = this;
    let word = "";
    for (; this.at < bytes.length && CLASS[bytes[this.at]!] === 0; this.at++) {
      if (word.length < MAX_KEYWORD) word += String.fromCharCode(bytes[this.at]!);
    }
    return word;
  }
}

/** Words after which no container of an object goes on. */
const ENDS: ReadonlySet<string> = new Set(["endobj", "endstream", "stream", "obj", "xref", "trailer", "startxref"]);

const ESCAPES: ReadonlyMap<number, number> = new Map([[0x6e, 10], [0x72, 13], [0x74, 9], [0x62, 8], [0x66, 12]]);

/** The bytes of a literal string without its escapes. */
function unescape(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  let size = 0;
  for (let at = 0; at < bytes.length; at++) {
    let byte = bytes[at]!;
    if (byte === 0x5c) {
      byte = bytes[++at] ?? 0x5c;
      if (byte === 13 || byte === 10) {
        if (byte === 13 && bytes[at + 1] === 10) at++;
        continue;
      }
      if (byte >= 0x30 && byte <= 0x37) {
        byte -= 0x30;
        for (let digits = 1; digits < 3; digits++) {
          const next = bytes[at + 1] ?? 0;
          if (next < 0x30 || next > 0x37) break;
          byte = byte * 8 + next - 0x30;
          at++;
        }
      } else byte = ESCAPES.get(byte) ?? byte;
    }
    out[size++] = byte;
  }
  return out.subarray(0, size);
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}
