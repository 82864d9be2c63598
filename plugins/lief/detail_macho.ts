import type { Data } from "../../plugin.ts";
import { jsonNumber } from "../lib/json_number.ts";
import { LC, type MachoDylib, type MachoFile, readThread } from "../lib/macho.ts";
import { COMMANDS, cpuName, FILE_TYPES, headerFlags, nameOf, PLATFORMS, TOOLS } from "../lib/macho_names.ts";
import type { Report } from "./report.ts";

/** Types of sections without data in the file: zero-filled ones. */
const ZERO_FILLED: readonly number[] = [0x1, 0xc, 0x12];
/** Commands that say where in __LINKEDIT some data is, by key of the result. */
const LINKEDIT: Readonly<Record<string, number>> = {
  code_signature: LC.CODE_SIGNATURE,
  function_starts: LC.FUNCTION_STARTS,
  data_in_code: LC.DATA_IN_CODE,
  dyld_exports_trie: LC.DYLD_EXPORTS_TRIE,
  dyld_chained_fixups: LC.DYLD_CHAINED_FIXUPS,
};
/** CS_ADHOC, CS_HARD, CS_KILL, CS_LIBRARY_VALIDATION, CS_RUNTIME, CS_LINKER_SIGNED. */
const SIGNATURE_FLAGS: readonly (readonly [number, string])[] = [
  [0x2, "ADHOC"],
  [0x100, "HARD"],
  [0x200, "KILL"],
  [0x2000, "LIBRARY_VALIDATION"],
  [0x10000, "RUNTIME"],
  [0x20000, "LINKER_SIGNED"],
];
/** Names of the hash types of a code directory. */
const HASH_TYPES: Readonly<Record<number, string>> = { 1: "SHA1", 2: "SHA256", 3: "SHA256_TRUNCATED", 4: "SHA384" };

/** The details of a Mach-O file of one architecture, under LIEF's keys. */
export function detailMacho(macho: MachoFile, report: Report): Data {
  const { header, image } = macho;
  return {
    format: "MACHO",
    entrypoint: jsonNumber(macho.entryPoint ?? 0n),
    imagebase: jsonNumber(macho.imageBase),
    is_pie: headerFlags(header.flags).includes("PIE"),
    has_nx: !headerFlags(header.flags).includes("ALLOW_STACK_EXECUTION"),
    header: {
      magic: `0x${header.magic.toString(16)}`,
      endianness: header.littleEndian ? "LITTLE" : "BIG",
      architecture: cpuName(header),
      cpu_type: header.cpuType,
      cpu_subtype: header.cpuSubtype,
      file_type: nameOf(FILE_TYPES, header.fileType),
      nb_cmds: header.numberOfCommands,
      sizeof_cmds: header.sizeOfCommands,
      reserved: header.reserved ?? 0,
      flags: headerFlags(header.flags),
    },
    commands: image.commands.map(({ command, size, offset }) => ({
      command: nameOf(COMMANDS, command),
      command_size: size,
      command_offset: offset,
    })),
    sections: macho.sections.map((section) => ({
      name: section.name,
      segment: section.segment,
      virtual_address: jsonNumber(section.address),
      offset: section.offset,
      size: jsonNumber(section.size),
      alignment: section.alignment,
      relocation_offset: section.relocationOffset,
      numberof_relocations: section.numberOfRelocations,
      flags: section.flags,
      reserved1: section.reserved1,
      reserved2: section.reserved2,
      reserved3: section.reserved3,
      entropy: ZERO_FILLED.includes(section.flags & 0xff) ? null : report.entropy(section.offset, Number(section.size)),
    })),
    segments: macho.segments.map((segment) => ({
      name: segment.name,
      virtual_address: jsonNumber(segment.vmAddress),
      virtual_size: jsonNumber(segment.vmSize),
      file_size: jsonNumber(segment.fileSize),
      file_offset: jsonNumber(segment.fileOffset),
      max_protection: segment.maxProtection,
      init_protection: segment.initProtection,
      numberof_sections: segment.numberOfSections,
      flags: segment.flags,
    })),
    symbols: report.list("symbols", macho.symbols, ({ name, type, section, description, value }) => ({
      value: jsonNumber(value),
      name,
      type,
      section,
      description,
      is_external: (type & 0xe0) === 0 && (type & 1) === 1,
    })),
    relocations: report.list("relocations", macho.relocations, (relocation) => ({
      section: relocation.section,
      address: relocation.address,
      size: relocation.size,
      type: relocation.type,
      is_pc_relative: relocation.isPcRelative,
      is_scattered: relocation.isScattered,
      ...(relocation.symbol !== undefined && { symbol: relocation.symbol }),
    })),
    imports: report.list("imports", macho.imports, ({ name, ordinal }) => ({
      name,
      library_ordinal: ordinal,
      ...(macho.dylibs[ordinal - 1] && { library: macho.dylibs[ordinal - 1]?.name }),
    })),
    exports: report.list("exports", macho.exports, ({ name, address }) => ({ name, address: jsonNumber(address) })),
    libraries: macho.dylibs.map(dylibOf),
    ...(macho.id && { dylib_id: dylibOf(macho.id) }),
    ...commandDetails(macho),
    ...signatureOf(macho),
  };
}

