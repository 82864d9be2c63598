/**
 * Where VBA source can be: compound files, OOXML, and the text formats that wrap one of them in base64.
 *
 * @module
 */
import { constants, inflateSync } from "node:zlib";
import { hasCfbMagic, parseCfb } from "../lib/cfb.ts";
import { readPptObjects } from "../lib/ppt.ts";
import { readVbaProjects } from "../lib/vba_project.ts";
import { isZip, peekMember, readZip, ZipMemberReader } from "../lib/zip.ts";

/** Kind of the file, as oletools calls it. */
export type FileType = "OLE" | "PPT" | "OpenXML" | "FlatOPC_XML" | "Word2003_XML" | "MHTML" | "Text";

/** VBA source of a file. */
export interface VbaSources {
  readonly filetype: FileType;
  /** Source of each module. */
  readonly modules: string[];
}

/** What the members or objects of a file together may decompress to. */
const MAX_INNER_BYTES = 64 * 1024 * 1024;
/** Compound files in one file that are looked at. */
const MAX_INNER_FILES = 200;
/** How much of a text says what kind it is. */
const HEAD = 8192;
/** Base64 of the first bytes of a compound file and of an ActiveMime file. */
const BASE64_STARTS = ["0M8R4KGxGuE", "QWN0aXZlTWltZ"];
const BASE64_RUN = /[A-Za-z0-9+/\s]*/y;
const ACTIVE_MIME = new TextEncoder().encode("ActiveMime");
/** Places of the zlib stream in ActiveMime files that were seen; the first is computed from the header. */
const ACTIVE_MIME_OFFSETS = [0x32, 0x22a];
/** Lines that only VBA modules have. */
const VBA_TEXT =
  /^[ \t]*(?:Attribute VB_Name|(?:(?:Public|Private|Static)[ \t]+)?(?:Sub|Function)[ \t]+[A-Za-z_]\w{0,254}[ \t]*\()/im;
const VBA_TEXT_END = /^[ \t]*End[ \t]+(?:Sub|Function)\b/im;

/**
 * Finds the VBA source of a file, whatever Office format it is.
 *
 * @param errors Gets what was malformed or left out.
 * @returns Undefined if the file is none of these formats.
 */
export function readVbaSources(bytes: Uint8Array, errors: string[]): VbaSources | undefined {
  if (hasCfbMagic(bytes)) return fromCfb(bytes, errors);
  if (isZip(bytes)) return fromZip(bytes, errors);
  const head = decodeText(bytes.subarray(0, HEAD));
  const filetype = textType(head);
  if (filetype) {
    const modules: string[] = [];
    for (const inner of base64Files(decodeText(bytes), errors)) modules.push(...fromCfb(inner, errors).modules);
    return { filetype, modules };
  }
  if (bytes.includes(0)) return undefined;
  const text = decodeText(bytes);
  return VBA_TEXT.test(text) && VBA_TEXT_END.test(text) ? { filetype: "Text", modules: [text] } : undefined;
}

function fromCfb(bytes: Uint8Array, errors: string[]): VbaSources {
  const cfb = parseCfb(bytes);
  const modules: string[] = [];
  if (!cfb) {
    errors.push(`compound file of ${bytes.length} bytes is too short to have a header`);
    return { filetype: "OLE", modules };
  }
  const before = errors.length;
  for (const project of readVbaProjects(cfb, errors)) modules.push(...project.modules.map((module) => module.code));
  let filetype: FileType = "OLE";
  if (cfb.entries.some((entry) => entry.parts.join("/") === "PowerPoint Document")) {
    filetype = "PPT";
    const objects = readPptObjects(cfb, MAX_INNER_BYTES, errors).slice(0, MAX_INNER_FILES);
    for (const { content } of objects) {
      const inner = parseCfb(content);
      for (const project of inner ? readVbaProjects(inner, errors) : []) {
        modules.push(...project.modules.map((module) => module.code));
      }
    }
  }
  // Damage elsewhere in the file is the ole plugin's to report.
  if (modules.length > 0 || errors.length > before) errors.push(...cfb.errors);
  return { filetype, modules };
}

/** Every member that is a compound file, whatever its name: vbaProject.bin may be called anything. */
function fromZip(bytes: Uint8Array, errors: string[]): VbaSources | undefined {
  const zipErrors: string[] = [];
  const members = readZip(bytes, zipErrors);
  if (!members.some((member) => member.name.toLowerCase() === "[content_types].xml")) return undefined;
  errors.push(...zipErrors);
  const modules: string[] = [];
  const reader = new ZipMemberReader(bytes, MAX_INNER_BYTES);
  let files = 0;
  for (const member of members) {
    if (!hasCfbMagic(peekMember(bytes, member))) continue;
    if (files++ >= MAX_INNER_FILES) {
      errors.push(`OLE parts after the first ${MAX_INNER_FILES} left out`);
      break;
    }
    const { content, error } = reader.read(member);
    if (error) errors.push(error);
    if (!content) continue;
    modules.push(...fromCfb(content, errors).modules);
  }
  return { filetype: "OpenXML", modules };
}

function decodeText(bytes: Uint8Array): string {
  const label = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "latin1";
  return new TextDecoder(label).decode(bytes);
}

function textType(head: string): FileType | undefined {
  if (head.includes("http://schemas.microsoft.com/office/2006/xmlPackage")) return "FlatOPC_XML";
  if (head.includes("http://schemas.microsoft.com/office/word/2003/wordml")) return "Word2003_XML";
  const lower = head.toLowerCase();
  return lower.includes("mime-version") && lower.includes("multipart/") ? "MHTML" : undefined;
}

/** Compound files in base64 text, also those inside ActiveMime. */
function* base64Files(text: string, errors: string[]): Generator<Uint8Array> {
  const room = { bytes: MAX_INNER_BYTES };
  let files = 0;
  for (const start of BASE64_STARTS) {
    for (let at = text.indexOf(start); at >= 0;) {
      if (files++ >= MAX_INNER_FILES) return void errors.push(`files after the first ${MAX_INNER_FILES} left out`);
      BASE64_RUN.lastIndex = at;
      const encoded = (BASE64_RUN.exec(text)?.[0] ?? "").replace(/\s+/g, "");
      at = text.indexOf(start, Math.max(at + start.length, BASE64_RUN.lastIndex));
      // A single character at the end is no byte; two or three are, without their padding.
      const content = Uint8Array.fromBase64(encoded.length % 4 === 1 ? encoded.slice(0, -1) : encoded);
      const file = ACTIVE_MIME.every((byte, i) => content[i] === byte)
        ? fromActiveMime(content, room, errors)
        : content;
      if (!file || !hasCfbMagic(file)) continue;
      room.bytes -= file.length;
      yield file;
    }
  }
}

/** The compound file that an ActiveMime file wraps with zlib. */
function fromActiveMime(bytes: Uint8Array, room: { bytes: number }, errors: string[]): Uint8Array | undefined {
  const computed = (bytes[0x1e] ?? 0) + (bytes[0x1f] ?? 0) * 256 + 46;
  let why = "no zlib stream where one is expected";
  for (const offset of [computed, ...ACTIVE_MIME_OFFSETS]) {
    if (bytes[offset] !== 0x78) continue;
    try {
      // The flush gives what there is of a stream that is cut off.
      const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: Math.max(1, room.bytes) };
      return Uint8Array.from(inflateSync(bytes.subarray(offset), options));
    } catch (cause) {
      // What was too large may not be tried again and again.
      if (cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE") room.bytes = 0;
      why = `offset ${offset}: ${cause instanceof Error ? cause.message : cause}`;
    }
  }
  errors.push(`ActiveMime file cannot be decompressed: ${why}`);
  return undefined;
}
