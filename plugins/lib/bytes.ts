/**
 * The one bounded byte reader of the plugins: no read outside the array ever happens, and none throws.
 *
 * @module
 */

/** Reads numbers and strings at absolute offsets; what lies outside the bytes is `undefined`. */
export class ByteReader {
  readonly #view: DataView;

  /** @param bytes The bytes to read from; not copied. @param littleEndian Byte order of multi-byte numbers. */
  constructor(readonly bytes: Uint8Array, readonly littleEndian: boolean = true) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Number of bytes. */
  get length(): number {
    return this.bytes.length;
  }

  /** Whether `[offset, offset + length)` lies inside the bytes. */
  has(offset: number, length: number): boolean {
    return Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0 &&
      offset + length <= this.bytes.length;
  }

  /** Unsigned 8-bit number at `offset`. */
  u8(offset: number): number | undefined {
    return this.has(offset, 1) ? this.#view.getUint8(offset) : undefined;
  }

  /** Unsigned 16-bit number at `offset`. */
  u16(offset: number, littleEndian = this.littleEndian): number | undefined {
    return this.has(offset, 2) ? this.#view.getUint16(offset, littleEndian) : undefined;
  }

  /** Unsigned 32-bit number at `offset`. */
  u32(offset: number, littleEndian = this.littleEndian): number | undefined {
    return this.has(offset, 4) ? this.#view.getUint32(offset, littleEndian) : undefined;
  }

  /** Signed 32-bit number at `offset`. */
  i32(offset: number, littleEndian = this.littleEndian): number | undefined {
    return this.has(offset, 4) ? this.#view.getInt32(offset, littleEndian) : undefined;
  }

  /** Unsigned 64-bit number at `offset`. */
  u64(offset: number, littleEndian = this.littleEndian): bigint | undefined {
    return this.has(offset, 8) ? this.#view.getBigUint64(offset, littleEndian) : undefined;
  }

  /** A view (no copy) of `[offset, offset + length)`. */
  slice(offset: number, length: number): Uint8Array | undefined {
    return this.has(offset, length) ? this.bytes.subarray(offset, offset + length) : undefined;
  }

  /** Bytes as Latin-1 text, up to the first NUL or `maxLength` or the end. */
  latin1z(offset: number, maxLength: number): string | undefined {
    if (!this.has(offset, 0)) return undefined;
    const end = Math.min(this.bytes.length, offset + maxLength);
    let text = "";
    for (let i = offset; i < end; i++) {
      const byte = this.bytes[i]!;
      if (byte === 0) break;
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** Offset of `needle` at or after `from`, or -1. */
  indexOf(needle: Uint8Array, from = 0): number {
    if (needle.length === 0) return from <= this.bytes.length ? from : -1;
    const last = this.bytes.length - needle.length;
    for (
      let i = this.bytes.indexOf(needle[0]!, from);
      i !== -1 && i <= last;
      i = this.bytes.indexOf(needle[0]!, i + 1)
    ) {
      let j = 1;
      while (j < needle.length && this.bytes[i + j] === needle[j]) j++;
      if (j === needle.length) return i;
    }
    return -1;
  }
}
