/**
 * Frames between the core and a sandbox process: a JSON envelope and byte strings beside it, over pipes.
 *
 * Layout, numbers unsigned little-endian: u32 length of the envelope, u32 number of parts, u32 length of each part, the envelope
 * (UTF-8 JSON), the parts.
 *
 * @module
 */
import { MAX_PARTS } from "./protocol.ts";

/** Longest envelope, in bytes: it holds arguments and error texts, never results or payloads. */
const MAX_ENVELOPE = 256 * 1024 * 1024;
/** Longest part, in bytes. */
const MAX_PART = 0xffff_ffff;
/** Small frames are joined up to this many bytes a write. */
const WRITE_SIZE = 256 * 1024;

/** Milliseconds that a frame may wait for company. */
const LINGER = 1;
/** Pieces that are company enough. */
const ENOUGH = 64;

/** One frame. */
export interface Frame {
  readonly envelope: unknown;
  readonly parts: readonly Uint8Array<ArrayBuffer>[];
}

/** Bytes that are no frame: the other side is broken or not what it seems. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The head of a frame; its parts follow as they are. */
export function encodeHead(envelope: unknown, parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const json = encoder.encode(JSON.stringify(envelope));
  const head = new Uint8Array(8 + 4 * parts.length + json.length);
  const view = new DataView(head.buffer);
  view.setUint32(0, json.length, true);
  view.setUint32(4, parts.length, true);
  for (const [index, part] of parts.entries()) view.setUint32(8 + 4 * index, part.length, true);
  head.set(json, 8 + 4 * parts.length);
  return head;
}

/** A whole frame. */
export function encodeFrame(envelope: unknown, parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const pieces = [encodeHead(envelope, parts), ...parts];
  return join(pieces, pieces.reduce((size, { length }) => size + length, 0));
}

/** Writes frames in order, joining small ones; waits for nobody. */
export class FrameWriter {
  readonly #write: (bytes: Uint8Array) => Promise<unknown>;
  readonly #moreToCome: () => boolean;
  #queue: Uint8Array[] = [];
  #pumping: Promise<void> | undefined;
  /** Ends the wait for more. */
  #enough: (() => void) | undefined;

  /**
   * @param write Writes all of the bytes, or rejects when the other side is gone.
   * @param moreToCome Whether it is worth a moment to wait for more before writing: a write costs more than a small frame.
   */
  constructor(write: (bytes: Uint8Array) => Promise<unknown>, moreToCome: () => boolean = () => false) {
    this.#write = write;
    this.#moreToCome = moreToCome;
  }

  /** Queues a frame. The parts must not change until they are written. */
  send(envelope: unknown, parts: readonly Uint8Array[] = []): void {
    this.#queue.push(encodeHead(envelope, parts), ...parts);
    this.#pumping ??= this.#pump();
    if (this.#enough !== undefined && (this.#queue.length >= ENOUGH || !this.#moreToCome())) this.#enough();
  }

  /** Resolves when everything queued so far is written, or the other side is gone. */
  async flush(): Promise<void> {
    await this.#pumping;
  }

  /** Waits for the end of this turn of the event loop, or a little longer where more is to come. */
  #gather(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#moreToCome()) return void setImmediate(resolve);
      const done = () => {
        clearTimeout(timer);
        this.#enough = undefined;
        resolve();
      };
      const timer = setTimeout(done, LINGER);
      this.#enough = done;
    });
  }

  async #pump(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        await this.#gather();
        const queue = this.#queue;
        this.#queue = [];
        for (let i = 0; i < queue.length;) {
          let end = i;
          let size = 0;
          while (end < queue.length && (end === i || size + queue[end]!.length <= WRITE_SIZE)) {
            size += queue[end++]!.length;
          }
          await this.#write(end === i + 1 ? queue[i]! : join(queue.slice(i, end), size));
          i = end;
        }
      }
    } catch {
      // Whoever reads from the other side sees it end.
      this.#queue = [];
    }
    this.#pumping = undefined;
  }
}

/** What a frame may have, in bytes. */
export interface FrameLimits {
  readonly envelope: number;
  /** All parts together. */
  readonly parts: () => number;
}

