import { ByteReader } from "./bytes.ts";

/** "LZFu" and "MELA", [MS-OXRTFCP] 2.1.3.1.1. */
const COMPRESSED = 0x75465a4c, UNCOMPRESSED = 0x414c454d;
const HEADER_SIZE = 16;
/** Size of the dictionary, a ring, [MS-OXRTFCP] 2.1.3.1.4. */
const DICTIONARY_SIZE = 4_096;
/** What the dictionary begins with, [MS-OXRTFCP] 2.1.2.1. */
const INITIAL_DICTIONARY = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss " +
  "\\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n" +
  "\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

/** What came out of a compressed RTF body. */
export interface RtfBody {
  rtf: Uint8Array;
  /** What is wrong with it, or null. */
  error: string | null;
}

/**
 * Decompresses an RTF body, [MS-OXRTFCP]. Two bytes give at most 17, so that the output is below nine times the input.
 *
 * @returns Undefined if the bytes are no such body.
 */
export function decompressRtf(bytes: Uint8Array): RtfBody | undefined {
  const reader = new ByteReader(bytes);
  const rawSize = reader.u32(4), type = reader.u32(8);
  if (rawSize === undefined || (type !== COMPRESSED && type !== UNCOMPRESSED)) return undefined;
  const input = bytes.subarray(HEADER_SIZE);
  const rtf = type === COMPRESSED ? inflate(input, rawSize) : input.slice(0, rawSize);
  const error = rtf.length < rawSize ? `RTF body: ${rtf.length} of ${rawSize} bytes could be decompressed` : null;
  return { rtf, error };
}

function inflate(input: Uint8Array, rawSize: number): Uint8Array {
  const dictionary = new Uint8Array(DICTIONARY_SIZE);
  for (let i = 0; i < INITIAL_DICTIONARY.length; i++) dictionary[i] = INITIAL_DICTIONARY.charCodeAt(i);
  const out = new Uint8Array(Math.min(rawSize, input.length * 9));
  let write = INITIAL_DICTIONARY.length, length = 0;
  const emit = (byte: number) => {
    dictionary[write] = byte;
    write = (write + 1) % DICTIONARY_SIZE;
    if (length < out.length) out[length++] = byte;
  };
  for (let at = 0; at < input.length && length < out.length;) {
    const control = input[at++]!;
    for (let bit = 0; bit < 8 && at < input.length; bit++) {
      if ((control >> bit & 1) === 0) {
        emit(input[at++]!);
        continue;
      }
      const reference = input[at]! << 8 | (input[at + 1] ?? 0);
      at += 2;
      const offset = reference >> 4;
      if (offset === write) return out.subarray(0, length); // the end, [MS-OXRTFCP] 2.2.2.2
      for (let i = 0; i < (reference & 15) + 2; i++) emit(dictionary[(offset + i) % DICTIONARY_SIZE]!);
    }
  }
  return out.subarray(0, length);
}
