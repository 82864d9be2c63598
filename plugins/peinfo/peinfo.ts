import { createHash } from "node:crypto";
import type { Data, Payload, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { firstErrors } from "../lib/error_list.ts";
import { jsonNumber } from "../lib/json_number.ts";
import { type DebugEntry, imphashText, ordinalName, parsePe, type PeFile } from "../lib/pe.ts";
import { machineName, subsystemName } from "../lib/pe_names.ts";
import { describeCertificates } from "./certificates.ts";
import { isDll, isDriver, isExe, oddities } from "./oddities.ts";
import { packers } from "./packers.ts";
import { describeResources } from "./resources.ts";
import { describeSections, isPacked } from "./sections.ts";

/** Most imported symbols and exports that are listed. */
const MAX_LISTED = 20_000;

/** Describes a PE file for an analyst: what it is, what it uses, who signed it, what is odd about it. */
export default class PeInfo implements WorkerPlugin {
  scan(payload: Payload): WorkerResponse | undefined {
    const pe = parsePe(payload.content);
    if (pe === undefined) return undefined;
    const errors = pe.problems.map(({ what, offset }) => `${what} (offset ${offset})`);
    const { optional, coff } = pe;
    const sections = describeSections(pe, errors);
    const { resources, extracted } = describeResources(pe, errors);
    const { certificates, extracted: signatures } = describeCertificates(pe, errors);
    const text = imphashText(pe.imports);
    const packer = packers(pe);
    const suspicious = oddities(pe);
    const versionInfo = versions(pe);
    const results: Data = {
      imphash: text === undefined ? null : createHash("md5").update(text).digest("hex"),
      compile_time: isoTime(coff.timeDateStamp),
      compile_time_epoch: coff.timeDateStamp,
      packer: packer.length > 0 ? packer : null,
      is_packed: isPacked(pe, sections),
      is_exe: isExe(pe),
      is_dll: isDll(pe),
      is_driver: isDriver(pe),
      is_valid: pe.problems.length === 0,
      is_suspicious: suspicious.length > 0,
      suspicious,
      machine_type: `IMAGE_FILE_MACHINE_${machineName(coff.machine)}`,
      subsystem: `IMAGE_SUBSYSTEM_${subsystemName(optional.subsystem)}`,
      image_base: {
        image_base: jsonNumber(optional.imageBase),
        image_base_string: `0x${optional.imageBase.toString(16)}`,
      },
      entrypoint: `0x${optional.addressOfEntryPoint.toString(16)}`,
      section_count: pe.sections.length,
      sections: sections.map(({ length: _, ...section }) => section),
      imports: importsOf(pe, errors),
      exports: exportsOf(pe, errors),
      ...(pe.exports && { export_name: pe.exports.library }),
      ...(pe.delayImports.length > 0 && { delay_imports: byLibrary(pe.delayImports, MAX_LISTED) }),
      version_info: versionInfo,
      certificates,
      resources,
      rich_header: pe.rich ? createHash("sha256").update(pe.rich.clear).digest("hex") : null,
      tls_callbacks: pe.tls?.callbacks.map(jsonNumber) ?? [],
      debug_info: pe.debug.map(debugInfo),
      overlay: pe.overlayOffset === undefined
        ? null
        : { offset: pe.overlayOffset, size: payload.content.length - pe.overlayOffset },
    };
    return { results, extracted: [...signatures, ...extracted], errors: firstErrors(errors) };
  }
}

/** Names, or ordinals, by library; a library that is listed twice has them together. */
function importsOf(pe: PeFile, errors: string[]): Data {
  const count = pe.imports.reduce((sum, { symbols }) => sum + symbols.length, 0);
  if (count > MAX_LISTED) errors.push(`${count} imported symbols, only the first ${MAX_LISTED} are listed`);
  return byLibrary(pe.imports, MAX_LISTED);
}

function byLibrary(imports: PeFile["imports"], limit: number): Data {
  const libraries = new Map<string, string[]>();
  let left = limit;
  for (const { library, symbols } of imports) {
    const names = libraries.get(library) ?? [];
    for (const { name, ordinal } of symbols) if (left-- > 0) names.push(name ?? byOrdinal(library, ordinal ?? 0));
    libraries.set(library, names);
  }
  return Object.fromEntries(libraries);
}

/** Name of an import by ordinal where all versions of the library have the same one, else the ordinal. */
function byOrdinal(library: string, ordinal: number): string {
  const name = ordinalName(library, ordinal);
  return name === `ord${ordinal}` ? String(ordinal) : name;
}

/** Names, or ordinals of those without. */
function exportsOf(pe: PeFile, errors: string[]): string[] {
  const symbols = pe.exports?.symbols ?? [];
  if (symbols.length > MAX_LISTED) errors.push(`${symbols.length} exports, only the first ${MAX_LISTED} are listed`);
  return symbols.slice(0, MAX_LISTED).map(({ name, ordinal }) => name ?? String(ordinal));
}

/** Strings of the version information; where languages differ the last one's, as in the original. */
function versions(pe: PeFile): Data {
  const entries = new Map<string, string>();
  for (const { tables } of pe.versionInfo) {
    for (const { strings } of tables) for (const { key, value } of strings) entries.set(key, value);
  }
  return Object.fromEntries(entries);
}

function debugInfo({ type, timeDateStamp, majorVersion, minorVersion, sizeOfData, codeView }: DebugEntry): Data {
  const guid = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/.exec(codeView?.id ?? "")?.slice(1).join("-");
  return {
    MajorVersion: majorVersion,
    MinorVersion: minorVersion,
    SizeOfData: sizeOfData,
    TimeDateStamp: timeDateStamp,
    TimeDateString: isoTime(timeDateStamp),
    Type: type,
    ...(codeView && {
      DebugSig: codeView.signature,
      ...(codeView.signature === "RSDS"
        ? { DebugGUID: guid ?? codeView.id }
        : { DebugTime: parseInt(codeView.id, 16) }),
      DebugAge: codeView.age,
      DebugPDB: codeView.path,
    }),
  };
}

/** Seconds since 1970 as ISO 8601 in UTC. */
function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
