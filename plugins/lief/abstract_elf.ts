import type { ElfFile, ElfSymbol } from "../lib/elf.ts";
import { MACHINES, nameOf } from "../lib/elf_names.ts";
import { jsonNumber } from "../lib/json_number.ts";
import { type AbstractBinary, abstractHeader, unique } from "./abstract.ts";
import type { Report } from "./report.ts";

/** e_type of objects, executables and shared objects. */
const [RELOCATABLE, EXECUTABLE, DYNAMIC] = [1, 2, 3];
/** STT_NOTYPE, STT_FUNC and STT_GNU_IFUNC. */
const [NOTYPE, FUNC, IFUNC] = [0, 2, 10];
/** STB_LOCAL. */
const LOCAL = 0;
/** SHT_NOBITS. */
const NOBITS = 8;

/** LIEF's names of architectures, by e_machine; of those that it has none for, the machine's name. */
const ARCHITECTURES: Readonly<Record<number, string>> = {
  2: "SPARC",
  3: "X86",
  8: "MIPS",
  18: "SPARC",
  20: "PPC",
  21: "PPC",
  22: "SYSZ",
  40: "ARM",
  43: "SPARC",
  62: "X86",
  183: "ARM64",
};

/** An ELF file in the form that all formats share. */
export function abstractElf(elf: ElfFile, report: Report): AbstractBinary {
  const { header } = elf;
  const symbols = [...elf.dynamicSymbols, ...elf.staticSymbols];
  const entrypoint = jsonNumber(header.entry);
  return {
    entrypoint,
    exported_functions: report.list("exported functions", exportedFunctions(elf), String),
    format: "ELF",
    header: abstractHeader({
      architecture: ARCHITECTURES[header.machine] ?? nameOf(MACHINES, header.machine),
      entrypoint,
      object_type: objectType(elf),
    }, header),
    imported_functions: report.list("imported functions", importedFunctions(elf), String),
    imported_libraries: elf.libraries,
    original_size: report.bytes.length,
    relocations: report.list("relocations", elf.relocations, ({ address, type }) => ({
      address: jsonNumber(address),
      size: relocationSize(header.machine, type),
    })),
    sections: elf.sections.map(({ name, type, offset, size, addr }) => ({
      entropy: type === NOBITS ? null : report.entropy(Number(offset), Number(size)),
      name,
      offset: jsonNumber(offset),
      size: jsonNumber(size),
      virtual_address: jsonNumber(addr),
    })),
    symbols: report.list("symbols", symbols, ({ name, size, value }) => ({
      name,
      size: jsonNumber(size),
      value: jsonNumber(value),
    })),
  };
}

/** A shared object with an interpreter is a position-independent executable. */
function objectType({ header: { type }, interpreter }: ElfFile): AbstractBinary["header"]["object_type"] {
  if (type === RELOCATABLE) return "OBJECT";
  if (type === EXECUTABLE || (type === DYNAMIC && interpreter !== undefined)) return "EXECUTABLE";
  return type === DYNAMIC ? "LIBRARY" : "NONE";
}

/** Symbols that linking is about: dynamic ones, or all of an object file or static program. */
function linkable(elf: ElfFile): readonly ElfSymbol[] {
  return elf.dynamicSymbols.length > 0 ? elf.dynamicSymbols : elf.staticSymbols;
}

/** Object files don't say of what type the symbols are that they need. */
function importedFunctions(elf: ElfFile): string[] {
  const types = elf.header.type === RELOCATABLE ? [NOTYPE, FUNC, IFUNC] : [FUNC, IFUNC];
  return unique(
    linkable(elf).filter(({ shndx, type, binding }) => shndx === 0 && binding !== LOCAL && types.includes(type))
      .map(({ name }) => name),
  );
}

function exportedFunctions(elf: ElfFile): string[] {
  return unique(
    linkable(elf).filter(({ shndx, type, binding }) =>
      shndx !== 0 && binding !== LOCAL && (type === FUNC || type === IFUNC)
    ).map(({ name }) => name),
  );
}

/** Bits that a relocation changes ("Relocation Types" of the processor supplements); null where that is not listed. */
function relocationSize(machine: number, type: number): number | null {
  switch (machine) {
    case 3: // i386
      return type === 20 || type === 21 ? 16 : type === 22 || type === 23 ? 8 : 32;
    case 62: // x86-64
      if ([1, 6, 7, 8, 16, 17, 18, 24, 25, 27, 28, 29, 31, 33, 37].includes(type)) return 64;
      return type === 12 || type === 13 ? 16 : type === 14 || type === 15 ? 8 : 32;
    case 183: // AArch64
      if (type === 257 || type === 260 || (type >= 1024 && type <= 1032)) return 64;
      return type === 259 || type === 262 ? 16 : 32;
    case 40: // ARM
      return type === 5 ? 16 : type === 8 ? 8 : 32;
    default:
      return null;
  }
}
