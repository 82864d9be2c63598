/**
 * Objects, templates and fields of an RTF document, read as tolerantly as Word reads them.
 *
 * Source: Rich Text Format Specification 1.9.1, and what is known of how Word treats object data: any group, control
 * word or character may stand between the digits, `\bin` may give bytes, and `\'hh` takes back a digit without a
 * partner. One pass over the bytes; every byte goes to one destination.
 *
 * @module
 */
import { DESTINATIONS } from "./destinations.ts";
import { hexDigit, HexSink } from "./hex_sink.ts";

const OPEN = 0x7b;
const CLOSE = 0x7d;
const BACKSLASH = 0x5c;
const APOSTROPHE = 0x27;
const STAR = 0x2a;
const MINUS = 0x2d;
const SPACE = 0x20;
/** Word reads at most this many letters of a control word. */
const MAX_WORD = 250;
/** More digits than any parameter has; leading zeroes count. */
const MAX_DIGITS = 250;
/** Open destinations; deeper ones are not told apart from the one around them. */
const MAX_DESTINATIONS = 10_000;
/** Objects and fields of a document that are reported. */
const MAX_FOUND = 1_000;
/** Longest text of a destination that is kept. */
const MAX_TEXT = 2_048;
/** Destinations whose text is kept. */
const TEXT_DESTINATIONS: ReadonlySet<string> = new Set(["objclass", "objname", "template", "fldinst"]);
/** How an object is meant, by control word. */
const OBJECT_TYPES: ReadonlySet<string> = new Set(
  ["objemb", "objlink", "objautlink", "objsub", "objpub", "objicemb", "objhtml", "objocx"],
);

/** An object as the document has it, its data decoded from hexadecimal. */
export interface RtfObject {
  /** Offset of its data in the document. */
  readonly offset: number;
  /** Control word that says how it is meant (`objemb`, `objlink` ...), or null. */
  readonly type: string | null;
  /** Whether Word is told to update it on opening, which runs it. */
  readonly update: boolean;
  /** Text of `\objclass`, which may differ from the class in the data. */
  readonly objclass: string | null;
  readonly objname: string | null;
  /** The data as Word is most likely to read it. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** The data with the digits of ignorable groups (`{\*\unknown ...}`), where there are such groups. */
  readonly looseData: Uint8Array<ArrayBuffer> | undefined;
}

/** What is in an RTF document. */
export interface RtfDocument {
  readonly objects: RtfObject[];
  /** Texts of `\template`: a remote one is template injection. */
  readonly templates: string[];
  /** Field instructions. */
  readonly fields: string[];
  readonly errors: string[];
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Facts about an `\object` group. */
interface ObjectFacts {
  type: string | null;
  update: boolean;
  objclass: string | null;
  objname: string | null;
}

/** An open destination. */
interface Destination {
  readonly word: string;
  /** Group level that it ends with. */
  readonly level: number;
  readonly start: number;
  readonly object: ObjectFacts | undefined;
  readonly strict: HexSink | undefined;
  readonly loose: HexSink | undefined;
  text: string;
}

/** Whether the bytes are RTF: Word wants no more than this. */
export function isRtf(bytes: Uint8Array): boolean {
  let start = 0;
  while (start < 64 && (bytes[start] === SPACE || bytes[start] === 0x0d || bytes[start] === 0x0a)) start++;
  return bytes[start] === OPEN && bytes[start + 1] === BACKSLASH && bytes[start + 2] === 0x72 &&
    bytes[start + 3] === 0x74;
}

/** Reads a document. */
export function parseRtf(bytes: Uint8Array): RtfDocument {
  return new RtfParser(bytes).parse();
}

class RtfParser {
  readonly #bytes: Uint8Array;
  readonly #found: RtfDocument = { objects: [], templates: [], fields: [], errors: [] };
  readonly #objects: { facts: ObjectFacts; offset: number; data: Bytes; looseData: Bytes | undefined }[] = [];
  readonly #errors = new Set<string>();
  readonly #stack: Destination[] = [];
  #level = 0;
  /** Level of the outermost group that begins with `\*` and an unknown word, inside object data; 0 for none. */
  #ignoredFrom = 0;
  #ignoredAny = false;
  #starBefore = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  parse(): RtfDocument {
    const bytes = this.#bytes;
    let at = 0;
    while (at < bytes.length) {
      const code = bytes[at]!;
      if (code === BACKSLASH) at = this.#control(at);
      else if (code === OPEN) {
        this.#starBefore = false;
        this.#level++;
        at++;
      } else if (code === CLOSE) {
        this.#closeGroup();
        at++;
      } else at = this.#text(at);
    }
    while (this.#stack.length > 0) this.#end();
    // Only now: what is said of an object may come after its data.
    this.#found.objects.push(...this.#objects.map(({ facts, ...object }) => ({ ...object, ...facts })));
    this.#found.errors.push(...this.#errors);
    return this.#found;
  }

