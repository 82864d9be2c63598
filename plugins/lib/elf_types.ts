/**
 * What is read from an ELF file, as plain data. Numbers are the file's own; fields of the size of an address are
 * `bigint` in 32-bit files too. Names are those of the specification (System V ABI, chapters 4 and 5).
 *
 * @module
 */

/** ELF header, with the counts that extended numbering keeps in the first section header. */
export interface ElfHeader {
  /** ELFCLASS64. */
  readonly is64: boolean;
  /** ELFDATA2LSB. */
  readonly littleEndian: boolean;
  readonly identVersion: number;
  readonly osAbi: number;
  readonly abiVersion: number;
  readonly type: number;
  readonly machine: number;
  readonly version: number;
  readonly entry: bigint;
  readonly phoff: bigint;
  readonly shoff: bigint;
  readonly flags: number;
  readonly ehsize: number;
  readonly phentsize: number;
  readonly phnum: number;
  readonly shentsize: number;
  readonly shnum: number;
  readonly shstrndx: number;
}

/** Program header. */
export interface ElfSegment {
  readonly type: number;
  readonly flags: number;
  readonly offset: bigint;
  readonly vaddr: bigint;
  readonly paddr: bigint;
  readonly filesz: bigint;
  readonly memsz: bigint;
  readonly align: bigint;
}

/** Section header. */
export interface ElfSection {
  readonly name: string;
  readonly type: number;
  readonly flags: bigint;
  readonly addr: bigint;
  readonly offset: bigint;
  readonly size: bigint;
  readonly link: number;
  readonly info: number;
  readonly addralign: bigint;
  readonly entsize: bigint;
}

/** Symbol table entry. */
export interface ElfSymbol {
  readonly name: string;
  readonly value: bigint;
  readonly size: bigint;
  readonly type: number;
  readonly binding: number;
  readonly visibility: number;
  readonly info: number;
  readonly other: number;
  readonly shndx: number;
  /** Version that it has or needs, of a dynamic symbol. */
  readonly version?: string;
}

/** Entry of the dynamic section. */
export interface ElfDynamicEntry {
  readonly tag: bigint;
  readonly value: bigint;
  /** The string that the value is the offset of, where the tag says so. */
  readonly text?: string;
}

/** Relocation. */
export interface ElfRelocation {
  readonly address: bigint;
  readonly type: number;
  readonly symbol: string;
  readonly addend?: bigint;
  /** Where it is listed: in a table of the dynamic section, in that of the procedure linkage table, or a section. */
  readonly table: "dynamic" | "plt" | "section";
  /** Section that it applies to, of an object file. */
  readonly section?: string;
}

/** Note. */
export interface ElfNote {
  readonly owner: string;
  readonly type: number;
  /** Offset in the file of the note. */
  readonly offset: number;
  readonly description: Uint8Array;
}

/** Versions that are needed of one library (Elf_Verneed). */
export interface ElfVersionNeed {
  readonly version: number;
  readonly file: string;
  readonly versions: readonly {
    readonly name: string;
    readonly hash: number;
    readonly flags: number;
    readonly other: number;
  }[];
}

/** Version that is defined (Elf_Verdef): its name, then those of its parents. */
export interface ElfVersionDefinition {
  readonly version: number;
  readonly flags: number;
  readonly index: number;
  readonly hash: number;
  readonly names: readonly string[];
}
