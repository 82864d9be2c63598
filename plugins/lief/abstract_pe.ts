import { jsonNumber } from "../lib/json_number.ts";
import { ordinalName, type PeFile } from "../lib/pe.ts";
import { type AbstractBinary, abstractHeader, unique } from "./abstract.ts";
import { machineName } from "../lib/pe_names.ts";
import { readBaseRelocations, readCoffSymbols } from "./pe_tables.ts";
import type { Report } from "./report.ts";

/** LIEF's names of architectures, by machine. */
const ARCHITECTURES: Readonly<Record<number, string>> = {
  0x14c: "X86",
  0x8664: "X86",
  0x1c0: "ARM",
  0x1c2: "ARM",
  0x1c4: "ARM",
  0xaa64: "ARM64",
  0x1f0: "PPC",
  0x1f1: "PPC",
  0x166: "MIPS",
};
/** Characteristics of a library. */
const DLL = 0x2000;

/** A PE file in the form that all formats share. */
export function abstractPe(pe: PeFile, report: Report): AbstractBinary {
  const { coff, optional } = pe;
  const libraries = [...pe.imports, ...pe.delayImports];
  const entrypoint = jsonNumber(optional.imageBase + BigInt(optional.addressOfEntryPoint));
  const imported = libraries.flatMap(({ library, symbols }) =>
    symbols.map(({ name, ordinal }) => name ?? ordinalName(library, ordinal ?? 0))
  );
  const exported = (pe.exports?.symbols ?? []).map(({ name, ordinal }) => name ?? `ord${ordinal}`);
  return {
    entrypoint,
    exported_functions: report.list("exported functions", exported, String),
    format: "PE",
    header: abstractHeader({
      architecture: ARCHITECTURES[coff.machine] ?? machineName(coff.machine),
      entrypoint,
      object_type: (coff.characteristics & DLL) !== 0 ? "LIBRARY" : "EXECUTABLE",
    }, { is64: pe.isPe32Plus, littleEndian: true }),
    imported_functions: report.list("imported functions", imported, String),
    imported_libraries: unique(libraries.map(({ library }) => library)),
    original_size: report.bytes.length,
    relocations: report.list("relocations", readBaseRelocations(pe, report), ({ rva, size }) => ({
      address: rva,
      size,
    })),
    sections: pe.sections.map((section) => ({
      entropy: section.pointerToRawData === 0 ? null : report.entropy(section.pointerToRawData, section.sizeOfRawData),
      name: section.name,
      offset: section.pointerToRawData,
      size: section.sizeOfRawData,
      virtual_address: section.virtualAddress,
    })),
    symbols: report.list("symbols", readCoffSymbols(pe, report), ({ name, value }) => ({ name, size: 0, value })),
  };
}