function dylibOf(library: MachoDylib): Data {
  return {
    command: nameOf(COMMANDS, library.command),
    name: library.name,
    timestamp: library.timestamp,
    current_version: packedVersion(library.currentVersion),
    compatibility_version: packedVersion(library.compatibilityVersion),
  };
}

/** Of the commands of which a file has one: what they say. */
function commandDetails(macho: MachoFile): Data {
  const { image } = macho;
  const details: Data = {};
  const one = (key: string, kinds: readonly number[], size: number, read: (at: number) => unknown) => {
    const [command] = image.ofKind(kinds, size);
    if (command !== undefined) details[key] = read(command.offset);
  };
  const field = (at: number) => image.u32(at);
  one("uuid", [LC.UUID], 24, (at) => image.reader.slice(at + 8, 16)?.toHex() ?? "");
  one("main_command", [LC.MAIN], 24, (at) => ({
    entrypoint: jsonNumber(image.reader.u64(at + 8) ?? 0n),
    stack_size: jsonNumber(image.reader.u64(at + 16) ?? 0n),
  }));
  const thread = readThread(image);
  if (thread) {
    const { flavor, count, pc } = thread;
    details["thread_command"] = { flavor, count, ...(pc !== undefined && { pc: jsonNumber(pc) }) };
  }
  const texts = (kinds: readonly number[]) => image.ofKind(kinds, 12).map((command) => image.commandText(command, 8));
  const [dylinker] = texts([LC.LOAD_DYLINKER, LC.ID_DYLINKER]);
  if (dylinker !== undefined) details["dylinker"] = dylinker;
  const rpaths = texts([LC.RPATH]);
  if (rpaths.length > 0) details["rpaths"] = rpaths;
  const environment = texts([LC.DYLD_ENVIRONMENT]);
  if (environment.length > 0) details["dyld_environment"] = environment;
  one("source_version", [LC.SOURCE_VERSION], 16, (at) => sourceVersion(image.reader.u64(at + 8) ?? 0n));
  const minimums = [LC.VERSION_MIN_MACOSX, LC.VERSION_MIN_IPHONEOS, LC.VERSION_MIN_TVOS, LC.VERSION_MIN_WATCHOS];
  one("version_min", minimums, 16, (at) => ({
    command: nameOf(COMMANDS, field(at)),
    version: packedVersion(field(at + 8)),
    sdk: packedVersion(field(at + 12)),
  }));
  if (macho.buildVersions.length > 0) {
    details["build_versions"] = macho.buildVersions.map(({ platform, minOs, sdk, tools }) => ({
      platform: nameOf(PLATFORMS, platform),
      minos: packedVersion(minOs),
      sdk: packedVersion(sdk),
      tools: tools.map(({ tool, version }) => ({ tool: nameOf(TOOLS, tool), version: packedVersion(version) })),
    }));
  }
  one("symbol_command", [LC.SYMTAB], 24, (at) => ({
    symbol_offset: field(at + 8),
    numberof_symbols: field(at + 12),
    strings_offset: field(at + 16),
    strings_size: field(at + 20),
  }));
  one("encryption_info", [LC.ENCRYPTION_INFO, LC.ENCRYPTION_INFO_64], 20, (at) => ({
    crypt_offset: field(at + 8),
    crypt_size: field(at + 12),
    crypt_id: field(at + 16),
  }));
  for (const [key, kind] of Object.entries(LINKEDIT)) {
    one(key, [kind], 16, (at) => ({ data_offset: field(at + 8), data_size: field(at + 12) }));
  }
  return details;
}

function signatureOf({ signature }: MachoFile): Data {
  if (signature === undefined) return {};
  const { identifier, teamId, flags, hashTypes, hasCms, entitlements } = signature;
  return {
    signature: {
      identifier: identifier ?? null,
      team_id: teamId ?? null,
      flags: SIGNATURE_FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name),
      hash_types: hashTypes.map((type) => HASH_TYPES[type] ?? String(type)),
      has_cms: hasCms,
      ...(entitlements !== undefined && { entitlements }),
    },
  };
}

/** `a.b.c`, 16 and twice 8 bits. */
function packedVersion(value: number): string {
  return [value >>> 16, value >>> 8 & 0xff, value & 0xff].join(".");
}

/** `a.b.c.d.e`, 24 and four times 10 bits. */
function sourceVersion(value: bigint): string {
  return [value >> 40n, value >> 30n & 0x3ffn, value >> 20n & 0x3ffn, value >> 10n & 0x3ffn, value & 0x3ffn].join(".");
}
