/**
 * Names of constants of PE files, without the prefix of their group ("PE Format").
 *
 * @module
 */

/** Machine types. */
const MACHINES: Readonly<Record<number, string>> = {
  0: "UNKNOWN",
  0x14c: "I386",
  0x166: "R4000",
  0x169: "WCEMIPSV2",
  0x1a2: "SH3",
  0x1a3: "SH3DSP",
  0x1a6: "SH4",
  0x1a8: "SH5",
  0x1c0: "ARM",
  0x1c2: "THUMB",
  0x1c4: "ARMNT",
  0x1d3: "AM33",
  0x1f0: "POWERPC",
  0x1f1: "POWERPCFP",
  0x200: "IA64",
  0x266: "MIPS16",
  0x366: "MIPSFPU",
  0x466: "MIPSFPU16",
  0xebc: "EBC",
  0x5032: "RISCV32",
  0x5064: "RISCV64",
  0x5128: "RISCV128",
  0x6232: "LOONGARCH32",
  0x6264: "LOONGARCH64",
  0x8664: "AMD64",
  0x9041: "M32R",
  0xaa64: "ARM64",
};

/** Windows subsystems. */
const SUBSYSTEMS: Readonly<Record<number, string>> = {
  0: "UNKNOWN",
  1: "NATIVE",
  2: "WINDOWS_GUI",
  3: "WINDOWS_CUI",
  5: "OS2_CUI",
  7: "POSIX_CUI",
  8: "NATIVE_WINDOWS",
  9: "WINDOWS_CE_GUI",
  10: "EFI_APPLICATION",
  11: "EFI_BOOT_SERVICE_DRIVER",
  12: "EFI_RUNTIME_DRIVER",
  13: "EFI_ROM",
  14: "XBOX",
  16: "WINDOWS_BOOT_APPLICATION",
};

/** Characteristics of a file, by bit. */
const FILE_FLAGS =
  "RELOCS_STRIPPED EXECUTABLE_IMAGE LINE_NUMS_STRIPPED LOCAL_SYMS_STRIPPED AGGRESIVE_WS_TRIM LARGE_ADDRESS_AWARE - BYTES_REVERSED_LO 32BIT_MACHINE DEBUG_STRIPPED REMOVABLE_RUN_FROM_SWAP NET_RUN_FROM_SWAP SYSTEM DLL UP_SYSTEM_ONLY BYTES_REVERSED_HI"
    .split(" ");

/** DLL characteristics, by bit. */
const DLL_FLAGS =
  "- - - - - HIGH_ENTROPY_VA DYNAMIC_BASE FORCE_INTEGRITY NX_COMPAT NO_ISOLATION NO_SEH NO_BIND APPCONTAINER WDM_DRIVER GUARD_CF TERMINAL_SERVER_AWARE"
    .split(" ");

/** Characteristics of a section that say something, by value. */
const SECTION_FLAGS: readonly (readonly [number, string])[] = [
  [0x20, "CNT_CODE"],
  [0x40, "CNT_INITIALIZED_DATA"],
  [0x80, "CNT_UNINITIALIZED_DATA"],
  [0x200, "LNK_INFO"],
  [0x800, "LNK_REMOVE"],
  [0x1000, "LNK_COMDAT"],
  [0x8000, "GPREL"],
  [0x1000000, "LNK_NRELOC_OVFL"],
  [0x2000000, "MEM_DISCARDABLE"],
  [0x4000000, "MEM_NOT_CACHED"],
  [0x8000000, "MEM_NOT_PAGED"],
  [0x10000000, "MEM_SHARED"],
  [0x20000000, "MEM_EXECUTE"],
  [0x40000000, "MEM_READ"],
  [0x80000000, "MEM_WRITE"],
];

/** Data directories, in their order. */
export const DIRECTORY_NAMES: readonly string[] = [
  "EXPORT_TABLE",
  "IMPORT_TABLE",
  "RESOURCE_TABLE",
  "EXCEPTION_TABLE",
  "CERTIFICATE_TABLE",
  "BASE_RELOCATION_TABLE",
  "DEBUG",
  "ARCHITECTURE",
  "GLOBAL_PTR",
  "TLS_TABLE",
  "LOAD_CONFIG_TABLE",
  "BOUND_IMPORT",
  "IAT",
  "DELAY_IMPORT_DESCRIPTOR",
  "CLR_RUNTIME_HEADER",
  "RESERVED",
];

/** Name of a machine type. */
export function machineName(machine: number): string {
  return MACHINES[machine] ?? `0x${machine.toString(16)}`;
}

/** Name of a subsystem. */
export function subsystemName(subsystem: number): string {
  return SUBSYSTEMS[subsystem] ?? `0x${subsystem.toString(16)}`;
}

/** Names of the characteristics of a file. */
export function fileFlags(flags: number): string[] {
  return FILE_FLAGS.filter((name, bit) => name !== "-" && (flags >>> bit & 1) === 1);
}

/** Names of the DLL characteristics of a file. */
export function dllFlags(flags: number): string[] {
  return DLL_FLAGS.filter((name, bit) => name !== "-" && (flags >>> bit & 1) === 1);
}

/** Names of the characteristics of a section. */
export function sectionFlags(flags: number): string[] {
  return SECTION_FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
}
