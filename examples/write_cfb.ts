/**
 * Writes a compound file ("OLE file") for make_samples.ts: every stream in whole sectors, one after the other.
 *
 * Source: [MS-CFB], version 3 (512-byte sectors). Streams below the cutoff of 4,096 bytes would have to go into a
 * mini stream; they are padded with zeros to that size instead, which readers of Word's streams don't mind.
 *
 * @module
 */

/** A stream, or a storage with what is in it. */
export interface CfbNode {
  readonly name: string;
  /** Bytes of a stream. */
  readonly content?: Uint8Array;
  /** Members of a storage. */
  readonly children?: readonly CfbNode[];
  /** Class of a storage, 16 bytes as stored. */
  readonly clsid?: Uint8Array;
}

const SECTOR = 512;
const MINI_STREAM_CUTOFF = 4096;
const END_OF_CHAIN = 0xfffffffe;
const FAT_SECTOR = 0xfffffffd;
const NOTHING = 0xffffffff;
const ENTRY_SIZE = 128;

/** @param root The root storage. */
export function writeCfb(root: CfbNode): Uint8Array<ArrayBuffer> {
  const entries: { node: CfbNode; child: number; next: number; start: number; size: number }[] = [];
  const sectors: Uint8Array[] = [];
  const fat: number[] = [];

  /** Puts bytes into the next sectors, and their chain into the FAT. */
  const store = (content: Uint8Array) => {
    const start = sectors.length;
    for (let at = 0; at < content.length; at += SECTOR) {
      const sector = new Uint8Array(SECTOR);
      sector.set(content.subarray(at, at + SECTOR));
      sectors.push(sector);
      fat.push(at + SECTOR < content.length ? sectors.length : END_OF_CHAIN);
    }
    return start;
  };

  /** Adds the entries of a storage's members, each the right sibling of the one before it (2.6.4: sorted). */
  const addMembers = (nodes: readonly CfbNode[]): number => {
    const order = (name: string) => String.fromCharCode(name.length) + name.toUpperCase();
    const sorted = nodes.toSorted((a, b) => order(a.name) < order(b.name) ? -1 : 1);
    const indexes = sorted.map((node) => entries.push({ node, child: NOTHING, next: NOTHING, start: 0, size: 0 }) - 1);
    for (const [i, index] of indexes.entries()) {
      const entry = entries[index]!;
      entry.next = indexes[i + 1] ?? NOTHING;
      const { content, children } = entry.node;
      if (content) {
        const padded = new Uint8Array(Math.max(content.length, MINI_STREAM_CUTOFF));
        padded.set(content);
        entry.start = store(padded);
        entry.size = padded.length;
      } else if (children) entry.child = addMembers(children);
    }
    return indexes[0] ?? NOTHING;
  };

  entries.push({ node: root, child: NOTHING, next: NOTHING, start: END_OF_CHAIN, size: 0 });
  entries[0]!.child = addMembers(root.children ?? []);
  const directory = store(writeDirectory(entries));

  // The FAT describes its own sectors too: the least number of them that has room.
  let fatSectors = 1;
  while (fatSectors * (SECTOR / 4) < fat.length + fatSectors) fatSectors++;
  const firstFat = sectors.length;
  for (let i = 0; i < fatSectors; i++) fat.push(FAT_SECTOR);
  const table = new Uint8Array(fatSectors * SECTOR).fill(0xff);
  const tableView = new DataView(table.buffer);
  fat.forEach((next, i) => tableView.setUint32(i * 4, next, true));

  const header = writeHeader(directory, firstFat, fatSectors);
  const file = new Uint8Array(header.length + sectors.length * SECTOR + table.length);
  file.set(header);
  sectors.forEach((sector, i) => file.set(sector, (i + 1) * SECTOR));
  file.set(table, (sectors.length + 1) * SECTOR);
  return file;
}

/** 2.2, Compound File Header. */
function writeHeader(directory: number, firstFat: number, fatSectors: number): Uint8Array {
  const header = new Uint8Array(SECTOR).fill(0xff);
  const view = new DataView(header.buffer);
  header.fill(0, 8, 76);
  header.set([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
  [0x3e, 3, 0xfffe, 9, 6].forEach((value, i) => view.setUint16(24 + i * 2, value, true));
  view.setUint32(44, fatSectors, true);
  view.setUint32(48, directory, true);
  view.setUint32(56, MINI_STREAM_CUTOFF, true);
  view.setUint32(60, END_OF_CHAIN, true); // no mini FAT
  view.setUint32(68, END_OF_CHAIN, true); // no DIFAT beyond the header
  for (let i = 0; i < fatSectors; i++) view.setUint32(76 + i * 4, firstFat + i, true);
  return header;
}

/** 2.6, Compound File Directory Sectors. */
function writeDirectory(
  entries: readonly { node: CfbNode; child: number; next: number; start: number; size: number }[],
): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(entries.length * ENTRY_SIZE / SECTOR) * SECTOR);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; at += ENTRY_SIZE) {
    for (const field of [68, 72, 76]) view.setUint32(at + field, NOTHING, true);
    const index = at / ENTRY_SIZE;
    const entry = entries[index];
    if (entry === undefined) continue;
    const { name, content, clsid } = entry.node;
    for (let i = 0; i < name.length; i++) view.setUint16(at + i * 2, name.charCodeAt(i), true);
    view.setUint16(at + 64, (name.length + 1) * 2, true);
    view.setUint8(at + 66, index === 0 ? 5 : content ? 2 : 1);
    view.setUint8(at + 67, 1); // black
    view.setUint32(at + 72, entry.next, true);
    view.setUint32(at + 76, entry.child, true);
    if (clsid) bytes.set(clsid, at + 80);
    view.setUint32(at + 116, entry.start, true);
    view.setUint32(at + 120, entry.size, true);
  }
  return bytes;
}
