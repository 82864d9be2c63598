/**
 * What OLE objects wrap: the Packager's files (`\x01Ole10Native`) and OLE 1.0 objects, [MS-OLEDS].
 *
 * @module
 */
import { ByteReader } from "./bytes.ts";

/** Longer names and paths than Windows allows are cut off there. */
const MAX_NAME = 1024;

/** A file that the Packager wrapped. */
export interface OlePackage {
  /** The name shown under the icon. */
  readonly label: string;
  /** Where the file came from. */
  readonly sourcePath: string;
  /** Where the file is unpacked to when it is opened. */
  readonly tempPath: string;
  /** Whether only a path is stored, and no file. */
  readonly linked: boolean;
  /** Size that the structure declares; `data` is shorter where bytes are missing. */
  readonly declaredSize: number;
  /** The file: a view, no copy. */
  readonly data: Uint8Array;
}

/** An object in the OLE 1.0 format, as RTF holds them. */
export interface Ole1Object {
  readonly kind: "linked" | "embedded";
  readonly className: string;
  /** For a linked object: the file. */
  readonly topicName: string;
  /** For a linked object: the part of the file. */
  readonly itemName: string;
  readonly declaredSize: number;
  /** Native data of an embedded object, empty for a linked one: a view, no copy. */
  readonly data: Uint8Array;
}

/**
 * Reads an `\x01Ole10Native` stream, [MS-OLEDS] 2.3.6: a size, then what the class stored; for the classes of the
 * Packager ("Package") a label, paths and a file.
 *
 * @returns The package, or undefined when the data is something else.
 */
export function parseOle10Native(stream: Uint8Array): OlePackage | undefined {
  return parsePackage(stream.subarray(4));
}

/** What an `\x01Ole10Native` stream holds when it is no package: the native data after its size. */
export function ole10NativeData(stream: Uint8Array): Uint8Array {
  const size = new ByteReader(stream).u32(0) ?? 0;
  return stream.subarray(4, 4 + Math.min(size, stream.length));
}

/** Reads the data of the Packager: as in `\x01Ole10Native`, but without the size in front. */
export function parsePackage(bytes: Uint8Array): OlePackage | undefined {
  const reader = new ByteReader(bytes);
  const text = (at: number) => {
    const value = reader.latin1z(at, MAX_NAME);
    return value === undefined || bytes[at + value.length] !== 0 ? undefined : value;
  };
  if (reader.u16(0) !== 2) return undefined;
  const label = text(2);
  if (label === undefined) return undefined;
  const sourcePath = text(2 + label.length + 1);
  if (sourcePath === undefined) return undefined;
  let at = 2 + label.length + 1 + sourcePath.length + 1;
  // Flags, then 1 for a link and 3 for a file.
  const type = reader.u16(at + 2);
  const tempLength = reader.u32(at + 4);
  if (type === undefined || tempLength === undefined) return undefined;
  at += 8;
  const tempPath = text(at);
  if (tempPath === undefined) return undefined;
  // The length counts the NUL; droppers write rubbish there, which the Packager takes no notice of.
  at += reader.has(at, tempLength) && tempLength > tempPath.length ? tempLength : tempPath.length + 1;
  const declaredSize = reader.u32(at);
  const linked = type === 1 || declaredSize === undefined;
  const data = linked ? new Uint8Array() : bytes.subarray(at + 4, at + 4 + declaredSize);
  return { label, sourcePath, tempPath, linked, declaredSize: linked ? 0 : declaredSize, data };
}

/** The best file name of a package: its label, else the last part of a path; null when there is none. */
export function packageFilename(pack: OlePackage): string | null {
  for (const text of [pack.label, pack.sourcePath, pack.tempPath]) {
    const name = text.split(/[\\/]/).at(-1)!.trim();
    if (name !== "") return name;
  }
  return null;
}

/** Reads an OLE 1.0 object, [MS-OLEDS] 2.2.4 to 2.2.6; undefined if the bytes are none. */
export function parseOle1(bytes: Uint8Array): Ole1Object | undefined {
  const reader = new ByteReader(bytes);
  const format = reader.u32(4);
  if (format !== 1 && format !== 2) return undefined;
  let at = 8;
  /** LengthPrefixedAnsiString, [MS-OLEDS] 2.1.4; the length counts the NUL. */
  const text = (): string | undefined => {
    const length = reader.u32(at);
    if (length === undefined || !reader.has(at + 4, length)) return undefined;
    const value = reader.latin1z(at + 4, Math.min(length, MAX_NAME));
    at += 4 + length;
    return value;
  };
  const className = text();
  const topicName = text();
  const itemName = text();
  if (className === undefined || topicName === undefined || itemName === undefined) return undefined;
  if (format === 1) return { kind: "linked", className, topicName, itemName, declaredSize: 0, data: new Uint8Array() };
  const declaredSize = reader.u32(at);
  if (declaredSize === undefined) return undefined;
  const data = bytes.subarray(at + 4, at + 4 + declaredSize);
  return { kind: "embedded", className, topicName, itemName, declaredSize, data };
}
