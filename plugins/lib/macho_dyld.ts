/**
 * What the dynamic linker itself reads of a Mach-O file: binding instructions, chained fixups, the export trie. It does
 * not need the symbol table, which may be missing or lie.
 *
 * @module
 */
import { LC, type MachoImage } from "./macho_image.ts";
import type { MachoExport, MachoImport } from "./macho_types.ts";

/** Most imports or exports read. */
const MAX_SYMBOLS = 65_536;
/** Longest name. */
const MAX_NAME = 4096;
/** EXPORT_SYMBOL_FLAGS_REEXPORT. */
const REEXPORT = 0x08;

/** Bytes that may still be read: a trie of overlapping nodes could be read for much longer than it is. */
interface Budget {
  bytes: number;
}

/** A range of the file that is read byte by byte; past its end, or that of the budget, come zeros. */
class Cursor {
  constructor(readonly image: MachoImage, public at: number, readonly end: number, readonly budget: Budget) {}

  get done(): boolean {
    return this.at >= this.end || this.budget.bytes <= 0;
  }

  byte(): number {
    if (this.done) return 0;
    this.budget.bytes--;
    return this.image.reader.u8(this.at++) ?? 0;
  }

  /** Unsigned LEB128, as far as 64 bits. */
  uleb(): bigint {
    let value = 0n;
    for (let shift = 0n; !this.done; shift += 7n) {
      const byte = this.byte();
      if (shift < 64n) value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return BigInt.asUintN(64, value);
  }

  text(): string {
    const start = this.at;
    while (!this.done && this.byte() !== 0);
    return this.image.text(start, Math.min(MAX_NAME, this.at - start));
  }
}

function cursor(image: MachoImage, what: string, offset: number, size: number): Cursor | undefined {
  if (offset === 0 || size === 0) return undefined;
  if (!image.reader.has(offset, size)) image.problems.report(`${what} goes past the end of the file`, offset);
  const end = Math.min(offset + size, image.reader.length);
  return new Cursor(image, offset, end, { bytes: 2 * (end - offset) });
}

/** Reads what is bound at load time and on first use: dyld_info_command, or chained fixups. */
export function readDyldImports(image: MachoImage): MachoImport[] {
  const imports = new Map<string, MachoImport>();
  for (const { offset } of image.ofKind([LC.DYLD_INFO, LC.DYLD_INFO_ONLY], 48)) {
    for (const [what, field] of [["binding", 16], ["weak binding", 24], ["lazy binding", 32]] as const) {
      const code = cursor(image, what, image.u32(offset + field), image.u32(offset + field + 4));
      if (code !== undefined) runBindings(code, imports);
    }
  }
  for (const { offset } of image.ofKind([LC.DYLD_CHAINED_FIXUPS], 16)) {
    readChainedImports(image, image.u32(offset + 8), image.u32(offset + 12), imports);
  }
  return [...imports.values()];
}

function add(imports: Map<string, MachoImport>, name: string, ordinal: number): boolean {
  if (name !== "" && !imports.has(name)) imports.set(name, { name, ordinal });
  return imports.size < MAX_SYMBOLS;
}

/** Follows the binding instructions as far as names and libraries (BIND_OPCODE_ in mach-o/loader.h). */
function runBindings(code: Cursor, imports: Map<string, MachoImport>): void {
  let ordinal = 0;
  while (!code.done) {
    const byte = code.byte();
    const immediate = byte & 0x0f;
    switch (byte & 0xf0) {
      case 0x10: // SET_DYLIB_ORDINAL_IMM
        ordinal = immediate;
        break;
      case 0x20: // SET_DYLIB_ORDINAL_ULEB
        ordinal = Number(code.uleb());
        break;
      case 0x30: // SET_DYLIB_SPECIAL_IMM: 0 or a negative number
        ordinal = immediate === 0 ? 0 : immediate - 16;
        break;
      case 0x40: // SET_SYMBOL_TRAILING_FLAGS_IMM
        if (!add(imports, code.text(), ordinal)) return;
        break;
      case 0xc0: // DO_BIND_ULEB_TIMES_SKIPPING_ULEB
        code.uleb();
        code.uleb();
        break;
      case 0x60: // SET_ADDEND_SLEB
      case 0x70: // SET_SEGMENT_AND_OFFSET_ULEB
      case 0x80: // ADD_ADDR_ULEB
      case 0xa0: // DO_BIND_ADD_ADDR_ULEB
        code.uleb();
        break;
      case 0xd0: // THREADED; its first form has a count
        if (immediate === 0) code.uleb();
    }
  }
}

/** dyld_chained_fixups_header and dyld_chained_import (mach-o/fixup-chains.h). */
function readChainedImports(image: MachoImage, start: number, size: number, imports: Map<string, MachoImport>): void {
  if (!image.reader.has(start, 28)) return image.problems.report("chained fixups are outside the file", start);
  const [table, names, count, format, compression] = [8, 12, 16, 20, 24].map((field) => image.u32(start + field));
  const entry = format === 1 ? 4 : format === 2 ? 8 : format === 3 ? 16 : 0;
  if (entry === 0 || compression !== 0) {
    return image.problems.report(`chained fixups of an unknown format ${format}.${compression}`, start);
  }
  const end = Math.min(start + size, image.reader.length);
  for (let i = 0; i < count!; i++) {
    const at = start + table! + i * entry;
    if (at + entry > end) return image.problems.report("imports of chained fixups go past their end", at);
    const low = image.u32(at);
    const bits = format === 3 ? 16 : 8;
    const ordinal = low << 32 - bits >> 32 - bits;
    const name = start + names! + (format === 3 ? image.u32(at + 4) : low >>> 9);
    if (!add(imports, name < end ? image.text(name, Math.min(MAX_NAME, end - name)) : "", ordinal)) return;
  }
}

/**
 * Reads the export trie (mach-o/loader.h, dyld_info_command: "export_off"). A node is read once, so that a trie that
 * points back into itself ends.
 *
 * @param base Address that exports count from: that of the header.
 */
export function readDyldExports(image: MachoImage, base: bigint): MachoExport[] {
  const [info] = image.ofKind([LC.DYLD_INFO, LC.DYLD_INFO_ONLY], 48);
  const [trie] = image.ofKind([LC.DYLD_EXPORTS_TRIE], 16);
  const field = trie ? trie.offset + 8 : info ? info.offset + 40 : undefined;
  if (field === undefined) return [];
  const start = image.u32(field);
  const range = cursor(image, "export trie", start, image.u32(field + 4));
  if (range === undefined) return [];
  const exports: MachoExport[] = [];
  const visited = new Set<number>([start]);
  const nodes = [{ at: start, name: "" }];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    const { at, name } = node;
    if (exports.length >= MAX_SYMBOLS) {
      image.problems.report(`more than ${MAX_SYMBOLS} exports, the rest was left out`, at);
      break;
    }
    const code = new Cursor(image, at, range.end, range.budget);
    const terminal = Number(code.uleb());
    const next = code.at + terminal;
    if (terminal > 0) {
      const flags = Number(code.uleb());
      const address = (flags & REEXPORT) === 0 ? BigInt.asUintN(64, base + code.uleb()) : 0n;
      exports.push({ name: image.problems.takeText(name, at), address });
    }
    code.at = Math.min(next, range.end);
    const children = [];
    for (let left = code.byte(); left > 0 && !code.done; left--) {
      const edge = name + code.text();
      const child = start + Number(code.uleb());
      if (visited.has(child) || child >= range.end || edge.length > MAX_NAME) {
        image.problems.report("export trie has a node twice, outside of it, or too deep", at);
        continue;
      }
      visited.add(child);
      children.push({ at: child, name: edge });
    }
    nodes.push(...children.reverse());
  }
  return exports;
}
