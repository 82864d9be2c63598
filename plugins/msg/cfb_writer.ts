/**
 * Writes compound files, [MS-CFB]: a message or object inside a .msg becomes a file that programs open.
 *
 * Version 4, whose sectors of 4,096 bytes let the header's 109 entries address 446 MB; larger ones are refused.
 *
 * @module
 */

/** A storage (with children) or a stream (with content) to be written. */
export interface CfbNode {
  name: string;
  /** Class of a storage, as text. */
  clsid?: string | null;
  children?: CfbNode[];
  content?: Uint8Array;
}

const SECTOR = 4_096, MINI_SECTOR = 64, MINI_CUTOFF = 4_096, DIRECTORY_ENTRY = 128;
const FREE = 0xffffffff, END_OF_CHAIN = 0xfffffffe, FAT_SECTOR = 0xfffffffd, NO_STREAM = 0xffffffff;
/** FAT sectors that the header can name, [MS-CFB] 2.2. */
const HEADER_FAT_SECTORS = 109;
const ENTRIES_PER_SECTOR = SECTOR / 4;
const ObjectType = { storage: 1, stream: 2, root: 5 } as const;

interface DirectoryEntry {
  node: CfbNode;
  left: number;
  right: number;
  child: number;
  start: number;
}

/** @param root Its name is not used. @returns The file, or undefined if it would be too large. */
export function writeCfb(root: CfbNode): Uint8Array | undefined {
  const directory = layOutDirectory(root);
  const mini: Uint8Array[] = [], miniFat: number[] = [], large: Uint8Array[] = [], fat: number[] = [];
  for (const entry of directory) {
    const content = entry.node.content;
    if (!content || content.length === 0) continue;
    if (content.length < MINI_CUTOFF) {
      entry.start = miniFat.length;
      pushChain(miniFat, Math.ceil(content.length / MINI_SECTOR));
      mini.push(padded(content, MINI_SECTOR));
    } else {
      entry.start = fat.length;
      pushChain(fat, Math.ceil(content.length / SECTOR));
      large.push(padded(content, SECTOR));
    }
  }
  const miniStream = concat(mini);
  const add = (bytes: Uint8Array): number => {
    if (bytes.length === 0) return END_OF_CHAIN;
    const start = fat.length;
    pushChain(fat, Math.ceil(bytes.length / SECTOR));
    large.push(padded(bytes, SECTOR));
    return start;
  };
  directory[0]!.start = add(miniStream);
  const firstMiniFat = add(numbers(miniFat));
  const firstDirectory = add(directoryBytes(directory, miniStream.length));
  let fatSectors = 1;
  while (fat.length + fatSectors > fatSectors * ENTRIES_PER_SECTOR) fatSectors++;
  if (fatSectors > HEADER_FAT_SECTORS) return undefined;
  const firstFat = fat.length;
  for (let i = 0; i < fatSectors; i++) fat.push(FAT_SECTOR);

  const header = new DataView(new ArrayBuffer(SECTOR));
  [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1].forEach((byte, i) => header.setUint8(i, byte));
  for (const [offset, value] of [[24, 0x3e], [26, 4], [28, 0xfffe], [30, 12], [32, 6]] as const) {
    header.setUint16(offset, value, true);
  }
  const fields = [
    [40, Math.ceil(directory.length * DIRECTORY_ENTRY / SECTOR)],
    [44, fatSectors],
    [48, firstDirectory],
    [56, MINI_CUTOFF],
    [60, firstMiniFat],
    [64, Math.ceil(miniFat.length / ENTRIES_PER_SECTOR)],
    [68, END_OF_CHAIN],
  ] as const;
  for (const [offset, value] of fields) header.setUint32(offset, value, true);
  for (let i = 0; i < HEADER_FAT_SECTORS; i++) header.setUint32(76 + i * 4, i < fatSectors ? firstFat + i : FREE, true);
  return concat([new Uint8Array(header.buffer), ...large, numbers(fat)]);
}

