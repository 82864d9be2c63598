/**
 * Filters of streams, ISO 32000-1 section 7.4, each with a limit for its output. Damaged data gives what comes before.
 *
 * @module
 */
import { inflate } from "./inflate.ts";
import { nameOf, numberOf, type PdfDict, type PdfValue } from "./values.ts";

/** Filters one after the other; documents have one or two. */
const MAX_FILTERS = 16;
/** Longest row that predictors work on. */
const MAX_ROW = 1 << 24;

/** What came out of filters. */
export interface Decoded {
  bytes: Uint8Array;
  /** What is damaged or was cut off. */
  error?: string;
  /** The filter that stays, of an image or unknown. */
  rest?: string;
  /** Bytes that came out of all filters. */
  work?: number;
}

const ABBREVIATIONS: Readonly<Record<string, string>> = {
  A85: "ASCII85Decode",
  AHx: "ASCIIHexDecode",
  CCF: "CCITTFaxDecode",
  DCT: "DCTDecode",
  Fl: "FlateDecode",
  LZW: "LZWDecode",
  RL: "RunLengthDecode",
};

/** Names of the filters of a stream, in order of decoding. */
export function filtersOf(dict: PdfDict, resolve: (value: PdfValue | undefined) => PdfValue): string[] {
  const value = resolve(dict.get("Filter") ?? dict.get("F"));
  const list = Array.isArray(value) ? value.slice(0, MAX_FILTERS + 1) : [value];
  return list.map((item) => nameOf(resolve(item))).filter((name) => name !== undefined)
    .map((name) => ABBREVIATIONS[name] ?? name);
}

/**
 * Decodes the bytes of a stream.
 *
 * @param resolve Follows references.
 * @param limit Most bytes that come out, of each filter.
 */
export function decode(
  raw: Uint8Array,
  dict: PdfDict,
  resolve: (value: PdfValue | undefined) => PdfValue,
  limit: number,
): Decoded {
  const filters = filtersOf(dict, resolve);
  const given = resolve(dict.get("DecodeParms") ?? dict.get("DP"));
  const parameters = Array.isArray(given) ? given : [given];
  let bytes = raw;
  let work = 0;
  const errors: string[] = [];
  for (const [i, filter] of filters.entries()) {
    if (i >= MAX_FILTERS) return { bytes, error: `more than ${MAX_FILTERS} filters`, rest: filter, work };
    const parameter = resolve(parameters[i]);
    const number = (key: string, fallback: number) =>
      (parameter instanceof Map ? numberOf(resolve(parameter.get(key))) : undefined) ?? fallback;
    let result: Decoded;
    if (filter === "FlateDecode") result = inflate(bytes, limit);
    else if (filter === "LZWDecode") result = lzw(bytes, limit, number("EarlyChange", 1));
    else if (filter === "ASCIIHexDecode") result = asciiHex(bytes);
    else if (filter === "ASCII85Decode") result = ascii85(bytes, limit);
    else if (filter === "RunLengthDecode") result = runLength(bytes, limit);
    else if (filter === "Crypt") continue; // its bytes were decrypted, or are as they are
    else return { bytes, ...(errors.length > 0 && { error: errors.join(", ") }), rest: filter, work };
    if (result.error !== undefined) errors.push(result.error);
    bytes = result.bytes;
    work += bytes.length;
    if (filter === "FlateDecode" || filter === "LZWDecode") {
      const predictor = number("Predictor", 1);
      if (predictor > 1) {
        bytes = unpredict(bytes, predictor, number("Colors", 1), number("BitsPerComponent", 8), number("Columns", 1));
      }
    }
  }
  return { bytes, ...(errors.length > 0 && { error: errors.join(", ") }), work };
}

/** Section 7.4.2. */
function asciiHex(data: Uint8Array): Decoded {
  const out = new Uint8Array((data.length >> 1) + 1);
  let size = 0;
  let high = -1;
  for (const byte of data) {
    if (byte === 0x3e) break; // ">"
    const digit = parseInt(String.fromCharCode(byte), 16);
    if (Number.isNaN(digit)) continue;
    if (high < 0) high = digit;
    else {
      out[size++] = high * 16 + digit;
      high = -1;
    }
  }
  if (high >= 0) out[size++] = high * 16;
  return { bytes: out.subarray(0, size) };
}

/** Section 7.4.3. */
function ascii85(data: Uint8Array, limit: number): Decoded {
  const out = new Sink(limit, data.length);
  let group = 0;
  let count = 0;
  const flush = (bytes: number) => {
    for (let i = 0; i < bytes; i++) out.put(Math.floor(group / 2 ** (24 - 8 * i)) & 255);
    group = count = 0;
  };
  for (let at = data[0] === 0x3c && data[1] === 0x7e ? 2 : 0; at < data.length; at++) {
    const byte = data[at]!;
    if (byte === 0x7e) break; // "~"
    if (byte === 0x7a && count === 0) flush(4); // "z"
    if (byte < 0x21 || byte > 0x75) continue;
    group = group * 85 + byte - 0x21;
    if (++count === 5) flush(4);
  }
  if (count > 1) {
    const bytes = count - 1;
    for (; count < 5; count++) group = group * 85 + 84;
    flush(bytes);
  }
  return out.result("ASCII85");
}