  #closeGroup(): void {
    if (this.#top?.level === this.#level) this.#end();
    if (this.#ignoredFrom === this.#level) this.#ignoredFrom = 0;
    // Closing more groups than were opened doesn't stop Word.
    if (this.#level > 0) this.#level--;
  }

  get #top(): Destination | undefined {
    return this.#stack.at(-1);
  }

  /** Text up to the next brace or backslash. */
  #text(at: number): number {
    const bytes = this.#bytes;
    const top = this.#top;
    const keep = top !== undefined && TEXT_DESTINATIONS.has(top.word);
    for (; at < bytes.length; at++) {
      const code = bytes[at]!;
      if (code === BACKSLASH || code === OPEN || code === CLOSE) break;
      if (top?.strict) this.#digit(top, hexDigit(code));
      else if (keep && top.text.length < MAX_TEXT && code !== 0x0d && code !== 0x0a) {
        top.text += String.fromCharCode(code);
      }
    }
    return at;
  }

  #digit(destination: Destination, digit: number): void {
    if (digit < 0) return;
    destination.loose?.push(digit);
    if (this.#ignoredFrom === 0) destination.strict?.push(digit);
    else this.#ignoredAny = true;
  }

  /** A control word or symbol; returns where the text after it begins. */
  #control(at: number): number {
    const bytes = this.#bytes;
    const first = bytes[at + 1];
    if (first === undefined) return at + 1;
    if (!isLetter(first)) return this.#symbol(at, first);
    let end = at + 1;
    let word = "";
    while (end < bytes.length && word.length < MAX_WORD && isLetter(bytes[end]!)) {
      word += String.fromCharCode(bytes[end++]!);
    }
    let digits = end;
    if (bytes[digits] === MINUS && isDigit(bytes[digits + 1])) digits++;
    const firstDigit = digits;
    while (digits - firstDigit < MAX_DIGITS && isDigit(bytes[digits])) digits++;
    const parameter = digits > firstDigit
      ? Number(new TextDecoder("latin1").decode(bytes.subarray(end, digits)))
      : undefined;
    if (digits > firstDigit) end = digits;
    if (bytes[end] === SPACE) end++;
    if (word === "bin") return this.#bin(end, parameter ?? 0);
    this.#word(word, parameter, end);
    return end;
  }

  #symbol(at: number, symbol: number): number {
    const top = this.#top;
    if (symbol === STAR) {
      this.#starBefore = true;
      return at + 2;
    }
    if (symbol === APOSTROPHE) {
      // Word forgets a digit without a partner here; the two characters after it are not part of the data.
      top?.strict?.dropHalf();
      top?.loose?.dropHalf();
      if (top && TEXT_DESTINATIONS.has(top.word) && top.text.length < MAX_TEXT) {
        const code = hexDigit(this.#bytes[at + 2] ?? 0) * 16 + hexDigit(this.#bytes[at + 3] ?? 0);
        if (code > 0) top.text += String.fromCharCode(code);
      }
      return at + 4;
    }
    if (top && TEXT_DESTINATIONS.has(top.word) && top.text.length < MAX_TEXT) top.text += String.fromCharCode(symbol);
    return at + 2;
  }