/** Entries with their places in the trees of siblings; the root first. */
function layOutDirectory(root: CfbNode): DirectoryEntry[] {
  const empty = { left: NO_STREAM, right: NO_STREAM, child: NO_STREAM, start: END_OF_CHAIN };
  const directory: DirectoryEntry[] = [{ ...empty, node: root }];
  for (let i = 0; i < directory.length; i++) {
    const children = directory[i]!.node.children ?? [];
    if (children.length === 0) continue;
    const first = directory.length;
    // Shorter names come first, then upper-case order, [MS-CFB] 2.6.4.
    const sorted = [...children].sort((a, b) => a.name.length - b.name.length || (upper(a) < upper(b) ? -1 : 1));
    for (const node of sorted) {
      const start = node.content && node.content.length === 0 ? END_OF_CHAIN : node.children ? 0 : END_OF_CHAIN;
      directory.push({ ...empty, node, start });
    }
    directory[i]!.child = balance(directory, first, directory.length);
  }
  return directory;
}

function upper({ name }: CfbNode): string {
  return name.toUpperCase();
}

/** Links `[from, to)`, which is sorted, to a balanced tree. @returns Its top. */
function balance(directory: DirectoryEntry[], from: number, to: number): number {
  if (from >= to) return NO_STREAM;
  const middle = (from + to) >>> 1;
  directory[middle]!.left = balance(directory, from, middle);
  directory[middle]!.right = balance(directory, middle + 1, to);
  return middle;
}

/** Directory sectors, [MS-CFB] 2.6.1. */
function directoryBytes(directory: DirectoryEntry[], miniStreamSize: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(directory.length * DIRECTORY_ENTRY / SECTOR) * SECTOR);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < bytes.length / DIRECTORY_ENTRY; i++) {
    const at = i * DIRECTORY_ENTRY, entry = directory[i];
    for (const offset of [68, 72, 76]) view.setUint32(at + offset, NO_STREAM, true);
    if (!entry) continue;
    const { node } = entry;
    const name = i === 0 ? "Root Entry" : node.name.slice(0, 31);
    for (let j = 0; j < name.length; j++) view.setUint16(at + j * 2, name.charCodeAt(j), true);
    view.setUint16(at + 64, (name.length + 1) * 2, true);
    view.setUint8(at + 66, i === 0 ? ObjectType.root : node.content ? ObjectType.stream : ObjectType.storage);
    view.setUint8(at + 67, 1); // black
    view.setUint32(at + 68, entry.left, true);
    view.setUint32(at + 72, entry.right, true);
    view.setUint32(at + 76, entry.child, true);
    if (node.clsid) bytes.set(clsidBytes(node.clsid), at + 80);
    view.setUint32(at + 116, entry.start, true);
    view.setUint32(at + 120, i === 0 ? miniStreamSize : node.content?.length ?? 0, true);
  }
  return bytes;
}

function clsidBytes(text: string): Uint8Array {
  const hex = text.replaceAll("-", "");
  const bytes = Array.from({ length: 16 }, (_, i) => parseInt(hex.slice(i * 2, i * 2 + 2), 16));
  return Uint8Array.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15], (from) => bytes[from]!);
}

function pushChain(table: number[], sectors: number): void {
  for (let i = 1; i < sectors; i++) table.push(table.length + 1);
  table.push(END_OF_CHAIN);
}

function numbers(table: number[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(table.length / ENTRIES_PER_SECTOR) * SECTOR).fill(0xff);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of table.entries()) view.setUint32(i * 4, value, true);
  return bytes;
}

function padded(bytes: Uint8Array, unit: number): Uint8Array {
  if (bytes.length % unit === 0) return bytes;
  const out = new Uint8Array(Math.ceil(bytes.length / unit) * unit);
  out.set(bytes);
  return out;
}

function concat(chunks: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let length = 0;
  for (const chunk of chunks) {
    out.set(chunk, length);
    length += chunk.length;
  }
  return out;
}
