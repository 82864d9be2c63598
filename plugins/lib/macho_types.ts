/**
 * What is read from a Mach-O file, as plain data. Numbers are the file's own; addresses are `bigint` in 32-bit files
 * too. Names follow Apple's headers (mach-o/loader.h, nlist.h, fat.h).
 *
 * @module
 */

/** mach_header and mach_header_64. */
export interface MachoHeader {
  readonly is64: boolean;
  readonly littleEndian: boolean;
  readonly magic: number;
  readonly cpuType: number;
  readonly cpuSubtype: number;
  readonly fileType: number;
  readonly numberOfCommands: number;
  readonly sizeOfCommands: number;
  readonly flags: number;
  /** 64-bit files only. */
  readonly reserved?: number;
}

/** A load command, whatever it is. */
export interface MachoCommand {
  readonly command: number;
  readonly size: number;
  readonly offset: number;
}

/** segment_command and segment_command_64. */
export interface MachoSegment extends MachoCommand {
  readonly name: string;
  readonly vmAddress: bigint;
  readonly vmSize: bigint;
  readonly fileOffset: bigint;
  readonly fileSize: bigint;
  readonly maxProtection: number;
  readonly initProtection: number;
  readonly numberOfSections: number;
  readonly flags: number;
}

/** section and section_64. */
export interface MachoSection {
  readonly name: string;
  readonly segment: string;
  readonly address: bigint;
  readonly size: bigint;
  readonly offset: number;
  /** Power of two. */
  readonly alignment: number;
  readonly relocationOffset: number;
  readonly numberOfRelocations: number;
  readonly flags: number;
  readonly reserved1: number;
  readonly reserved2: number;
  /** 64-bit files only. */
  readonly reserved3: number;
}

/** dylib_command. */
export interface MachoDylib extends MachoCommand {
  readonly name: string;
  readonly timestamp: number;
  readonly currentVersion: number;
  readonly compatibilityVersion: number;
}

/** build_version_command. */
export interface MachoBuildVersion extends MachoCommand {
  readonly platform: number;
  readonly minOs: number;
  readonly sdk: number;
  readonly tools: readonly { readonly tool: number; readonly version: number }[];
}

/** nlist and nlist_64. */
export interface MachoSymbol {
  readonly name: string;
  readonly type: number;
  readonly section: number;
  readonly description: number;
  readonly value: bigint;
}

/** A symbol that another image has to give. */
export interface MachoImport {
  readonly name: string;
  /** Position of the library in the file's list, from 1; 0 and below: this file, the program, any. */
  readonly ordinal: number;
}

/** A symbol that other images may use. */
export interface MachoExport {
  readonly name: string;
  /** Virtual address; of a re-exported one: 0. */
  readonly address: bigint;
}

/** relocation_info and scattered_relocation_info. */
export interface MachoRelocation {
  readonly section: string;
  readonly address: number;
  /** Bits. */
  readonly size: number;
  readonly isPcRelative: boolean;
  readonly isScattered: boolean;
  readonly type: number;
  readonly symbol?: string;
}

/** What the code signature says of itself; it is not verified. */
export interface MachoSignature {
  readonly identifier?: string;
  readonly teamId?: string;
  /** Flags of the first code directory. */
  readonly flags: number;
  readonly hashTypes: readonly number[];
  /** Whether there is a CMS signature: not when signed ad hoc. */
  readonly hasCms: boolean;
  /** Property list. */
  readonly entitlements?: string;
}

/** fat_arch and fat_arch_64: one file of a universal one. */
export interface FatArchitecture {
  readonly cpuType: number;
  readonly cpuSubtype: number;
  readonly offset: number;
  readonly size: number;
  /** Power of two. */
  readonly alignment: number;
}
