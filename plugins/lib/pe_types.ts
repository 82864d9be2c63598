/**
 * What is read from a Portable Executable file, as plain data. Numbers are the file's own; names are those of the
 * specification (Microsoft, "PE Format") in camelCase.
 *
 * @module
 */

/** Something wrong with a file, and where. */
export interface PeProblem {
  /** What is wrong, one line. */
  readonly what: string;
  /** Offset in the file at which it is wrong. */
  readonly offset: number;
}

/** COFF file header. */
export interface CoffHeader {
  readonly machine: number;
  readonly numberOfSections: number;
  /** Seconds since 1970, as written by the linker; not to be trusted. */
  readonly timeDateStamp: number;
  readonly pointerToSymbolTable: number;
  readonly numberOfSymbols: number;
  readonly sizeOfOptionalHeader: number;
  readonly characteristics: number;
}

/** Optional header, without its data directories. */
export interface OptionalHeader {
  /** 0x10b for PE32, 0x20b for PE32+. */
  readonly magic: number;
  readonly majorLinkerVersion: number;
  readonly minorLinkerVersion: number;
  readonly sizeOfCode: number;
  readonly sizeOfInitializedData: number;
  readonly sizeOfUninitializedData: number;
  readonly addressOfEntryPoint: number;
  readonly baseOfCode: number;
  /** PE32 only. */
  readonly baseOfData?: number;
  readonly imageBase: bigint;
  readonly sectionAlignment: number;
  readonly fileAlignment: number;
  readonly majorOperatingSystemVersion: number;
  readonly minorOperatingSystemVersion: number;
  readonly majorImageVersion: number;
  readonly minorImageVersion: number;
  readonly majorSubsystemVersion: number;
  readonly minorSubsystemVersion: number;
  readonly win32VersionValue: number;
  readonly sizeOfImage: number;
  readonly sizeOfHeaders: number;
  readonly checkSum: number;
  readonly subsystem: number;
  readonly dllCharacteristics: number;
  readonly sizeOfStackReserve: bigint;
  readonly sizeOfStackCommit: bigint;
  readonly sizeOfHeapReserve: bigint;
  readonly sizeOfHeapCommit: bigint;
  readonly loaderFlags: number;
  readonly numberOfRvaAndSizes: number;
}

/** One data directory: where a table is. */
export interface DataDirectory {
  /** RVA; of the certificate table: offset in the file. */
  readonly virtualAddress: number;
  readonly size: number;
}

/** One section header. */
export interface PeSection {
  /** Name up to the first NUL, Latin-1. */
  readonly name: string;
  readonly virtualSize: number;
  readonly virtualAddress: number;
  readonly sizeOfRawData: number;
  readonly pointerToRawData: number;
  readonly characteristics: number;
}

/** All headers of a file. */
export interface PeHeaders {
  /** Offset of the PE signature. */
  readonly peOffset: number;
  /** Whether the file is PE32+ (64-bit addresses). */
  readonly isPe32Plus: boolean;
  readonly coff: CoffHeader;
  readonly optional: OptionalHeader;
  /** At most 16, in the order of the specification. */
  readonly directories: readonly DataDirectory[];
  /** In the order of the file. */
  readonly sections: readonly PeSection[];
  /** Offset of the section table. */
  readonly sectionTable: number;
}

/** One imported symbol. */
export interface ImportedSymbol {
  /** Name in the file. */
  readonly name?: string;
  /** Ordinal, when imported by ordinal. */
  readonly ordinal?: number;
  /** Position at which the loader looks first; by name only. */
  readonly hint?: number;
  /** RVA of the entry of the import address table. */
  readonly iat: number;
}

/** The symbols imported from one library. */
export interface ImportedLibrary {
  /** Name of the library as written; `*invalid*` when no file name can look so. */
  readonly library: string;
  readonly symbols: readonly ImportedSymbol[];
}

