/**
 * Decodes LZMA1 data within a limit, for formats that hold it without the header of an `.lzma` file (SWF).
 *
 * Source: LZMA specification (Igor Pavlov, LZMA SDK, `lzma-specification.txt`).
 *
 * @module
 */

/** Properties that precede LZMA data: one byte for lc, lp and pb, four for the size of the dictionary. */
export const LZMA_PROPERTIES = 5;

/** What came out. */
export interface LzmaOutput {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes of the data that were read. */
  readonly consumed: number;
  /** Why that is not everything. */
  readonly error?: string;
}

const STATES = 12;
const MAX_POSITION_STATES = 16;
const LENGTH_STATES = 4;
const ALIGN_BITS = 4;
const FULL_DISTANCES = 128;
/** Distances from this slot on have bits that are coded without a model. */
const FIRST_DIRECT_SLOT = 14;
const MIN_MATCH = 2;
/** Half, of 11 bits: before anything is known, both bits are as likely. */
const HALF = 1024;
/** Larger properties are not valid: (4 * 5 + 4) * 9 + 8. */
const MAX_PROPERTY = 224;

/** The range decoder: bits by their probability. */
class RangeDecoder {
  at: number;
  overrun = false;
  #range = 0xffffffff;
  #code = 0;

  constructor(private readonly data: Uint8Array, at: number) {
    this.at = at + 1; // the first byte is always 0
    for (let i = 0; i < 4; i++) this.#code = ((this.#code << 8) | this.#byte()) >>> 0;
  }

  bit(model: Uint16Array, index: number): number {
    const probability = model[index]!;
    const bound = (this.#range >>> 11) * probability;
    let bit = 0;
    if (this.#code < bound) {
      model[index] = probability + ((2048 - probability) >> 5);
      this.#range = bound;
    } else {
      model[index] = probability - (probability >> 5);
      this.#code = (this.#code - bound) >>> 0;
      this.#range = (this.#range - bound) >>> 0;
      bit = 1;
    }
    this.#normalize();
    return bit;
  }

  /** Bits without a model, most significant first. */
  direct(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      this.#range >>>= 1;
      let bit = 0;
      if (this.#code >= this.#range) {
        this.#code = (this.#code - this.#range) >>> 0;
        bit = 1;
      }
      value = value * 2 + bit;
      this.#normalize();
    }
    return value;
  }

  /** Bits of a tree, most significant first. */
  tree(model: Uint16Array, offset: number, bits: number): number {
    let node = 1;
    for (let i = 0; i < bits; i++) node = node * 2 + this.bit(model, offset + node);
    return node - (1 << bits);
  }

  /** Bits of a tree, least significant first. */
  reverseTree(model: Uint16Array, offset: number, bits: number): number {
    let node = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.bit(model, offset + node);
      node = node * 2 + bit;
      value |= bit << i;
    }
    return value;
  }

  #normalize(): void {
    if (this.#range < 0x1000000) {
      this.#range = (this.#range << 8) >>> 0;
      this.#code = ((this.#code << 8) | this.#byte()) >>> 0;
    }
  }

  #byte(): number {
    const byte = this.data[this.at];
    if (byte === undefined) {
      this.overrun = true;
      return 0;
    }
    this.at++;
    return byte;
  }
}

/** Lengths of matches: three ranges, the shorter ones by the position. */
class LengthDecoder {
  readonly #choice = models(2);
  readonly #low = models(MAX_POSITION_STATES << 3);
  readonly #middle = models(MAX_POSITION_STATES << 3);
  readonly #high = models(256);

