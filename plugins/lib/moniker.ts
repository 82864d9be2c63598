/**
 * Where a linked OLE object points: monikers in `\x01Ole` and `\x03LinkInfo` streams, [MS-OLEDS] 2.3.3.
 *
 * @module
 */
import { ByteReader } from "./bytes.ts";
import { decodeUtf16 } from "./codepage.ts";

/** A link of an OLE object. */
export interface Moniker {
  readonly kind: "url" | "file";
  readonly target: string;
}

/** CLSIDs as they are stored, [MS-OSHARED] 2.3.7.2. */
const URL_MONIKER = [0xe0, 0xc9, 0xea, 0x79, 0xf9, 0xba, 0xce, 0x11, 0x8c, 0x82, 0x00, 0xaa, 0x00, 0x4b, 0xa9, 0x0b];
const FILE_MONIKER = [0x03, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46];
/** Longest target that is reported: what Internet Explorer took as a URL. */
const MAX_TARGET = 2083;
/** A link has one or two. */
const MAX_MONIKERS = 16;

/** Finds the monikers in a stream by their CLSIDs, whatever is around them. */
export function findMonikers(bytes: Uint8Array): Moniker[] {
  const reader = new ByteReader(bytes);
  const found: Moniker[] = [];
  const each = (clsid: number[], read: (at: number) => Moniker | undefined) => {
    const needle = Uint8Array.from(clsid);
    for (let at = reader.indexOf(needle); at >= 0; at = reader.indexOf(needle, at + 16)) {
      const moniker = read(at + 16);
      if (moniker && moniker.target !== "" && found.length < MAX_MONIKERS) found.push(moniker);
    }
  };
  each(URL_MONIKER, (at) => {
    const length = Math.min(reader.u32(at) ?? 0, MAX_TARGET * 2);
    return { kind: "url", target: decodeUtf16(bytes.subarray(at + 4, at + 4 + length)) };
  });
  each(FILE_MONIKER, (at) => {
    const length = Math.min(reader.u32(at + 2) ?? 0, MAX_TARGET);
    return { kind: "file", target: reader.latin1z(at + 6, length) ?? "" };
  });
  return found;
}
