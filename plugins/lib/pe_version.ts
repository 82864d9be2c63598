/**
 * Version information (VS_VERSIONINFO) of a Portable Executable file.
 *
 * @module
 */
import { ByteReader } from "./bytes.ts";
import type { PeImage } from "./pe_image.ts";
import { RT_VERSION } from "./pe_resources.ts";
import type { FixedFileInfo, PeResource, VersionInfo } from "./pe_types.ts";

/** dwSignature of VS_FIXEDFILEINFO. */
const FIXED_SIGNATURE = 0xfeef04bd;
/** Size of VS_FIXEDFILEINFO. */
const FIXED_SIZE = 52;
/** Most strings read from one resource. */
const MAX_STRINGS = 1024;
/** Most version resources read from one file: one a language. */
const MAX_RESOURCES = 64;
/** Longest key or value, UTF-16 units. */
const MAX_TEXT = 32_768;

/** A node: every structure of a version resource begins alike. */
interface Node {
  /** Offset in the resource of the node, of its value and of its end. */
  readonly start: number;
  readonly value: number;
  readonly end: number;
  readonly valueLength: number;
  readonly key: string;
}

/** Reads the version resources of a file, usually one. */
export function readVersionInfo(image: PeImage, resources: readonly PeResource[]): VersionInfo[] {
  const infos: VersionInfo[] = [];
  for (const { path, offset, size } of resources) {
    if (path[0] !== RT_VERSION || offset === undefined || infos.length >= MAX_RESOURCES) continue;
    const bytes = image.reader.bytes.subarray(offset, offset + size);
    const info = parseVersionInfo(bytes);
    if (info === undefined) image.report("version resource has no VS_VERSION_INFO", offset);
    else infos.push(limitText(image, info, offset));
  }
  return infos;
}

/**
 * Parses one version resource. Work is linear: nodes that don't advance or don't fit end their list.
 *
 * "Version Information Structures" (winver.h): VS_VERSIONINFO, StringFileInfo, StringTable, String, VarFileInfo, Var,
 * VS_FIXEDFILEINFO; everything is aligned to 32 bits.
 *
 * @param bytes The resource.
 */
export function parseVersionInfo(bytes: Uint8Array): VersionInfo | undefined {
  const reader = new ByteReader(bytes);
  const root = readNode(reader, 0, bytes.length);
  if (root?.key !== "VS_VERSION_INFO") return undefined;
  const fixed = root.valueLength >= FIXED_SIZE ? readFixed(reader, root.value) : undefined;
  const tables: { table: string; strings: { key: string; value: string }[] }[] = [];
  const translations: { language: number; codePage: number }[] = [];
  let stringsLeft = MAX_STRINGS;
  for (const info of children(reader, root, root.valueLength)) {
    for (const child of children(reader, info, 0)) {
      if (stringsLeft === 0) break;
      if (info.key === "StringFileInfo") {
        const strings = [];
        for (const node of children(reader, child, 0)) {
          if (stringsLeft-- <= 1) break;
          strings.push({ key: node.key, value: readText(reader, node.value, node.end) });
        }
        stringsLeft = Math.max(0, stringsLeft);
        tables.push({ table: child.key, strings });
      } else if (info.key === "VarFileInfo" && child.key === "Translation") {
        for (let at = child.value; at + 4 <= child.end && stringsLeft > 0; at += 4, stringsLeft--) {
          translations.push({ language: reader.u16(at) ?? 0, codePage: reader.u16(at + 2) ?? 0 });
        }
      }
    }
  }
  return { ...(fixed && { fixed }), tables, translations };
}

function readNode(reader: ByteReader, start: number, limit: number): Node | undefined {
  const length = reader.u16(start);
  const valueLength = reader.u16(start + 2);
  if (length === undefined || valueLength === undefined || length < 6) return undefined;
  const end = Math.min(start + length, limit);
  const key = readText(reader, start + 6, end);
  return { start, value: align(start + 6 + (key.length + 1) * 2), end, valueLength, key };
}

/** The nodes that follow a node's value. */
function* children(reader: ByteReader, parent: Node, valueLength: number): Generator<Node> {
  for (let at = align(parent.value + valueLength); at + 6 <= parent.end;) {
    const node = readNode(reader, at, parent.end);
    if (node === undefined) return;
    yield node;
    at = align(node.end);
  }
}

function readFixed(reader: ByteReader, at: number): FixedFileInfo | undefined {
  if (reader.u32(at) !== FIXED_SIGNATURE || !reader.has(at, FIXED_SIZE)) return undefined;
  const u16 = (offset: number) => reader.u16(at + offset) ?? 0;
  const u32 = (offset: number) => reader.u32(at + offset) ?? 0;
  const version = (offset: number) => [u16(offset + 2), u16(offset), u16(offset + 6), u16(offset + 4)].join(".");
  return {
    fileVersion: version(8),
    productVersion: version(16),
    fileFlagsMask: u32(24),
    fileFlags: u32(28),
    fileOs: u32(32),
    fileType: u32(36),
    fileSubtype: u32(40),
  };
}

/** NUL-terminated UTF-16 text. */
function readText(reader: ByteReader, start: number, end: number): string {
  let text = "";
  for (let at = start; at + 2 <= end && text.length < MAX_TEXT; at += 2) {
    const unit = reader.u16(at);
    if (!unit) break;
    text += String.fromCharCode(unit);
  }
  return text;
}

function limitText(image: PeImage, info: VersionInfo, offset: number): VersionInfo {
  const take = (text: string) => image.takeText(text, offset);
  return {
    ...info,
    tables: info.tables.map(({ table, strings }) => ({
      table: take(table),
      strings: strings.map(({ key, value }) => ({ key: take(key), value: take(value) })),
    })),
  };
}

function align(offset: number): number {
  return (offset + 3) & ~3;
}
