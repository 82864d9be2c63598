/**
 * Inflates what `node:zlib` gives up on: it returns the bytes before the damage, and stops at a limit instead of failing.
 *
 * Source: RFC 1950 and RFC 1951.
 *
 * @module
 */
import { inflateSync } from "node:zlib";

/** What came out. */
export interface Inflated {
  readonly bytes: Uint8Array;
  /** Why that is not everything. */
  readonly error?: string;
}

/** Inflates zlib data. @param limit Most bytes that come out. */
export function inflate(data: Uint8Array, limit: number): Inflated {
  try {
    return { bytes: inflateSync(data, { maxOutputLength: Math.max(1, limit) }) };
  } catch {
    const { 0: method = 0, 1: flags = 0 } = data;
    const hasHeader = (method & 15) === 8 && ((method << 8) | flags) % 31 === 0;
    return new Inflater(data, hasHeader ? 2 : 0, limit).run();
  }
}

const MAX_BITS = 15;
const LENGTH_BASE = [
  3,
  4,
  5,
  6,
  7,
  8,
  9,
  10,
  11,
  13,
  15,
  17,
  19,
  23,
  27,
  31,
  35,
  43,
  51,
  59,
  67,
  83,
  99,
  115,
  131,
  163,
  195,
  227,
  258,
];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1,
  2,
  3,
  4,
  5,
  7,
  9,
  13,
  17,
  25,
  33,
  49,
  65,
  97,
  129,
  193,
  257,
  385,
  513,
  769,
  1025,
  1537,
  2049,
  3073,
  4097,
  6145,
  8193,
  12289,
  16385,
  24577,
];
const DISTANCE_EXTRA = [
  0,
  0,
  0,
  0,
  1,
  1,
  2,
  2,
  3,
  3,
  4,
  4,
  5,
  5,
  6,
  6,
  7,
  7,
  8,
  8,
  9,
  9,
  10,
  10,
  11,
  11,
  12,
  12,
  13,
  13,
];
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** A canonical Huffman code: how many codes of each length, and their symbols in order; RFC 1951 section 3.2.2. */
interface Code {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

class Inflater {
  #at: number;
  #bits = 0;
  #held = 0;
  #out: Uint8Array<ArrayBuffer>;
  #size = 0;
  #problem: string | undefined;

  constructor(private readonly data: Uint8Array, at: number, private readonly limit: number) {
    this.#at = at;
    this.#out = new Uint8Array(Math.min(limit, 4 * data.length + 1024));
  }

  run(): Inflated {
    for (let last = 0; last === 0 && this.#problem === undefined;) {
      last = this.#take(1);
      const type = this.#take(2);
      if (this.#problem !== undefined) break;
      if (type === 0) this.#stored();
      else if (type === 1) this.#coded(fixedLengths(), fixedDistances());
      else if (type === 2) this.#dynamic();
      else this.#problem = `no such block type at offset ${this.#at}`;
    }
    const bytes = this.#out.subarray(0, this.#size);
    return this.#problem === undefined ? { bytes } : { bytes, error: `Flate data: ${this.#problem}` };
  }

  #take(count: number): number {
    while (this.#held < count) {
      const byte = this.data[this.#at];
      if (byte === undefined) {
        this.#problem ??= "cut off";
        return 0;
      }
      this.#at++;
      this.#bits |= byte << this.#held;
      this.#held += 8;
    }
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#held -= count;
    return value;
  }

  #put(byte: number): void {
    if (this.#size >= this.limit) {
      this.#problem ??= `more than ${this.limit} bytes`;
      return;
    }
    if (this.#size === this.#out.length) {
      const larger = new Uint8Array(Math.min(this.limit, this.#out.length * 2));
      larger.set(this.#out);
      this.#out = larger;
    }
    this.#out[this.#size++] = byte;
  }

  #copy(distance: number, length: number): void {
    const size = this.#size;
    if (size + length > this.#out.length) {
      for (let i = 0; i < length && this.#problem === undefined; i++) this.#put(this.#out[this.#size - distance]!);
      return;
    }
    const out = this.#out;
    for (let to = size; to < size + length; to++) out[to] = out[to - distance]!;
    this.#size = size + length;
  }

  #stored(): void {
    this.#bits = this.#held = 0;
    const length = (this.data[this.#at] ?? 0) | ((this.data[this.#at + 1] ?? 0) << 8);
    this.#at += 4;
    for (let i = 0; i < length && this.#problem === undefined; i++) {
      const byte = this.data[this.#at];
      if (byte === undefined) this.#problem = "cut off";
      else {
        this.#at++;
        this.#put(byte);
      }
    }
  }

  #symbol({ counts, symbols }: Code): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= MAX_BITS; length++) {
      code |= this.#take(1);
      if (this.#problem !== undefined) return -1;
      const count = counts[length]!;
      if (code - count < first) return symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    this.#problem = `no such code at offset ${this.#at}`;
    return -1;
  }

  #coded(lengths: Code, distances: Code): void {
    while (this.#problem === undefined) {
      const symbol = this.#symbol(lengths);
      if (symbol < 0 || symbol === 256) return;
      if (symbol < 256) {
        this.#put(symbol);
        continue;
      }
      const base = LENGTH_BASE[symbol - 257];
      const length = (base ?? 0) + this.#take(LENGTH_EXTRA[symbol - 257] ?? 0);
      const code = this.#symbol(distances);
      if (code < 0) return;
      const distance = (DISTANCE_BASE[code] ?? Infinity) + this.#take(DISTANCE_EXTRA[code] ?? 0);
      if (base === undefined || distance > this.#size) {
        this.#problem ??= `no such length or distance at offset ${this.#at}`;
        return;
      }
      this.#copy(distance, length);
    }
  }

  #dynamic(): void {
    const literals = this.#take(5) + 257;
    const distances = this.#take(5) + 1;
    const codes = this.#take(4) + 4;
    const lengths = new Uint8Array(320);
    for (let i = 0; i < codes; i++) lengths[CODE_ORDER[i]!] = this.#take(3);
    const code = makeCode(lengths.slice(0, 19));
    lengths.fill(0);
    for (let i = 0; i < literals + distances && this.#problem === undefined;) {
      const symbol = this.#symbol(code);
      if (symbol < 0) return;
      if (symbol < 16) {
        lengths[i++] = symbol;
        continue;
      }
      const value = symbol === 16 ? lengths[i - 1] ?? 0 : 0;
      const times = symbol === 16 ? 3 + this.#take(2) : symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7);
      for (let k = 0; k < times && i < literals + distances; k++) lengths[i++] = value;
    }
    if (this.#problem !== undefined) return;
    this.#coded(makeCode(lengths.slice(0, literals)), makeCode(lengths.slice(literals, literals + distances)));
  }
}

function makeCode(lengths: Uint8Array): Code {
  const counts = new Uint16Array(MAX_BITS + 1);
  for (const length of lengths) counts[length]!++;
  counts[0] = 0;
  const offsets = new Uint16Array(MAX_BITS + 2);
  for (let length = 1; length <= MAX_BITS; length++) offsets[length + 1] = offsets[length]! + counts[length]!;
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((length, symbol) => {
    if (length > 0) symbols[offsets[length]!++] = symbol;
  });
  return { counts, symbols };
}

/** RFC 1951 section 3.2.6. */
function fixedLengths(): Code {
  return makeCode(Uint8Array.from({ length: 288 }, (_, i) => i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
}

function fixedDistances(): Code {
  return makeCode(new Uint8Array(30).fill(5));
}
