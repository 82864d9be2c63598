import { jsonNumber } from "../lib/json_number.ts";
import type { MachoFile } from "../lib/macho.ts";
import { cpuName } from "../lib/macho_names.ts";
import { type AbstractBinary, abstractHeader, unique } from "./abstract.ts";
import type { Report } from "./report.ts";

/** LIEF's names of architectures, by cputype without its 64-bit bits. */
const ARCHITECTURES: Readonly<Record<number, string>> = { 7: "X86", 12: "ARM", 14: "SPARC", 18: "PPC" };
/** filetype of objects, libraries, and what is run. */
const [OBJECT, LIBRARIES, EXECUTABLES] = [1, [3, 6, 8, 9], [2, 5, 7]];
/** Types of sections without data in the file: zero-filled ones. */
const ZERO_FILLED: readonly number[] = [0x1, 0xc, 0x12];

/** A Mach-O file of one architecture in the form that all formats share. */
export function abstractMacho(macho: MachoFile, report: Report): AbstractBinary {
  const { header } = macho;
  const entrypoint = jsonNumber(macho.entryPoint ?? 0n);
  return {
    entrypoint,
    exported_functions: report.list("exported functions", unique(macho.exports.map(({ name }) => name)), String),
    format: "MACHO",
    header: abstractHeader({ architecture: architecture(macho), entrypoint, object_type: objectType(macho) }, header),
    imported_functions: report.list("imported functions", unique(macho.imports.map(({ name }) => name)), String),
    imported_libraries: macho.dylibs.map(({ name }) => name),
    original_size: report.bytes.length,
    relocations: report.list("relocations", macho.relocations, ({ address, size }) => ({ address, size })),
    sections: macho.sections.map(({ name, offset, size, address, flags }) => ({
      entropy: ZERO_FILLED.includes(flags & 0xff) ? null : report.entropy(offset, Number(size)),
      name,
      offset,
      size: jsonNumber(size),
      virtual_address: jsonNumber(address),
    })),
    symbols: report.list("symbols", macho.symbols, ({ name, value }) => ({ name, size: 0, value: jsonNumber(value) })),
  };
}

function architecture({ header }: MachoFile): string {
  const { cpuType } = header;
  if (cpuType === 0x100000c || cpuType === 0x200000c) return "ARM64";
  return ARCHITECTURES[cpuType & 0xffffff] ?? cpuName(header);
}

function objectType({ header: { fileType } }: MachoFile): AbstractBinary["header"]["object_type"] {
  if (fileType === OBJECT) return "OBJECT";
  return EXECUTABLES.includes(fileType) ? "EXECUTABLE" : LIBRARIES.includes(fileType) ? "LIBRARY" : "NONE";
}