/** Section 7.4.5. */
function runLength(data: Uint8Array, limit: number): Decoded {
  const out = new Sink(limit, data.length);
  for (let at = 0; at < data.length && !out.full;) {
    const length = data[at++]!;
    if (length === 128) break;
    if (length < 128) {
      for (let i = 0; i <= length && at < data.length; i++) out.put(data[at++]!);
    } else {
      const byte = data[at++];
      if (byte !== undefined) { for (let i = 0; i < 257 - length; i++) out.put(byte); }
    }
  }
  return out.result("RunLength");
}

/** Section 7.4.4: codes of 9 to 12 bits, 256 clears the table, 257 ends. */
function lzw(data: Uint8Array, limit: number, early: number): Decoded {
  const out = new Sink(limit, data.length * 2);
  // An entry is the text that begins at its place in the output and has its length.
  const starts = new Uint32Array(4096);
  const lengths = new Uint32Array(4096);
  let next = 258;
  let width = 9;
  let bits = 0;
  let held = 0;
  let previous = -1;
  let problem: string | undefined;
  for (let at = 0; !out.full;) {
    while (held < width && at < data.length) {
      bits = (bits << 8) | data[at++]!;
      held += 8;
    }
    if (held < width) break;
    const code = (bits >>> (held - width)) & ((1 << width) - 1);
    held -= width;
    bits &= (1 << held) - 1;
    if (code === 257) break;
    if (code === 256) {
      next = 258;
      width = 9;
      previous = -1;
      continue;
    }
    const start = out.size;
    if (code < 256) out.put(code);
    else if (code < next) out.copy(starts[code]!, lengths[code]!);
    else if (code === next && previous >= 0) {
      out.copy(previous, start - previous);
      out.put(out.at(previous));
    } else {
      problem = `LZW data: no such code at offset ${at}`;
      break;
    }
    if (previous >= 0 && next < 4096) {
      starts[next] = previous;
      lengths[next] = start - previous + 1;
      next++;
    }
    previous = start;
    width = next + early >= 2048 ? 12 : next + early >= 1024 ? 11 : next + early >= 512 ? 10 : 9;
  }
  const { bytes, error } = out.result("LZW");
  const message = problem ?? error;
  return message === undefined ? { bytes } : { bytes, error: message };
}

/** Section 7.4.4.4: 2 is TIFF's, 10 and more PNG's. */
function unpredict(data: Uint8Array, predictor: number, colors: number, depth: number, columns: number): Uint8Array {
  const row = Math.ceil((colors * depth * columns) / 8);
  const pixel = Math.max(1, Math.ceil((colors * depth) / 8));
  if (!(row >= 1 && row <= MAX_ROW) || !(pixel <= row)) return data;
  if (predictor === 2) {
    if (depth !== 8) return data;
    const out = data.slice();
    for (let at = 0; at < out.length; at++) if (at % row >= pixel) out[at] = out[at]! + out[at - pixel]!;
    return out;
  }
  if (predictor < 10) return data;
  const rows = Math.ceil(data.length / (row + 1));
  const out = new Uint8Array(Math.max(0, data.length - rows));
  for (let y = 0; y < rows; y++) {
    const type = data[y * (row + 1)]!;
    const from = y * (row + 1) + 1;
    const to = y * row;
    for (let x = 0; x < row && from + x < data.length; x++) {
      const left = x >= pixel ? out[to + x - pixel]! : 0;
      const up = y > 0 ? out[to + x - row]! : 0;
      const corner = y > 0 && x >= pixel ? out[to + x - row - pixel]! : 0;
      out[to + x] = data[from + x]! + predicted(type, left, up, corner);
    }
  }
  return out;
}

/** PNG specification, section 9.2. */
function predicted(type: number, left: number, up: number, corner: number): number {
  if (type === 1) return left;
  if (type === 2) return up;
  if (type === 3) return (left + up) >> 1;
  if (type !== 4) return 0;
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

/** Output that grows up to a limit. */
class Sink {
  size = 0;
  full = false;
  #bytes: Uint8Array<ArrayBuffer>;

  constructor(private readonly limit: number, expected: number) {
    this.#bytes = new Uint8Array(Math.min(limit, expected + 256));
  }

  put(byte: number): void {
    if (this.size >= this.limit) {
      this.full = true;
      return;
    }
    if (this.size === this.#bytes.length) {
      const larger = new Uint8Array(Math.min(this.limit, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.size++] = byte;
  }

  copy(from: number, length: number): void {
    for (let i = 0; i < length && !this.full; i++) this.put(this.#bytes[from + i]!);
  }

  at(index: number): number {
    return this.#bytes[index] ?? 0;
  }

  result(filter: string): Decoded {
    const bytes = this.#bytes.subarray(0, this.size);
    return this.full ? { bytes, error: `${filter} data: more than ${this.limit} bytes` } : { bytes };
  }
}
