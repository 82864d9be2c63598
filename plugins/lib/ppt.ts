/**
 * OLE objects and the VBA project inside a binary PowerPoint file, [MS-PPT].
 *
 * @module
 */
import { constants, inflateSync } from "node:zlib";
import { ByteReader } from "./bytes.ts";
import type { Cfb } from "./cfb.ts";

/** ExOleObjStg, ExControlStg and VbaProjectStg share this record type, [MS-PPT] 2.13.24. */
const STORAGE_RECORD = 0x1011;
/** More objects than a presentation has. */
const MAX_OBJECTS = 1_000;

/** A compound file in the `PowerPoint Document` stream. */
export interface PptObject {
  /** Offset of its record in the stream. */
  readonly offset: number;
  readonly content: Uint8Array<ArrayBuffer>;
}

/**
 * Reads the storages in the `PowerPoint Document` stream; they are records of the top level, [MS-PPT] 2.1.2.
 *
 * @param maxBytes What all of them together may decompress to.
 * @param errors Gets what is malformed or left out.
 */
export function readPptObjects(cfb: Cfb, maxBytes: number, errors: string[]): PptObject[] {
  const entry = cfb.entries.find((candidate) => candidate.parts.join("/") === "PowerPoint Document");
  if (!entry) return [];
  const stream = cfb.read(entry);
  const reader = new ByteReader(stream);
  const found: PptObject[] = [];
  for (let at = 0; reader.has(at, 8);) {
    const instance = reader.u16(at)! >> 4;
    const type = reader.u16(at + 2)!;
    const length = reader.u32(at + 4)!;
    const data = stream.subarray(at + 8, at + 8 + length);
    if (type === STORAGE_RECORD) {
      if (found.length >= MAX_OBJECTS) {
        errors.push(`"PowerPoint Document": objects after the first ${MAX_OBJECTS} left out`);
        break;
      }
      try {
        // Instance 1: a size, then a zlib stream, [MS-PPT] 2.10.35; 0: as it is.
        const content = instance === 1 ? inflate(data.subarray(4), maxBytes) : data.slice();
        maxBytes -= content.length;
        found.push({ offset: at, content });
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        errors.push(`"PowerPoint Document": object at offset ${at} cannot be decompressed: ${why}`);
        // What was too large may not be tried again and again.
        if (cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE") maxBytes = 0;
      }
    }
    at += 8 + length;
  }
  return found;
}

/** The flush gives what there is of a stream that is cut off. */
function inflate(bytes: Uint8Array, maxBytes: number): Uint8Array<ArrayBuffer> {
  const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: Math.max(1, maxBytes) };
  return Uint8Array.from(inflateSync(bytes, options));
}
