/**
 * Names of the constants of Mach-O files (mach/machine.h, mach-o/loader.h).
 *
 * @module
 */

type Names = Readonly<Record<number, string>>;

/** CPU_ARCH_ABI64 and CPU_ARCH_ABI64_32: bits of the type. */
const [ABI64, ABI64_32] = [0x1000000, 0x2000000];
/** Type of ARM processors. */
const ARM = 12;

/** cputype. */
const CPU_TYPES: Names = {
  6: "m68k",
  7: "i386",
  [7 | ABI64]: "x86_64",
  10: "m98k",
  11: "hppa",
  [ARM]: "arm",
  [ARM | ABI64]: "arm64",
  [ARM | ABI64_32]: "arm64_32",
  13: "m88k",
  14: "sparc",
  15: "i860",
  18: "ppc",
  [18 | ABI64]: "ppc64",
};

/** cpusubtype, where it is a name of its own. */
const CPU_SUBTYPES: Readonly<Record<number, Names>> = {
  [7 | ABI64]: { 8: "x86_64h" },
  [ARM]: { 5: "armv4t", 6: "armv6", 7: "armv5", 9: "armv7", 11: "armv7s", 12: "armv7k", 14: "armv6m", 16: "armv7em" },
  [ARM | ABI64]: { 2: "arm64e" },
};

/** Name of an architecture, as Apple's tools have it. */
export function cpuName({ cpuType, cpuSubtype }: { cpuType: number; cpuSubtype: number }): string {
  return CPU_SUBTYPES[cpuType]?.[cpuSubtype & 0xffffff] ?? CPU_TYPES[cpuType] ?? `0x${cpuType.toString(16)}`;
}

/** filetype. */
export const FILE_TYPES: Names = {
  1: "OBJECT",
  2: "EXECUTE",
  3: "FVMLIB",
  4: "CORE",
  5: "PRELOAD",
  6: "DYLIB",
  7: "DYLINKER",
  8: "BUNDLE",
  9: "DYLIB_STUB",
  10: "DSYM",
  11: "KEXT_BUNDLE",
  12: "FILESET",
};

/** flags, from the lowest bit. */
const HEADER_FLAGS =
  "NOUNDEFS INCRLINK DYLDLINK BINDATLOAD PREBOUND SPLIT_SEGS LAZY_INIT TWOLEVEL FORCE_FLAT NOMULTIDEFS NOFIXPREBINDING PREBINDABLE ALLMODSBOUND SUBSECTIONS_VIA_SYMBOLS CANONICAL WEAK_DEFINES BINDS_TO_WEAK ALLOW_STACK_EXECUTION ROOT_SAFE SETUID_SAFE NO_REEXPORTED_DYLIBS PIE DEAD_STRIPPABLE_DYLIB HAS_TLV_DESCRIPTORS NO_HEAP_EXECUTION APP_EXTENSION_SAFE NLIST_OUTOFSYNC_WITH_DYLDINFO SIM_SUPPORT"
    .split(" ");

/** Names of the flags of a header that are set. */
export function headerFlags(flags: number): string[] {
  return HEADER_FLAGS.filter((_, bit) => (flags >>> bit & 1) === 1);
}

/** cmd, the bit LC_REQ_DYLD included. */
export const COMMANDS: Names = {
  0x1: "SEGMENT",
  0x2: "SYMTAB",
  0x3: "SYMSEG",
  0x4: "THREAD",
  0x5: "UNIXTHREAD",
  0xb: "DYSYMTAB",
  0xc: "LOAD_DYLIB",
  0xd: "ID_DYLIB",
  0xe: "LOAD_DYLINKER",
  0xf: "ID_DYLINKER",
  0x10: "PREBOUND_DYLIB",
  0x11: "ROUTINES",
  0x12: "SUB_FRAMEWORK",
  0x13: "SUB_UMBRELLA",
  0x14: "SUB_CLIENT",
  0x15: "SUB_LIBRARY",
  0x16: "TWOLEVEL_HINTS",
  0x17: "PREBIND_CKSUM",
  0x19: "SEGMENT_64",
  0x1a: "ROUTINES_64",
  0x1b: "UUID",
  0x1d: "CODE_SIGNATURE",
  0x1e: "SEGMENT_SPLIT_INFO",
  0x20: "LAZY_LOAD_DYLIB",
  0x21: "ENCRYPTION_INFO",
  0x22: "DYLD_INFO",
  0x24: "VERSION_MIN_MACOSX",
  0x25: "VERSION_MIN_IPHONEOS",
  0x26: "FUNCTION_STARTS",
  0x27: "DYLD_ENVIRONMENT",
  0x29: "DATA_IN_CODE",
  0x2a: "SOURCE_VERSION",
  0x2b: "DYLIB_CODE_SIGN_DRS",
  0x2c: "ENCRYPTION_INFO_64",
  0x2d: "LINKER_OPTION",
  0x2e: "LINKER_OPTIMIZATION_HINT",
  0x2f: "VERSION_MIN_TVOS",
  0x30: "VERSION_MIN_WATCHOS",
  0x31: "NOTE",
  0x32: "BUILD_VERSION",
  0x80000018: "LOAD_WEAK_DYLIB",
  0x8000001c: "RPATH",
  0x8000001f: "REEXPORT_DYLIB",
  0x80000022: "DYLD_INFO_ONLY",
  0x80000023: "LOAD_UPWARD_DYLIB",
  0x80000028: "MAIN",
  0x80000033: "DYLD_EXPORTS_TRIE",
  0x80000034: "DYLD_CHAINED_FIXUPS",
  0x80000035: "FILESET_ENTRY",
};

/** platform of a build version. */
export const PLATFORMS: Names = {
  1: "MACOS",
  2: "IOS",
  3: "TVOS",
  4: "WATCHOS",
  5: "BRIDGEOS",
  6: "MACCATALYST",
  7: "IOSSIMULATOR",
  8: "TVOSSIMULATOR",
  9: "WATCHOSSIMULATOR",
  10: "DRIVERKIT",
  11: "VISIONOS",
  12: "VISIONOSSIMULATOR",
};

/** tool of a build version. */
export const TOOLS: Names = { 1: "CLANG", 2: "SWIFT", 3: "LD", 4: "LLD" };

/** Name of a constant, or its number in hexadecimal. */
export function nameOf(names: Names, value: number): string {
  return names[value] ?? `0x${value.toString(16)}`;
}
