import type { Data } from "../../plugin.ts";
import type { ElfFile, ElfSymbol } from "../lib/elf.ts";
import {
  DYNAMIC_TAGS,
  FILE_TYPES,
  MACHINES,
  nameOf,
  OS_ABIS,
  sectionTypeName,
  segmentTypeName,
  SYMBOL_BINDINGS,
  SYMBOL_TYPES,
  SYMBOL_VISIBILITIES,
} from "../lib/elf_names.ts";
import { jsonNumber } from "../lib/json_number.ts";
import { elfHardening } from "./elf_hardening.ts";
import type { Report } from "./report.ts";

/** PT_LOAD. */
const LOAD = 1;
/** SHT_NOBITS. */
const NOBITS = 8;
/** Names of flags of sections, by bit ("Section Attribute Flags"). */
const SECTION_FLAGS = "WRITE ALLOC EXECINSTR - MERGE STRINGS INFO_LINK LINK_ORDER OS_NONCONFORMING GROUP TLS COMPRESSED"
  .split(" ");
/** Most bytes of a note that are shown. */
const MAX_NOTE = 64;
/** Tags whose text has a name of its own. */
const TEXT_KEYS: Readonly<Record<number, string>> = { 1: "library", 14: "library", 15: "rpath", 29: "runpath" };

/** The details of an ELF file, under LIEF's keys. */
export function detailElf(elf: ElfFile, report: Report): Data {
  const { header } = elf;
  const loaded = elf.segments.filter(({ type }) => type === LOAD);
  const imagebase = loaded.reduce<bigint | undefined>((base, { vaddr, offset }) => {
    const start = vaddr - offset;
    return base === undefined || start < base ? start : base;
  }, undefined) ?? 0n;
  const relocations = (table: string) => elf.relocations.filter((relocation) => relocation.table === table);
  const listed = (table: string) =>
    report.list(`${table} relocations`, relocations(table), ({ address, type, symbol, addend, section }) => ({
      symbol_name: symbol,
      address: jsonNumber(address),
      type,
      ...(addend !== undefined && { addend: String(addend) }),
      section: section ?? "",
    }));
  return {
    format: "ELF",
    entrypoint: jsonNumber(header.entry),
    imagebase: jsonNumber(imagebase < 0n ? 0n : imagebase),
    ...(elf.interpreter !== undefined && { interpreter: elf.interpreter }),
    ...(elf.soname !== undefined && { soname: elf.soname }),
    ...(elf.buildId !== undefined && { build_id: elf.buildId }),
    ...elfHardening(elf),
    header: headerOf(elf),
    sections: elf.sections.map((section) => ({
      name: section.name,
      virtual_address: jsonNumber(section.addr),
      size: jsonNumber(section.size),
      offset: jsonNumber(section.offset),
      alignment: jsonNumber(section.addralign),
      information: section.info,
      entry_size: jsonNumber(section.entsize),
      link: section.link,
      type: sectionTypeName(section.type, header.machine),
      flags: SECTION_FLAGS.filter((name, bit) => name !== "-" && (section.flags >> BigInt(bit) & 1n) === 1n),
      entropy: section.type === NOBITS ? null : report.entropy(Number(section.offset), Number(section.size)),
    })),
    segments: elf.segments.map((segment) => ({
      type: segmentTypeName(segment.type, header.machine),
      flags: segment.flags,
      file_offset: jsonNumber(segment.offset),
      virtual_address: jsonNumber(segment.vaddr),
      physical_address: jsonNumber(segment.paddr),
      physical_size: jsonNumber(segment.filesz),
      virtual_size: jsonNumber(segment.memsz),
      alignment: jsonNumber(segment.align),
    })),
    dynamic_entries: elf.dynamicEntries.map(({ tag, value, text }) => ({
      tag: nameOf(DYNAMIC_TAGS, tag),
      value: jsonNumber(value),
      ...(text !== undefined && { [TEXT_KEYS[Number(tag)] ?? "text"]: text }),
    })),
    dynamic_symbols: report.list("dynamic symbols", elf.dynamicSymbols, symbolOf),
    static_symbols: report.list("static symbols", elf.staticSymbols, symbolOf),
    dynamic_relocations: listed("dynamic"),
    pltgot_relocations: listed("plt"),
    object_relocations: listed("section"),
    symbols_version_requirement: elf.versionNeeds.map(({ version, file, versions }) => ({
      version,
      name: file,
      symbol_version_auxiliary_requirement: versions,
    })),
    symbols_version_definition: elf.versionDefinitions.map(({ version, flags, hash, names }) => ({
      version,
      flags,
      hash,
      symbol_version_auxiliary: names.map((name) => ({ name })),
    })),
    notes: elf.notes.map(({ owner, type, description }) => ({
      name: owner,
      type,
      description: description.subarray(0, MAX_NOTE).toHex(),
      size: description.length,
    })),
  };
}

function headerOf({ header }: ElfFile): Data {
  return {
    file_type: nameOf(FILE_TYPES, header.type),
    machine_type: nameOf(MACHINES, header.machine),
    object_file_version: header.version,
    entrypoint: jsonNumber(header.entry),
    program_headers_offset: jsonNumber(header.phoff),
    section_headers_offset: jsonNumber(header.shoff),
    processor_flag: header.flags,
    header_size: header.ehsize,
    program_header_size: header.phentsize,
    numberof_segments: header.phnum,
    section_header_size: header.shentsize,
    numberof_sections: header.shnum,
    section_name_table_idx: header.shstrndx,
    identity_class: header.is64 ? "CLASS64" : "CLASS32",
    identity_data: header.littleEndian ? "LSB" : "MSB",
    identity_version: header.identVersion,
    identity_os_abi: nameOf(OS_ABIS, header.osAbi),
    identity_abi_version: header.abiVersion,
  };
}

function symbolOf(symbol: ElfSymbol): Data {
  return {
    type: nameOf(SYMBOL_TYPES, symbol.type),
    binding: nameOf(SYMBOL_BINDINGS, symbol.binding),
    visibility: nameOf(SYMBOL_VISIBILITIES, symbol.visibility),
    information: symbol.info,
    other: symbol.other,
    section: symbol.shndx,
    value: jsonNumber(symbol.value),
    size: jsonNumber(symbol.size),
    name: symbol.name,
    ...(symbol.version !== undefined && { version: symbol.version }),
  };
}
