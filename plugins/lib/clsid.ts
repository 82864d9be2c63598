import type { ByteReader } from "./bytes.ts";

/** Order of the bytes in the text; -1 is a hyphen. */
const ORDER = [3, 2, 1, 0, -1, 5, 4, -1, 7, 6, -1, 8, 9, -1, 10, 11, 12, 13, 14, 15];

/** A CLSID (GUID, [MS-DTYP] 2.3.4.2) as lower-case text from its 16 bytes; null when all are zero or outside. */
export function readClsid(reader: ByteReader, offset: number): string | null {
  const bytes = reader.slice(offset, 16);
  if (!bytes || bytes.every((byte) => byte === 0)) return null;
  return ORDER.map((index) => index < 0 ? "-" : bytes[index]!.toString(16).padStart(2, "0")).join("");
}
