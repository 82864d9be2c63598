/**
 * Resources of a Portable Executable file.
 *
 * @module
 */
import type { PeImage } from "./pe_image.ts";
import type { PeResource } from "./pe_types.ts";

/** Levels of the tree that are followed: files have three (type, name, language). */
const MAX_DEPTH = 8;
/** Most entries of the tree that are read, over all directories. */
const MAX_ENTRIES = 32_768;
/** Longest name of a resource. */
const MAX_NAME = 256;
/** Size of a resource directory table, before its entries. */
const TABLE_SIZE = 16;
/** Bit of an entry that says: a name, not a number; or: a directory, not data. */
const HIGH_BIT = 0x80000000;

/** Names of the predefined resource types ("Resource Types", winuser.h). */
const TYPE_NAMES: Readonly<Record<number, string>> = {
  1: "RT_CURSOR",
  2: "RT_BITMAP",
  3: "RT_ICON",
  4: "RT_MENU",
  5: "RT_DIALOG",
  6: "RT_STRING",
  7: "RT_FONTDIR",
  8: "RT_FONT",
  9: "RT_ACCELERATOR",
  10: "RT_RCDATA",
  11: "RT_MESSAGETABLE",
  12: "RT_GROUP_CURSOR",
  14: "RT_GROUP_ICON",
  16: "RT_VERSION",
  17: "RT_DLGINCLUDE",
  19: "RT_PLUGPLAY",
  20: "RT_VXD",
  21: "RT_ANICURSOR",
  22: "RT_ANIICON",
  23: "RT_HTML",
  24: "RT_MANIFEST",
};

/** Type of the resource that holds VS_VERSIONINFO. */
export const RT_VERSION = 16;

/** Name of a resource type: the predefined one, or the file's own; nothing for an unknown number. */
export function resourceTypeName(type: number | string): string | undefined {
  return typeof type === "string" ? type : TYPE_NAMES[type];
}

/**
 * Reads the resource tree, as a list of its leaves in the order of the file. Each directory is read once, so that a tree
 * that points back into itself ends.
 *
 * "PE Format", The .rsrc Section.
 */
export function readResources(image: PeImage): PeResource[] {
  const directory = image.directory("resource");
  if (directory === undefined) return [];
  const root = directory.virtualAddress;
  const resources: PeResource[] = [];
  const visited = new Set<number>();
  let entriesLeft = MAX_ENTRIES;

  const readTable = (table: number, path: readonly (number | string)[]): void => {
    const at = image.offsetOf(table) ?? 0;
    if (visited.has(table)) return image.report("resource directory is listed more than once", at);
    visited.add(table);
    const named = image.u16(table + 12);
    const numbered = image.u16(table + 14);
    if (named === undefined || numbered === undefined) {
      return image.report("resource directory is outside the file", at);
    }
    for (let i = 0; i < named + numbered; i++) {
      const entry = table + TABLE_SIZE + i * 8;
      const id = image.u32(entry);
      const target = image.u32(entry + 4);
      if (id === undefined || target === undefined) {
        return image.report(`resource directory is cut off after ${i} of ${named + numbered} entries`, at);
      }
      if (entriesLeft === 0) return;
      if (--entriesLeft === 0) image.report(`more than ${MAX_ENTRIES} resources, the rest was left out`, at);
      const key = id >= HIGH_BIT ? readName(image, root + id - HIGH_BIT) : id;
      if (target < HIGH_BIT) readLeaf(image, root + target, [...path, key], resources);
      else if (path.length + 1 < MAX_DEPTH) readTable(root + target - HIGH_BIT, [...path, key]);
      else image.report(`resource directories nest deeper than ${MAX_DEPTH}`, at);
    }
  };
  readTable(root, []);
  return resources;
}

/** Resource Data Entry. */
function readLeaf(image: PeImage, entry: number, path: (number | string)[], resources: PeResource[]): void {
  const rva = image.u32(entry);
  const size = image.u32(entry + 4);
  const codePage = image.u32(entry + 8);
  if (rva === undefined || size === undefined || codePage === undefined) {
    return image.report(`resource ${path.join("/")} is outside the file`, image.offsetOf(entry) ?? 0);
  }
  const offset = image.offsetOf(rva);
  if (offset === undefined || !image.reader.has(offset, size)) {
    image.report(`data of resource ${path.join("/")} goes past the end of the file`, offset ?? 0);
  }
  resources.push({ path, rva, ...(offset !== undefined && { offset }), size, codePage });
}

/** Resource Directory String: a count of UTF-16 units, and these. */
function readName(image: PeImage, rva: number): string {
  const offset = image.offsetOf(rva);
  if (offset === undefined) return "";
  const length = Math.min(image.reader.u16(offset) ?? 0, MAX_NAME, image.textLeft);
  let name = "";
  for (let i = 0; i < length; i++) name += String.fromCharCode(image.reader.u16(offset + 2 + i * 2) ?? 0);
  return image.takeText(name, offset);
}
