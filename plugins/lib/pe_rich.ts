/**
 * The Rich header that Microsoft's linker writes between the DOS stub and the PE signature.
 *
 * @module
 */
import type { ByteReader } from "./bytes.ts";
import type { RichHeader } from "./pe_types.ts";

/** `DanS`, once decoded: the beginning. */
const DANS = 0x536e6144;
/** `Rich`: the end, followed by the key. */
const RICH = 0x68636952;
/** Where the header begins at the earliest: after the DOS header. */
const FIRST = 0x40;
/** Most bytes searched: the header is a few hundred bytes long. */
const MAX_SIZE = 4096;

/**
 * Reads the Rich header. It is not specified; its form is known from "Rich Signature" (Pistelli, 2008) and "Finding the
 * Needle" (Webster et al., 2017): 32-bit words XORed with a key: `DanS`, three zeros, pairs of tool and count; then
 * `Rich` and the key in the clear.
 *
 * @param reader The file.
 * @param peOffset Offset of the PE signature.
 */
export function readRichHeader(reader: ByteReader, peOffset: number): RichHeader | undefined {
  const last = Math.min(peOffset, FIRST + MAX_SIZE) - 8;
  for (let end = FIRST; end <= last; end += 4) {
    const key = reader.u32(end) === RICH ? reader.u32(end + 4) : undefined;
    if (key === undefined) continue;
    for (let start = end - 16; start >= FIRST; start -= 4) {
      if (((reader.u32(start) ?? 0) ^ key) >>> 0 === DANS) return decode(reader, start, end, key);
    }
    return undefined;
  }
  return undefined;
}

function decode(reader: ByteReader, start: number, end: number, key: number): RichHeader {
  const clear = new Uint8Array(end - start);
  const view = new DataView(clear.buffer);
  for (let at = 0; at < clear.length; at += 4) view.setUint32(at, (reader.u32(start + at) ?? 0) ^ key, true);
  const entries = [];
  for (let at = 16; at + 8 <= clear.length; at += 8) {
    entries.push({
      build: view.getUint16(at, true),
      product: view.getUint16(at + 2, true),
      count: view.getUint32(at + 4, true),
    });
  }
  return { offset: start, key, entries, clear };
}