/** Takes bytes as they come and gives the frames in them. */
export class FrameReader {
  readonly #limits: FrameLimits;
  /** The head (lengths and envelope) so far. */
  #head = new Uint8Array(0);
  #headFilled = 0;
  #lengths: number[] | undefined;
  #envelope: unknown;
  #parts: Uint8Array<ArrayBuffer>[] = [];
  #part: { bytes: Uint8Array<ArrayBuffer>; filled: number } | undefined;

  constructor(limits: FrameLimits = { envelope: MAX_ENVELOPE, parts: () => Infinity }) {
    this.#limits = limits;
  }

  /**
   * Takes the next bytes.
   *
   * @returns The frames that are complete with them.
   * @throws {FrameError} If they are no frames.
   */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    let rest = chunk;
    while (rest.length > 0 || this.#lengths !== undefined) {
      if (this.#lengths === undefined) {
        rest = this.#readHead(rest);
        if (this.#lengths === undefined) break;
      }
      rest = this.#readParts(rest);
      if (this.#parts.length < this.#lengths.length) break;
      frames.push({ envelope: this.#envelope, parts: this.#parts });
      this.#lengths = undefined;
      this.#parts = [];
    }
    return frames;
  }

  #readHead(chunk: Uint8Array): Uint8Array {
    let rest = chunk;
    for (;;) {
      const need = headLength(this.#head.subarray(0, this.#headFilled), this.#limits.envelope);
      if (this.#head.length < need.end) {
        const longer = new Uint8Array(need.end);
        longer.set(this.#head);
        this.#head = longer;
      }
      const taken = rest.subarray(0, need.end - this.#headFilled);
      this.#head.set(taken, this.#headFilled);
      this.#headFilled += taken.length;
      rest = rest.subarray(taken.length);
      if (this.#headFilled < need.end) return rest;
      if (need.json !== null) {
        this.#parseHead(need.json);
        return rest;
      }
    }
  }

  #parseHead(json: number): void {
    const bytes = this.#head;
    this.#head = new Uint8Array(0);
    this.#headFilled = 0;
    const view = new DataView(bytes.buffer);
    const lengths = Array.from({ length: view.getUint32(4, true) }, (_, index) => view.getUint32(8 + 4 * index, true));
    const size = lengths.reduce((sum, length) => sum + length, 0);
    if (size > this.#limits.parts()) {
      throw new FrameError(`frame has ${size} bytes of parts, the limit is ${this.#limits.parts()}`);
    }
    this.#lengths = lengths;
    try {
      this.#envelope = JSON.parse(decoder.decode(bytes.subarray(json)));
    } catch {
      throw new FrameError("envelope is not JSON");
    }
  }

  #readParts(chunk: Uint8Array): Uint8Array {
    let rest = chunk;
    const lengths = this.#lengths!;
    while (this.#parts.length < lengths.length) {
      const part = this.#part ??= { bytes: allocate(lengths[this.#parts.length]!), filled: 0 };
      const taken = rest.subarray(0, part.bytes.length - part.filled);
      part.bytes.set(taken, part.filled);
      part.filled += taken.length;
      rest = rest.subarray(taken.length);
      if (part.filled < part.bytes.length) break;
      this.#parts.push(part.bytes);
      this.#part = undefined;
    }
    return rest;
  }
}

/** Bytes that the head has as far as is known, and where its JSON begins, once that is known. */
function headLength(bytes: Uint8Array, maxEnvelope: number): { end: number; json: number | null } {
  if (bytes.length < 8) return { end: 8, json: null };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const json = view.getUint32(0, true);
  const parts = view.getUint32(4, true);
  if (json > maxEnvelope) throw new FrameError(`envelope has ${json} bytes, the limit is ${maxEnvelope}`);
  if (parts > MAX_PARTS + 1) throw new FrameError(`frame has ${parts} parts, the limit is ${MAX_PARTS + 1}`);
  return { end: 8 + 4 * parts + json, json: 8 + 4 * parts };
}

function allocate(length: number): Uint8Array<ArrayBuffer> {
  if (length > MAX_PART) throw new FrameError(`part has ${length} bytes`);
  try {
    return new Uint8Array(length);
  } catch {
    throw new FrameError(`part of ${length} bytes does not fit into memory`);
  }
}

function join(pieces: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
