import { shannonEntropy } from "../lib/shannon.ts";

/** Most entries of one list of the results; a few programs have more symbols, none more of anything else. */
export const MAX_LISTED = 20_000;

/** What is reported of one file: bounds the lists and the work on its bytes, and collects what was left out. */
export class Report {
  readonly errors: string[] = [];
  #bytesLeft: number;

  /** @param bytes The file. @param base Offset in the payload of the file, of one in a universal file. */
  constructor(readonly bytes: Uint8Array, readonly base: number = 0) {
    // Sections don't overlap in real files; made-up ones could each claim the whole file.
    this.#bytesLeft = bytes.length * 2;
  }

  /** Adds what a parser found wrong. */
  problems(problems: readonly { readonly what: string; readonly offset: number }[]): void {
    for (const { what, offset } of problems) this.errors.push(`${what} (offset ${this.base + offset})`);
  }

  /** The first entries of a list. */
  list<T, U>(what: string, entries: readonly T[], convert: (entry: T) => U): U[] {
    if (entries.length > MAX_LISTED) {
      this.errors.push(`${entries.length} ${what}, only the first ${MAX_LISTED} are listed`);
    }
    return entries.slice(0, MAX_LISTED).map(convert);
  }

  /** Entropy of a part of the file; null when it is not there, or too much was asked for. */
  entropy(offset: number, size: number): number | null {
    if (!Number.isSafeInteger(offset) || offset >= this.bytes.length || size <= 0) return null;
    const part = this.bytes.subarray(offset, offset + size);
    if (part.length > this.#bytesLeft) {
      this.errors.push(`sections overlap: the entropy of ${part.length} bytes at offset ${offset} was left out`);
      return null;
    }
    this.#bytesLeft -= part.length;
    return shannonEntropy(part);
  }
}