  decode(range: RangeDecoder, position: number): number {
    if (range.bit(this.#choice, 0) === 0) return range.tree(this.#low, position << 3, 3);
    if (range.bit(this.#choice, 1) === 0) return 8 + range.tree(this.#middle, position << 3, 3);
    return 16 + range.tree(this.#high, 0, 8);
  }
}

function models(count: number): Uint16Array {
  return new Uint16Array(count).fill(HALF);
}

/**
 * Decodes data that begins with its properties.
 *
 * @param data Properties, then the data; what follows it is not looked at.
 * @param limit Most bytes that come out: decoding ends there, or at the end marker.
 */
export function decodeLzma(data: Uint8Array, limit: number): LzmaOutput {
  const property = data[0];
  if (
    property === undefined || data.length < LZMA_PROPERTIES + 5 || property > MAX_PROPERTY ||
    data[LZMA_PROPERTIES] !== 0
  ) {
    return { bytes: new Uint8Array(), consumed: 0, error: "no LZMA properties" };
  }
  const lc = property % 9;
  const lp = Math.floor(property / 9) % 5;
  const pb = Math.floor(property / 45);
  const range = new RangeDecoder(data, LZMA_PROPERTIES);
  const literals = models(0x300 << (lc + lp));
  const isMatch = models(STATES * MAX_POSITION_STATES);
  const isRep = models(STATES);
  const isRep0 = models(STATES);
  const isRep1 = models(STATES);
  const isRep2 = models(STATES);
  const isRep0Long = models(STATES * MAX_POSITION_STATES);
  const slots = models(LENGTH_STATES << 6);
  const specials = models(FULL_DISTANCES);
  const align = models(1 << ALIGN_BITS);
  const lengths = new LengthDecoder();
  const repLengths = new LengthDecoder();
  const positionMask = (1 << pb) - 1;
  const literalMask = (1 << lp) - 1;

  // The whole output is the dictionary: a distance that reaches before it is an error in any case.
  let out = new Uint8Array(Math.min(limit, 4 * data.length + 4096));
  let size = 0;
  let state = 0;
  let [rep0, rep1, rep2, rep3] = [0, 0, 0, 0];
  const done = (error?: string): LzmaOutput => ({
    bytes: out.slice(0, size),
    consumed: range.at,
    ...(error !== undefined && { error }),
  });
  const grow = (needed: number) => {
    if (needed <= out.length) return;
    const larger = new Uint8Array(Math.min(limit, Math.max(needed, out.length * 2)));
    larger.set(out);
    out = larger;
  };

  while (size < limit) {
    if (range.overrun) return done("LZMA data: cut off");
    const position = size & positionMask;
    if (range.bit(isMatch, (state << 4) + position) === 0) {
      const previous = size > 0 ? out[size - 1]! : 0;
      const offset = 0x300 * (((size & literalMask) << lc) + (previous >> (8 - lc)));
      let symbol = 1;
      if (state >= 7) {
        let match = out[size - rep0 - 1]!;
        while (symbol < 0x100) {
          const matchBit = (match >> 7) & 1;
          match <<= 1;
          const bit = range.bit(literals, offset + ((1 + matchBit) << 8) + symbol);
          symbol = (symbol << 1) | bit;
          if (matchBit !== bit) break;
        }
      }
      while (symbol < 0x100) symbol = (symbol << 1) | range.bit(literals, offset + symbol);
      grow(size + 1);
      out[size++] = symbol & 0xff;
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
      continue;
    }
    let length: number;
    if (range.bit(isRep, state) === 1) {
      if (size === 0) return done("LZMA data: a match before any byte");
      if (range.bit(isRep0, state) === 0) {
        if (range.bit(isRep0Long, (state << 4) + position) === 0) {
          state = state < 7 ? 9 : 11;
          if (rep0 >= size) return done("LZMA data: a distance before the beginning");
          grow(size + 1);
          out[size] = out[size - rep0 - 1]!;
          size++;
          continue;
        }
      } else {
        let distance = rep1;
        if (range.bit(isRep1, state) === 1) {
          distance = rep2;
          if (range.bit(isRep2, state) === 1) {
            distance = rep3;
            rep3 = rep2;
          }
          rep2 = rep1;
        }
        rep1 = rep0;
        rep0 = distance;
      }
      length = repLengths.decode(range, position);
      state = state < 7 ? 8 : 11;
    } else {
      [rep3, rep2, rep1] = [rep2, rep1, rep0];
      length = lengths.decode(range, position);
      state = state < 7 ? 7 : 10;
      const slot = range.tree(slots, Math.min(length, LENGTH_STATES - 1) << 6, 6);
      rep0 = slot;
      if (slot >= 4) {
        const bits = (slot >> 1) - 1;
        rep0 = (2 | (slot & 1)) * 2 ** bits;
        if (slot < FIRST_DIRECT_SLOT) rep0 += range.reverseTree(specials, rep0 - slot, bits);
        else {
          rep0 += range.direct(bits - ALIGN_BITS) * (1 << ALIGN_BITS);
          rep0 += range.reverseTree(align, 0, ALIGN_BITS);
        }
      }
      if (rep0 === 0xffffffff) return range.overrun ? done("LZMA data: cut off") : done();
    }
    if (rep0 >= size) return done("LZMA data: a distance before the beginning");
    const end = Math.min(limit, size + length + MIN_MATCH);
    grow(end);
    for (; size < end; size++) out[size] = out[size - rep0 - 1]!;
  }
  return range.overrun ? done("LZMA data: cut off") : done();
}
