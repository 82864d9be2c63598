/**
 * Names of the constants of ELF files, without the prefix of their group (System V ABI; elf.h of glibc).
 *
 * @module
 */

type Names = Readonly<Record<number, string>>;

/** e_type. */
export const FILE_TYPES: Names = { 0: "NONE", 1: "RELOCATABLE", 2: "EXECUTABLE", 3: "DYNAMIC", 4: "CORE" };

/** e_machine. */
export const MACHINES: Names = {
  0: "NONE",
  2: "SPARC",
  3: "i386",
  4: "M68K",
  6: "IAMCU",
  8: "MIPS",
  10: "MIPS_RS3_LE",
  15: "PARISC",
  18: "SPARC32PLUS",
  20: "PPC",
  21: "PPC64",
  22: "S390",
  23: "SPU",
  40: "ARM",
  41: "ALPHA",
  42: "SH",
  43: "SPARCV9",
  50: "IA_64",
  62: "x86_64",
  75: "VAX",
  76: "CRIS",
  83: "AVR",
  87: "V850",
  88: "M32R",
  92: "OPENRISC",
  93: "ARC_COMPACT",
  94: "XTENSA",
  105: "MSP430",
  106: "BLACKFIN",
  164: "HEXAGON",
  183: "AARCH64",
  189: "MICROBLAZE",
  190: "CUDA",
  195: "ARC_COMPACT2",
  203: "XCORE",
  224: "AMDGPU",
  243: "RISCV",
  247: "BPF",
  252: "CSKY",
  258: "LOONGARCH",
};

/** e_ident[EI_OSABI]. */
export const OS_ABIS: Names = {
  0: "SYSTEMV",
  1: "HPUX",
  2: "NETBSD",
  3: "GNU",
  6: "SOLARIS",
  7: "AIX",
  8: "IRIX",
  9: "FREEBSD",
  10: "TRU64",
  12: "OPENBSD",
  64: "ARM_EABI",
  97: "ARM",
  255: "STANDALONE",
};

/** p_type. */
export const SEGMENT_TYPES: Names = {
  0: "NULL",
  1: "LOAD",
  2: "DYNAMIC",
  3: "INTERP",
  4: "NOTE",
  5: "SHLIB",
  6: "PHDR",
  7: "TLS",
  0x6474e550: "GNU_EH_FRAME",
  0x6474e551: "GNU_STACK",
  0x6474e552: "GNU_RELRO",
  0x6474e553: "GNU_PROPERTY",
  0x65a3dbe6: "OPENBSD_RANDOMIZE",
  0x65a3dbe7: "OPENBSD_WXNEEDED",
  0x65a41be6: "OPENBSD_BOOTDATA",
};

/** p_type of one processor only: its range is used by all. */
const PROCESSOR_SEGMENT_TYPES: Readonly<Record<number, Names>> = {
  8: { 0x70000000: "MIPS_REGINFO", 0x70000001: "MIPS_RTPROC", 0x70000002: "MIPS_OPTIONS", 0x70000003: "MIPS_ABIFLAGS" },
  40: { 0x70000001: "ARM_EXIDX" },
  183: { 0x70000002: "AARCH64_MEMTAG_MTE" },
  243: { 0x70000003: "RISCV_ATTRIBUTES" },
};

/** sh_type. */
export const SECTION_TYPES: Names = {
  0: "NULL",
  1: "PROGBITS",
  2: "SYMTAB",
  3: "STRTAB",
  4: "RELA",
  5: "HASH",
  6: "DYNAMIC",
  7: "NOTE",
  8: "NOBITS",
  9: "REL",
  10: "SHLIB",
  11: "DYNSYM",
  14: "INIT_ARRAY",
  15: "FINI_ARRAY",
  16: "PREINIT_ARRAY",
  17: "GROUP",
  18: "SYMTAB_SHNDX",
  19: "RELR",
  0x6fff4c03: "LLVM_ADDRSIG",
  0x6ffffff5: "GNU_ATTRIBUTES",
  0x6ffffff6: "GNU_HASH",
  0x6ffffff7: "GNU_LIBLIST",
  0x6ffffffd: "VERDEF",
  0x6ffffffe: "VERNEED",
  0x6fffffff: "VERSYM",
};

