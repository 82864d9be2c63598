/**
 * Header and load commands of a Mach-O file, and the header of a universal one.
 *
 * @module
 */
import { ByteReader } from "./bytes.ts";
import type { FatArchitecture, MachoCommand, MachoHeader } from "./macho_types.ts";
import type { Problems } from "./problems.ts";

/** MH_MAGIC and MH_MAGIC_64. */
const [MAGIC, MAGIC_64] = [0xfeedface, 0xfeedfacf];
/** FAT_MAGIC and FAT_MAGIC_64; always big-endian. */
const [FAT_MAGIC, FAT_MAGIC_64] = [0xcafebabe, 0xcafebabf];
/**
 * Most files of a universal one: Java classes have the same magic, followed by a version of at least 45 where the count
 * is.
 */
const MAX_ARCHITECTURES = 44;
/** Most load commands read: programs have some dozens. */
const MAX_COMMANDS = 4096;

/** Reads the header of a file of one architecture (mach-o/loader.h); nothing if it is none. */
export function readMachoHeader(bytes: Uint8Array): MachoHeader | undefined {
  const littleEndian = ((magic) => magic === MAGIC || magic === MAGIC_64)(new ByteReader(bytes).u32(0));
  const reader = new ByteReader(bytes, littleEndian);
  const magic = reader.u32(0);
  if (magic !== MAGIC && magic !== MAGIC_64) return undefined;
  const is64 = magic === MAGIC_64;
  if (!reader.has(0, is64 ? 32 : 28)) return undefined;
  const u32 = (at: number) => reader.u32(at) ?? 0;
  return {
    is64,
    littleEndian,
    magic,
    cpuType: u32(4),
    cpuSubtype: u32(8),
    fileType: u32(12),
    numberOfCommands: u32(16),
    sizeOfCommands: u32(20),
    flags: u32(24),
    ...(is64 && { reserved: u32(28) }),
  };
}

/** Lists the load commands; each says how long it is. */
export function readCommands(reader: ByteReader, header: MachoHeader, problems: Problems): MachoCommand[] {
  const commands: MachoCommand[] = [];
  const start = header.is64 ? 32 : 28;
  const end = Math.min(reader.length, start + header.sizeOfCommands);
  for (let at = start; commands.length < header.numberOfCommands;) {
    const [command, size] = [reader.u32(at), reader.u32(at + 4)];
    if (command === undefined || size === undefined || size < 8 || at + size > end) {
      const where = `load command ${commands.length + 1} of ${header.numberOfCommands}`;
      problems.report(`${where} ${size !== undefined && size < 8 ? "is too short" : "goes past the end"}`, at);
      break;
    }
    if (commands.length === MAX_COMMANDS) {
      problems.report(`${header.numberOfCommands} load commands, only the first ${MAX_COMMANDS} were read`, at);
      break;
    }
    commands.push({ command, size, offset: at });
    at += size;
  }
  return commands;
}

/**
 * Reads the table of a universal file (mach-o/fat.h).
 *
 * Only files that are wholly there, and that no other one overlaps, are listed.
 *
 * @returns Nothing if it is not one: at least one entry has to lead to a Mach-O file or a static library.
 */
export function readFat(bytes: Uint8Array, problems: Problems): FatArchitecture[] | undefined {
  const reader = new ByteReader(bytes, false);
  const magic = reader.u32(0);
  const count = reader.u32(4);
  if ((magic !== FAT_MAGIC && magic !== FAT_MAGIC_64) || !count || count > MAX_ARCHITECTURES) return undefined;
  const is64 = magic === FAT_MAGIC_64;
  const size = is64 ? 32 : 20;
  const architectures: FatArchitecture[] = [];
  for (let i = 0; i < count; i++) {
    const at = 8 + i * size;
    const u32 = (offset: number) => reader.u32(at + offset) ?? 0;
    const architecture = {
      cpuType: u32(0),
      cpuSubtype: u32(4),
      offset: is64 ? Number(reader.u64(at + 8) ?? 0n) : u32(8),
      size: is64 ? Number(reader.u64(at + 16) ?? 0n) : u32(12),
      alignment: u32(is64 ? 24 : 16),
    };
    const problem = refusal(reader, at, size, architecture, architectures);
    if (problem === undefined) architectures.push(architecture);
    else problems.report(`architecture ${i + 1} of ${count} ${problem}`, at);
  }
  const isObject = ({ offset }: FatArchitecture) =>
    readMachoHeader(bytes.subarray(offset, offset + 32)) !== undefined || reader.latin1z(offset, 8) === "!<arch>\n";
  return architectures.some(isObject) ? architectures : undefined;
}

function refusal(
  reader: ByteReader,
  at: number,
  entrySize: number,
  { offset, size }: FatArchitecture,
  others: readonly FatArchitecture[],
): string | undefined {
  if (!reader.has(at, entrySize)) return "is outside the file";
  if (!reader.has(offset, size)) return "goes past the end of the file";
  if (others.some((other) => offset < other.offset + other.size && other.offset < offset + size)) {
    return "overlaps another";
  }
  return undefined;
}
