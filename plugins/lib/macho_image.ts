/**
 * A Mach-O file of one architecture: header, load commands, and checked reads.
 *
 * @module
 */
import { ByteReader } from "./bytes.ts";
import { readCommands } from "./macho_headers.ts";
import type { MachoCommand, MachoHeader } from "./macho_types.ts";
import { Problems } from "./problems.ts";

/** Load commands that are read here (mach-o/loader.h). */
export const LC = {
  SEGMENT: 0x1,
  SYMTAB: 0x2,
  THREAD: 0x4,
  UNIXTHREAD: 0x5,
  DYSYMTAB: 0xb,
  LOAD_DYLIB: 0xc,
  ID_DYLIB: 0xd,
  LOAD_DYLINKER: 0xe,
  ID_DYLINKER: 0xf,
  SEGMENT_64: 0x19,
  UUID: 0x1b,
  CODE_SIGNATURE: 0x1d,
  LAZY_LOAD_DYLIB: 0x20,
  ENCRYPTION_INFO: 0x21,
  DYLD_INFO: 0x22,
  VERSION_MIN_MACOSX: 0x24,
  VERSION_MIN_IPHONEOS: 0x25,
  FUNCTION_STARTS: 0x26,
  DYLD_ENVIRONMENT: 0x27,
  DATA_IN_CODE: 0x29,
  SOURCE_VERSION: 0x2a,
  ENCRYPTION_INFO_64: 0x2c,
  VERSION_MIN_TVOS: 0x2f,
  VERSION_MIN_WATCHOS: 0x30,
  BUILD_VERSION: 0x32,
  LOAD_WEAK_DYLIB: 0x80000018,
  RPATH: 0x8000001c,
  REEXPORT_DYLIB: 0x8000001f,
  DYLD_INFO_ONLY: 0x80000022,
  LOAD_UPWARD_DYLIB: 0x80000023,
  MAIN: 0x80000028,
  DYLD_EXPORTS_TRIE: 0x80000033,
  DYLD_CHAINED_FIXUPS: 0x80000034,
} as const;

/** Longest path or name in a load command. */
const MAX_NAME = 4096;

/** Header, commands and reads of a file. */
export class MachoImage {
  readonly reader: ByteReader;
  readonly problems = new Problems();
  readonly commands: readonly MachoCommand[];

  /** @param bytes The file; not copied. @param header Its header. */
  constructor(bytes: Uint8Array, readonly header: MachoHeader) {
    this.reader = new ByteReader(bytes, header.littleEndian);
    this.commands = readCommands(this.reader, header, this.problems);
  }

  /** Unsigned 32-bit number; 0 outside the file. */
  u32(at: number): number {
    return this.reader.u32(at) ?? 0;
  }

  /** Number of the size of an address; 0 outside the file. */
  word(at: number): bigint {
    return this.header.is64 ? this.reader.u64(at) ?? 0n : BigInt(this.u32(at));
  }

  /** Text of at most `maxLength` characters up to a NUL. */
  text(at: number, maxLength: number): string {
    const text = this.reader.latin1z(at, Math.min(maxLength, this.problems.textLeft)) ?? "";
    return this.problems.takeText(decodeUtf8(text), at);
  }

  /** String of a load command, whose offset in the command is its field at `field` (lc_str). */
  commandText({ offset, size }: MachoCommand, field: number): string {
    const start = this.u32(offset + field);
    return start < size ? this.text(offset + start, Math.min(MAX_NAME, size - start)) : "";
  }

  /** Commands of some kinds that are at least `size` bytes long. */
  ofKind(kinds: readonly number[], size: number): MachoCommand[] {
    return this.commands.filter((command) => {
      if (!kinds.includes(command.command)) return false;
      if (command.size < size) this.problems.report("load command is too short", command.offset);
      return command.size >= size;
    });
  }
}

/** Latin-1 text as UTF-8, which names are; left as it is when it isn't. */
function decodeUtf8(latin1: string): string {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(latin1)) return latin1;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(latin1, (c) => c.charCodeAt(0)));
  } catch {
    return latin1;
  }
}
