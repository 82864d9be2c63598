import type { jsonNumber } from "../lib/json_number.ts";

/** A number, or hexadecimal text where it is too large for one. */
export type Numeric = ReturnType<typeof jsonNumber>;

/** The form that all formats share: LIEF's abstract binary, in the order of its names. */
export interface AbstractBinary {
  readonly name?: string;
  /** Virtual address. */
  readonly entrypoint: Numeric;
  readonly exported_functions: readonly string[];
  readonly format: "ELF" | "MACHO" | "PE";
  readonly header: {
    readonly architecture: string;
    readonly endianness: "BIG" | "LITTLE";
    readonly entrypoint: Numeric;
    readonly is_32: boolean;
    readonly is_64: boolean;
    readonly modes: readonly string[];
    readonly object_type: "EXECUTABLE" | "LIBRARY" | "NONE" | "OBJECT";
  };
  readonly imported_functions: readonly string[];
  readonly imported_libraries: readonly string[];
  /** Bytes. */
  readonly original_size: number;
  /** Size in bits; null when the type is not known. */
  readonly relocations: readonly { readonly address: Numeric; readonly size: number | null }[];
  readonly sections: readonly {
    readonly entropy: number | null;
    readonly name: string;
    readonly offset: Numeric;
    readonly size: Numeric;
    readonly virtual_address: Numeric;
  }[];
  readonly symbols: readonly { readonly name: string; readonly size: Numeric; readonly value: Numeric }[];
}

/** Parts of a header that all formats have. */
export function abstractHeader(
  header: Omit<AbstractBinary["header"], "is_32" | "is_64" | "modes" | "endianness">,
  { is64, littleEndian }: { is64: boolean; littleEndian: boolean },
): AbstractBinary["header"] {
  return {
    architecture: header.architecture,
    endianness: littleEndian ? "LITTLE" : "BIG",
    entrypoint: header.entrypoint,
    is_32: !is64,
    is_64: is64,
    modes: [is64 ? "M64" : "M32"],
    object_type: header.object_type,
  };
}

/** Each name once, without empty ones, in the order of the first. */
export function unique(names: Iterable<string>): string[] {
  return [...new Set(names)].filter((name) => name !== "");
}