  /** `\binN`: N bytes as they are; a negative N counts as 0. */
  #bin(at: number, parameter: number): number {
    const size = Math.min(Math.max(0, parameter), this.#bytes.length - at);
    const top = this.#top;
    if (parameter > size) {
      this.#report(`\\bin at offset ${at} has ${parameter} bytes, ${size} are left`);
    }
    if (top?.strict) {
      for (const byte of this.#bytes.subarray(at, at + size)) {
        top.loose?.pushByte(byte);
        if (this.#ignoredFrom === 0) top.strict.pushByte(byte);
      }
    }
    return at + size;
  }

  #word(word: string, parameter: number | undefined, end: number): void {
    const star = this.#starBefore;
    this.#starBefore = false;
    const top = this.#top;
    if (DESTINATIONS.has(word)) return this.#begin(word, end);
    if (top?.strict && star && this.#ignoredFrom === 0 && this.#level > top.level) this.#ignoredFrom = this.#level;
    if (
      top && word === "u" && TEXT_DESTINATIONS.has(top.word) && top.text.length < MAX_TEXT && parameter !== undefined
    ) {
      top.text += String.fromCharCode(parameter & 0xffff);
    }
    if (!top?.object) return;
    if (word === "objupdate") top.object.update = true;
    else if (OBJECT_TYPES.has(word)) top.object.type = word;
  }

  #begin(word: string, start: number): void {
    if (this.#top?.level === this.#level) this.#end();
    if (this.#stack.length >= MAX_DESTINATIONS) {
      return this.#report(`destinations nested over ${MAX_DESTINATIONS} deep`);
    }
    const around = this.#top?.object;
    const object = word === "object" ? { type: null, update: false, objclass: null, objname: null } : around;
    const data = word === "objdata" && this.#objects.length < MAX_FOUND;
    if (word === "objdata" && !data) this.#report(`objects after the first ${MAX_FOUND} left out`);
    if (data) {
      this.#ignoredFrom = 0;
      this.#ignoredAny = false;
    }
    const sink = () => data ? new HexSink() : undefined;
    this.#stack.push({ word, level: this.#level, start, object, strict: sink(), loose: sink(), text: "" });
  }

  /** Ends the innermost destination. */
  #end(): void {
    const { word, start, object, strict, loose, text } = this.#stack.pop()!;
    if (strict && loose) {
      this.#ignoredFrom = 0;
      if (this.#objects.length >= MAX_FOUND) return this.#report(`objects after the first ${MAX_FOUND} left out`);
      const facts = object ?? { type: null, update: false, objclass: null, objname: null };
      const looseData = this.#ignoredAny ? loose.bytes : undefined;
      this.#objects.push({ facts, offset: start, data: strict.bytes, looseData });
      return;
    }
    const trimmed = text.trim();
    if (trimmed === "") return;
    if (word === "objclass" && object) object.objclass = trimmed;
    else if (word === "objname" && object) object.objname = trimmed;
    else if (word === "template" && this.#found.templates.length < MAX_FOUND) this.#found.templates.push(trimmed);
    else if (word === "fldinst" && this.#found.fields.length < MAX_FOUND) this.#found.fields.push(trimmed);
    else if (word === "fldinst") this.#report(`fields after the first ${MAX_FOUND} left out`);
  }

  #report(message: string): void {
    if (this.#errors.size < MAX_FOUND) this.#errors.add(message);
  }
}

function isLetter(code: number): boolean {
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x7a;
}

function isDigit(code: number | undefined): boolean {
  return code !== undefined && code >= 0x30 && code <= 0x39;
}
