/**
 * Containers whose kind shows in their directory: ZIP and OLE.
 *
 * @module
 */
import { ByteReader } from "../lib/bytes.ts";
import type { Finding } from "./identify.ts";
import type { FileType } from "./routes.ts";

const LOCAL_HEADER = 0x04034b50; // APPNOTE.TXT 4.3.7
const CENTRAL_HEADER = 0x02014b50; // 4.3.12
const END_OF_DIRECTORY = 0x06054b50; // 4.3.16

/** Bytes of an end of central directory record without its comment, and with the longest one. */
const END_SIZE = 22;
const MAX_END_SIZE = END_SIZE + 0xffff;

/** Most members of a ZIP file whose names are looked at: the telling ones come early. */
const MAX_MEMBERS = 4096;

/** Longest telling name, and then some. */
const MAX_NAME = 64;

/** Names of members that tell the kind; lower case, since the Open Packaging Conventions (ECMA-376-2, 10.1.1.1) compare so. */
const TELLING_MEMBERS: ReadonlyMap<string, FileType> = new Map([
  ["[content_types].xml", "ooxml"],
  ["androidmanifest.xml", "jar"],
  ["meta-inf/manifest.mf", "jar"],
]);

/** What the first member of an OpenDocument file, "mimetype", holds (OpenDocument 1.3, part 2, 3.3). */
const OPEN_DOCUMENT = "mimetypeapplication/vnd.oasis.opendocument";

/** A ZIP file, also one behind something else, and its kind. */
export function findZip(reader: ByteReader): Finding[] {
  const end = endOfDirectory(reader);
  const local = reader.u32(0) === LOCAL_HEADER;
  if (!local && end === undefined) return [];
  const why = local ? "ZIP member at 0" : `end of a ZIP directory at ${end}`;
  // Whatever the directory says: a name of the first member without extra field is followed by its stored content.
  if (local && reader.latin1z(30, OPEN_DOCUMENT.length) === OPEN_DOCUMENT) {
    return [{ type: "odf", why: `${why}, OpenDocument's "mimetype" first` }];
  }
  for (const name of end === undefined ? localNames(reader) : directoryNames(reader, end)) {
    const type = TELLING_MEMBERS.get(name.toLowerCase());
    if (type !== undefined) return [{ type, why: `${why}, has "${name}"` }];
  }
  return [{ type: "zip", why }];
}

/** Offset of the end of central directory record, searched from the end. */
function endOfDirectory(reader: ByteReader): number | undefined {
  const first = Math.max(0, reader.length - MAX_END_SIZE);
  for (let i = reader.length - END_SIZE; i >= first; i--) {
    if (reader.u32(i) === END_OF_DIRECTORY && i + END_SIZE + (reader.u16(i + 20) ?? 0) <= reader.length) return i;
  }
  return undefined;
}

function* directoryNames(reader: ByteReader, end: number): Generator<string> {
  // Counted back from its end, the directory is found behind a program, too.
  let offset = end - (reader.u32(end + 12) ?? 0);
  for (let i = 0; i < MAX_MEMBERS && reader.u32(offset) === CENTRAL_HEADER; i++) {
    const length = reader.u16(offset + 28) ?? 0;
    yield reader.latin1z(offset + 46, Math.min(length, MAX_NAME)) ?? "";
    offset += 46 + length + (reader.u16(offset + 30) ?? 0) + (reader.u16(offset + 32) ?? 0);
  }
}

const LOCAL_HEADER_BYTES = Uint8Array.of(0x50, 0x4b, 0x03, 0x04);

/** Names of a ZIP file without its end: one pass, since members may leave their sizes to what follows them (4.4.4, bit 3). */
function* localNames(reader: ByteReader): Generator<string> {
  let offset = 0;
  for (let i = 0; i < MAX_MEMBERS && offset !== -1; i++) {
    yield reader.latin1z(offset + 30, Math.min(reader.u16(offset + 26) ?? 0, MAX_NAME)) ?? "";
    offset = reader.indexOf(LOCAL_HEADER_BYTES, offset + LOCAL_HEADER_BYTES.length);
  }
}

const OLE_SIGNATURE = 0xe11ab1a1e011cfd0n; // [MS-CFB] 2.2, as a little-endian number

/** Class identifiers of root storages, the bytes in hexadecimal. */
const ROOT_CLASSES: ReadonlyMap<string, FileType> = new Map([
  ["0b0d020000000000c000000000000046", "msg"], // Outlook message, [MS-OXMSG] 2.1
  ["84100c0000000000c000000000000046", "msi"], // installer database
  ["86100c0000000000c000000000000046", "msi"], // installer patch
]);

/** UTF-16LE name of the stream that every Outlook message has ([MS-OXMSG] 2.4), with its first bytes' zeros. */
const MSG_STREAM = Uint8Array.from([..."__properties_version1.0"].flatMap((char) => [char.charCodeAt(0), 0]));

/** How much of the directory is looked through for that stream. */
const DIRECTORY_WINDOW = 4096;

/** An OLE compound file and its kind ([MS-CFB] 2.2 and 2.6). */
export function findOle(reader: ByteReader): Finding[] {
  if (reader.u64(0) !== OLE_SIGNATURE) return [];
  const sector = 2 ** Math.min(reader.u16(30) ?? 9, 16);
  const directory = ((reader.u32(48) ?? 0) + 1) * sector;
  const root = [...(reader.slice(directory + 80, 16) ?? [])].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const type = ROOT_CLASSES.get(root);
  if (type !== undefined) return [{ type, why: `OLE signature at 0, class of the root storage at ${directory + 80}` }];
  const window = new ByteReader(reader.bytes.subarray(directory, directory + DIRECTORY_WINDOW));
  const stream = window.indexOf(MSG_STREAM);
  if (stream !== -1) {
    return [{ type: "msg", why: `OLE signature at 0, "__properties_version1.0" at ${directory + stream}` }];
  }
  return [{ type: "ole", why: "OLE signature at 0" }];
}
