import type { Data } from "../../plugin.ts";
import { jsonNumber } from "../lib/json_number.ts";
import { type ImportedLibrary, type PeFile, resourceTypeName } from "../lib/pe.ts";
import { DIRECTORY_NAMES, dllFlags, fileFlags, machineName, sectionFlags, subsystemName } from "../lib/pe_names.ts";
import { readBaseRelocations, readCoffSymbols } from "./pe_tables.ts";
import type { Report } from "./report.ts";

/** The details of a PE file, under LIEF's keys. */
export function detailPe(pe: PeFile, report: Report): Data {
  const { coff, optional } = pe;
  const virtualEnd = pe.sections.reduce((end, { virtualAddress, virtualSize }) => {
    return Math.max(end, virtualAddress + virtualSize);
  }, optional.sizeOfHeaders);
  const libraries = (list: readonly ImportedLibrary[]) =>
    list.map(({ library, symbols }) => ({
      name: library,
      entries: report.list("imported functions", symbols, ({ name, ordinal, hint, iat }) => ({
        ...(name === undefined ? { ordinal } : { name, hint }),
        iat_address: iat,
      })),
    }));
  return {
    format: "PE",
    entrypoint: jsonNumber(optional.imageBase + BigInt(optional.addressOfEntryPoint)),
    virtual_size: virtualEnd,
    is_pie: dllFlags(optional.dllCharacteristics).includes("DYNAMIC_BASE"),
    has_nx: dllFlags(optional.dllCharacteristics).includes("NX_COMPAT"),
    dos_header: { addressof_new_exeheader: pe.peOffset },
    header: {
      machine: machineName(coff.machine),
      numberof_sections: coff.numberOfSections,
      time_date_stamp: coff.timeDateStamp,
      pointerto_symbol_table: coff.pointerToSymbolTable,
      numberof_symbols: coff.numberOfSymbols,
      sizeof_optional_header: coff.sizeOfOptionalHeader,
      characteristics: fileFlags(coff.characteristics),
    },
    optional_header: optionalHeaderOf(pe),
    data_directories: pe.directories.map(({ virtualAddress, size }, index) => ({
      type: DIRECTORY_NAMES[index] ?? String(index),
      RVA: virtualAddress,
      size,
    })),
    sections: pe.sections.map((section) => ({
      name: section.name,
      virtual_address: section.virtualAddress,
      virtual_size: section.virtualSize,
      offset: section.pointerToRawData,
      size: section.sizeOfRawData,
      characteristics: sectionFlags(section.characteristics),
      entropy: section.pointerToRawData === 0 ? null : report.entropy(section.pointerToRawData, section.sizeOfRawData),
    })),
    symbols: report.list("symbols", readCoffSymbols(pe, report), (symbol) => ({
      name: symbol.name,
      value: symbol.value,
      section_number: symbol.section,
      type: symbol.type,
      storage_class: symbol.storageClass,
    })),
    relocations: report.list("relocations", readBaseRelocations(pe, report), ({ rva, type, size }) => ({
      address: rva,
      type,
      size,
    })),
    imports: libraries(pe.imports),
    delay_imports: libraries(pe.delayImports),
    ...(pe.exports && {
      exports: {
        name: pe.exports.library,
        timestamp: pe.exports.timeDateStamp,
        ordinal_base: pe.exports.base,
        entries: report.list("exported functions", pe.exports.symbols, ({ name, ordinal, rva, forwarder }) => ({
          ...(name !== undefined && { name }),
          ordinal,
          address: rva,
          ...(forwarder !== undefined && { forwarder }),
        })),
      },
    }),
    ...(pe.tls && {
      tls: {
        callbacks: pe.tls.callbacks.map(jsonNumber),
        addressof_raw_data: [jsonNumber(pe.tls.startAddressOfRawData), jsonNumber(pe.tls.endAddressOfRawData)],
        addressof_index: jsonNumber(pe.tls.addressOfIndex),
        addressof_callbacks: jsonNumber(pe.tls.addressOfCallBacks),
        sizeof_zero_fill: pe.tls.sizeOfZeroFill,
        characteristics: pe.tls.characteristics,
      },
    }),
    debug: pe.debug.map(({ type, timeDateStamp, sizeOfData, addressOfRawData, pointerToRawData, codeView }) => ({
      type,
      timestamp: timeDateStamp,
      sizeof_data: sizeOfData,
      addressof_rawdata: addressOfRawData,
      pointerto_rawdata: pointerToRawData,
      ...(codeView && { code_view: { ...codeView } }),
    })),
    resources: report.list("resources", pe.resources, ({ path: [type = 0, ...path], rva, offset, size, codePage }) => ({
      type: resourceTypeName(type) ?? type,
      path,
      address: rva,
      ...(offset !== undefined && { offset }),
      size,
      code_page: codePage,
    })),
    ...(pe.rich && {
      rich_header: {
        key: pe.rich.key,
        entries: pe.rich.entries.map(({ product, build, count }) => ({ id: product, build_id: build, count })),
      },
    }),
    has_signature: pe.certificates.length > 0,
    ...(pe.overlayOffset !== undefined && {
      overlay: { offset: pe.overlayOffset, size: report.bytes.length - pe.overlayOffset },
    }),
  };
}

function optionalHeaderOf({ isPe32Plus, optional }: PeFile): Data {
  return {
    magic: isPe32Plus ? "PE32_PLUS" : "PE32",
    major_linker_version: optional.majorLinkerVersion,
    minor_linker_version: optional.minorLinkerVersion,
    sizeof_code: optional.sizeOfCode,
    sizeof_initialized_data: optional.sizeOfInitializedData,
    sizeof_uninitialized_data: optional.sizeOfUninitializedData,
    addressof_entrypoint: optional.addressOfEntryPoint,
    baseof_code: optional.baseOfCode,
    ...(optional.baseOfData !== undefined && { baseof_data: optional.baseOfData }),
    imagebase: jsonNumber(optional.imageBase),
    section_alignment: optional.sectionAlignment,
    file_alignment: optional.fileAlignment,
    major_operating_system_version: optional.majorOperatingSystemVersion,
    minor_operating_system_version: optional.minorOperatingSystemVersion,
    major_image_version: optional.majorImageVersion,
    minor_image_version: optional.minorImageVersion,
    major_subsystem_version: optional.majorSubsystemVersion,
    minor_subsystem_version: optional.minorSubsystemVersion,
    win32_version_value: optional.win32VersionValue,
    sizeof_image: optional.sizeOfImage,
    sizeof_headers: optional.sizeOfHeaders,
    checksum: optional.checkSum,
    subsystem: subsystemName(optional.subsystem),
    dll_characteristics: dllFlags(optional.dllCharacteristics),
    sizeof_stack_reserve: jsonNumber(optional.sizeOfStackReserve),
    sizeof_stack_commit: jsonNumber(optional.sizeOfStackCommit),
    sizeof_heap_reserve: jsonNumber(optional.sizeOfHeapReserve),
    sizeof_heap_commit: jsonNumber(optional.sizeOfHeapCommit),
    loader_flags: optional.loaderFlags,
    numberof_rva_and_size: optional.numberOfRvaAndSizes,
  };
}
