/**
 * Seeded damage to files: what a run does depends on seed and run number alone, so that any run can be made again by itself.
 *
 * @module
 */
import { concat } from "./concat.ts";

/** Numbers that look random, the same for the same seed (xorshift32; Marsaglia, "Xorshift RNGs", 2003). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1; // zero would stay zero
  }

  /** The generator of one run; neighbouring runs have nothing in common (the mixing steps are those of MurmurHash3). */
  static ofRun(seed: number, run: number): Random {
    let mixed = (seed ^ Math.imul(run + 1, 0x9e3779b1)) >>> 0;
    mixed = Math.imul(mixed ^ mixed >>> 16, 0x85ebca6b);
    mixed = Math.imul(mixed ^ mixed >>> 13, 0xc2b2ae35);
    return new Random(mixed ^ mixed >>> 16);
  }

  u32(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state;
  }

  /** A number from 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor(this.u32() / 2 ** 32 * limit);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

/** Most mutations of one file: with more, nothing that a parser knows is left. */
const MAX_MUTATIONS = 8;

/** Bytes: ranges that are copied are shorter, and files that grew longer are cut. */
const MAX_RANGE = 64 * 1024;
const MAX_SIZE = 1024 * 1024;

/** What lengths, offsets and counts are overwritten with, besides anything. */
const EXTREMES = [0, 1, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

type Mutation = (bytes: Uint8Array<ArrayBuffer>, random: Random) => Uint8Array<ArrayBuffer>;

/** One to {@linkcode MAX_MUTATIONS} mutations of a copy. */
export function mutate(sample: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  let bytes = sample.slice();
  for (let left = 1 + random.below(MAX_MUTATIONS); left > 0; left--) {
    bytes = random.pick(MUTATIONS)(bytes, random);
    if (bytes.length > MAX_SIZE) bytes = bytes.slice(0, MAX_SIZE);
  }
  return bytes;
}

const MUTATIONS: readonly Mutation[] = [flipBit, setByte, setField, setField, setDigits, cut, cutEnd, duplicate, move];

function flipBit(bytes: Uint8Array<ArrayBuffer>, random: Random) {
  const at = random.below(bytes.length);
  if (at < bytes.length) bytes[at]! ^= 1 << random.below(8);
  return bytes;
}

function setByte(bytes: Uint8Array<ArrayBuffer>, random: Random) {
  const at = random.below(bytes.length);
  if (at < bytes.length) bytes[at] = random.u32();
  return bytes;
}

/** A field of 16 or 32 bits in either order, mostly where such fields are: near the beginning, or at an even offset. */
function setField(bytes: Uint8Array<ArrayBuffer>, random: Random) {
  const width = random.pick([2, 4]);
  if (bytes.length < width) return bytes;
  const places = random.pick([bytes.length, Math.min(bytes.length, 1024)]) - width + 1;
  const at = random.pick([~0, ~1, ~3]) & random.below(places);
  const value = random.pick([...EXTREMES, random.u32(), random.below(bytes.length + 1)]);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const little = random.below(4) > 0;
  if (width === 2) view.setUint16(at, value, little);
  else view.setUint32(at, value, little);
  return bytes;
}

/** A number that is written in digits, as in PDF, RTF and mail. */
function setDigits(bytes: Uint8Array<ArrayBuffer>, random: Random) {
  const isDigit = (at: number) => bytes[at]! >= 0x30 && bytes[at]! <= 0x39;
  let start = random.below(bytes.length);
  while (start < bytes.length && !isDigit(start)) start++;
  let end = start;
  while (end < bytes.length && isDigit(end)) end++;
  const value = new TextEncoder().encode(String(random.pick([...EXTREMES, -1, 2 ** 53, random.u32()])));
  return start === end ? bytes : concat(bytes.subarray(0, start), value, bytes.subarray(end));
}

function cut(bytes: Uint8Array<ArrayBuffer>, random: Random) {
  const [start, end] = range(bytes, random);
  return concat(bytes.subarray(0, start), bytes.subarray(end));
}

function cutEnd(bytes: Uint8Array<ArrayBuffer>, random: Random) {
  return bytes.slice(0, random.below(bytes.length + 1));
}

/** A range once more, up to a few hundred times where it is short. */
function duplicate(bytes: Uint8Array<ArrayBuffer>, random: Random) {
  const [start, end] = range(bytes, random);
  const times = random.below(4) > 0 ? 1 : 1 + random.below(256);
  const copies = Array<Uint8Array>(Math.min(times, Math.ceil(MAX_RANGE / (end - start + 1)))).fill(
    bytes.subarray(start, end),
  );
  return concat(bytes.subarray(0, end), ...copies, bytes.subarray(end));
}

/** A range over another place of the file. */
function move(bytes: Uint8Array<ArrayBuffer>, random: Random) {
  const [start, end] = range(bytes, random);
  return bytes.copyWithin(random.below(bytes.length), start, end);
}

/** A range, as often short as long. */
function range(bytes: Uint8Array, random: Random): [number, number] {
  const start = random.below(bytes.length);
  const longest = Math.min(random.pick([16, 256, MAX_RANGE]), bytes.length - start);
  return [start, start + random.below(longest + 1)];
}