/** sh_type of one processor only. */
const PROCESSOR_SECTION_TYPES: Readonly<Record<number, Names>> = {
  8: { 0x70000006: "MIPS_REGINFO", 0x7000000d: "MIPS_OPTIONS", 0x7000001e: "MIPS_DWARF", 0x7000002a: "MIPS_ABIFLAGS" },
  40: { 0x70000001: "ARM_EXIDX", 0x70000003: "ARM_ATTRIBUTES" },
  62: { 0x70000001: "X86_64_UNWIND" },
  243: { 0x70000003: "RISCV_ATTRIBUTES" },
};

/** d_tag. */
export const DYNAMIC_TAGS: Names = {
  1: "NEEDED",
  2: "PLTRELSZ",
  3: "PLTGOT",
  4: "HASH",
  5: "STRTAB",
  6: "SYMTAB",
  7: "RELA",
  8: "RELASZ",
  9: "RELAENT",
  10: "STRSZ",
  11: "SYMENT",
  12: "INIT",
  13: "FINI",
  14: "SONAME",
  15: "RPATH",
  16: "SYMBOLIC",
  17: "REL",
  18: "RELSZ",
  19: "RELENT",
  20: "PLTREL",
  21: "DEBUG",
  22: "TEXTREL",
  23: "JMPREL",
  24: "BIND_NOW",
  25: "INIT_ARRAY",
  26: "FINI_ARRAY",
  27: "INIT_ARRAYSZ",
  28: "FINI_ARRAYSZ",
  29: "RUNPATH",
  30: "FLAGS",
  32: "PREINIT_ARRAY",
  33: "PREINIT_ARRAYSZ",
  34: "SYMTAB_SHNDX",
  35: "RELRSZ",
  36: "RELR",
  37: "RELRENT",
  0x6ffffef5: "GNU_HASH",
  0x6ffffff0: "VERSYM",
  0x6ffffff9: "RELACOUNT",
  0x6ffffffa: "RELCOUNT",
  0x6ffffffb: "FLAGS_1",
  0x6ffffffc: "VERDEF",
  0x6ffffffd: "VERDEFNUM",
  0x6ffffffe: "VERNEED",
  0x6fffffff: "VERNEEDNUM",
  0x7ffffffd: "AUXILIARY",
  0x7fffffff: "FILTER",
};

/** Low half of st_info. */
export const SYMBOL_TYPES: Names = {
  0: "NOTYPE",
  1: "OBJECT",
  2: "FUNC",
  3: "SECTION",
  4: "FILE",
  5: "COMMON",
  6: "TLS",
  10: "GNU_IFUNC",
};

/** High half of st_info. */
export const SYMBOL_BINDINGS: Names = { 0: "LOCAL", 1: "GLOBAL", 2: "WEAK", 10: "GNU_UNIQUE" };

/** st_other. */
export const SYMBOL_VISIBILITIES: Names = { 0: "DEFAULT", 1: "INTERNAL", 2: "HIDDEN", 3: "PROTECTED" };

/** Name of a constant, or its number in hexadecimal. */
export function nameOf(names: Names, value: number | bigint): string {
  return names[Number(value)] ?? `0x${value.toString(16)}`;
}

/** Name of a segment's type. */
export function segmentTypeName(type: number, machine: number): string {
  return PROCESSOR_SEGMENT_TYPES[machine]?.[type] ?? nameOf(SEGMENT_TYPES, type);
}

/** Name of a section's type. */
export function sectionTypeName(type: number, machine: number): string {
  return PROCESSOR_SECTION_TYPES[machine]?.[type] ?? nameOf(SECTION_TYPES, type);
}