/** One exported symbol. */
export interface ExportedSymbol {
  readonly ordinal: number;
  readonly rva: number;
  readonly name?: string;
  /** `LIBRARY.name` that it is forwarded to. */
  readonly forwarder?: string;
}

/** The export directory. */
export interface PeExports {
  /** Name of the library at link time. */
  readonly library: string;
  readonly timeDateStamp: number;
  readonly base: number;
  /** By name in the table's order, then those without a name. */
  readonly symbols: readonly ExportedSymbol[];
}

/** One resource: a leaf of the resource tree. */
export interface PeResource {
  /** Identifiers or names from the root: type, name, language. */
  readonly path: readonly (number | string)[];
  readonly rva: number;
  /** Offset in the file; left out when the RVA is not in the file. */
  readonly offset?: number;
  readonly size: number;
  readonly codePage: number;
}

/** VS_FIXEDFILEINFO. */
export interface FixedFileInfo {
  /** `a.b.c.d`. */
  readonly fileVersion: string;
  /** `a.b.c.d`. */
  readonly productVersion: string;
  readonly fileFlagsMask: number;
  readonly fileFlags: number;
  readonly fileOs: number;
  readonly fileType: number;
  readonly fileSubtype: number;
}

/** VS_VERSIONINFO. */
export interface VersionInfo {
  readonly fixed?: FixedFileInfo;
  /** String tables; `table` is language and code page, 8 hexadecimal digits. */
  readonly tables: readonly { readonly table: string; readonly strings: readonly { key: string; value: string }[] }[];
  readonly translations: readonly { readonly language: number; readonly codePage: number }[];
}

/** One entry of the debug directory. */
export interface DebugEntry {
  readonly type: number;
  readonly timeDateStamp: number;
  readonly majorVersion: number;
  readonly minorVersion: number;
  readonly sizeOfData: number;
  readonly addressOfRawData: number;
  readonly pointerToRawData: number;
  /** CodeView reference to a PDB file. */
  readonly codeView?: {
    readonly signature: "RSDS" | "NB10";
    /** GUID (RSDS) or time stamp (NB10), hexadecimal, upper case, without separators. */
    readonly id: string;
    readonly age: number;
    readonly path: string;
  };
}

/** The Rich header: which tools built the parts of the file. */
export interface RichHeader {
  /** Offset of its first byte. */
  readonly offset: number;
  readonly key: number;
  readonly entries: readonly { readonly product: number; readonly build: number; readonly count: number }[];
  /** Decoded bytes from `DanS` up to `Rich`: what the Rich hash is taken of. */
  readonly clear: Uint8Array<ArrayBuffer>;
}

/** TLS directory; addresses are virtual addresses (with the image base). */
export interface TlsDirectory {
  readonly startAddressOfRawData: bigint;
  readonly endAddressOfRawData: bigint;
  readonly addressOfIndex: bigint;
  readonly addressOfCallBacks: bigint;
  readonly sizeOfZeroFill: number;
  readonly characteristics: number;
  /** Functions that run before the entry point. */
  readonly callbacks: readonly bigint[];
}

/** One entry of the attribute certificate table. */
export interface PeCertificate {
  /** Offset of the entry's header. */
  readonly offset: number;
  readonly revision: number;
  /** 2: PKCS #7 SignedData. */
  readonly type: number;
  /** The certificate itself, without the entry's header: a view, not a copy. */
  readonly bytes: Uint8Array;
}

/** Where the parts of a file lie. */
export interface PeLayout {
  /** End of the headers with the section table. */
  readonly headersEnd: number;
  /** End of the last raw section data that the file has, or of the headers. */
  readonly sectionsEnd: number;
  /** The certificate table, when there is one that is plausible. */
  readonly certificates?: { readonly offset: number; readonly size: number };
  /** Size of the file that the headers describe, never more than there are bytes. */
  readonly size: number;
  /** Whether sections or certificates go past the end of the bytes. */
  readonly truncated: boolean;
}
