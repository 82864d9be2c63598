/** Small, because a document can have a million empty objects. */
const FIRST_CAPACITY = 64;

/** Collects hexadecimal digits into bytes; the bytes so far plus at most one digit. */
export class HexSink {
  #bytes = new Uint8Array(0);
  #length = 0;
  /** Value of a digit whose partner is still to come, or -1. */
  #half = -1;

  /** Takes a digit, 0 to 15. */
  push(digit: number): void {
    if (this.#half < 0) {
      this.#half = digit;
      return;
    }
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(Math.max(FIRST_CAPACITY, this.#length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = this.#half * 16 + digit;
    this.#half = -1;
  }

  /** Takes a byte as two digits. */
  pushByte(byte: number): void {
    this.push(byte >> 4);
    this.push(byte & 15);
  }

  /** Forgets a digit without a partner. */
  dropHalf(): void {
    this.#half = -1;
  }

  /** The bytes; a last digit without a partner is none. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }
}

/** Value of a hexadecimal digit's ASCII code, or -1. */
export function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
