/**
 * The text of a payload of unknown encoding, in one decoding: UTF-16 when it has the byte order mark or the zeros of
 * it, else UTF-8 when it is valid, else windows-1252.
 */
export function decodeText(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  const sample = bytes.subarray(0, 4_096);
  const zeros = [0, 0];
  for (let i = 0; i < sample.length; i++) if (sample[i] === 0) zeros[i & 1]!++;
  // Text of mostly ASCII characters: nearly every second byte is zero, of the others nearly none.
  if (zeros[1]! > sample.length * 0.4 && zeros[0]! < sample.length * 0.05) {
    return new TextDecoder("utf-16le").decode(bytes);
  }
  if (zeros[0]! > sample.length * 0.4 && zeros[1]! < sample.length * 0.05) {
    return new TextDecoder("utf-16be").decode(bytes);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
