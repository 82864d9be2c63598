import { createHash } from "node:crypto";

/** Hashes of a part of a file, under the keys of the results. */
export interface Digests {
  readonly md5: string;
  readonly sha1: string;
  readonly sha256: string;
}

/** Hashes bytes, lower-case hexadecimal. */
export function digests(bytes: Uint8Array): Digests {
  const hash = (algorithm: string) => createHash(algorithm).update(bytes).digest("hex");
  return { md5: hash("md5"), sha1: hash("sha1"), sha256: hash("sha256") };
}

/**
 * Bytes of one kind (sections, resources) that may still be hashed. In real files the parts don't overlap; made-up ones
 * could be thousands that each are the whole file.
 */
export class ByteBudget {
  #left: number;
  #refused = 0;

  /** @param fileSize Bytes of the file. */
  constructor(fileSize: number) {
    this.#left = fileSize * 2;
  }

  /** Whether so many bytes may be read; counts them. */
  take(length: number): boolean {
    if (length > this.#left) {
      this.#refused++;
      return false;
    }
    this.#left -= length;
    return true;
  }

  /** What was refused, if anything. */
  error(what: string): string[] {
    return this.#refused === 0 ? [] : [`${this.#refused} ${what} overlap others: they are listed without hashes`];
  }
}
