import type { PeFile, PeSection } from "../lib/pe.ts";

/** IMAGE_FILE_EXECUTABLE_IMAGE and IMAGE_FILE_DLL. */
const [EXECUTABLE_IMAGE, DLL] = [0x0002, 0x2000];
/** IMAGE_SCN_MEM_EXECUTE and IMAGE_SCN_MEM_WRITE. */
const [EXECUTE, WRITE] = [0x20000000, 0x80000000];
/** IMAGE_SUBSYSTEM_NATIVE and IMAGE_SUBSYSTEM_NATIVE_WINDOWS. */
const NATIVE_SUBSYSTEMS: readonly number[] = [1, 8];
/** Modules of the kernel, from which only drivers import. */
const KERNEL_MODULES: readonly string[] = ["ntoskrnl.exe", "hal.dll", "ndis.sys", "bootvid.dll", "kdcom.dll"];
/** Sections that drivers have for code that may be paged out. */
const PAGED_SECTIONS: readonly string[] = ["page", "paged"];
/** Most distinct oddities of sections that are listed. */
const MAX_LISTED = 32;

/** Whether the file is a library. */
export function isDll({ coff }: PeFile): boolean {
  return (coff.characteristics & DLL) !== 0;
}

/** Whether the file is a driver: it imports from the kernel, or is native with paged code (pefile's rule). */
export function isDriver({ imports, sections, optional }: PeFile): boolean {
  if (imports.length === 0) return false;
  if (imports.some(({ library }) => KERNEL_MODULES.includes(library.toLowerCase()))) return true;
  return NATIVE_SUBSYSTEMS.includes(optional.subsystem) &&
    sections.some(({ name }) => PAGED_SECTIONS.includes(name.toLowerCase()));
}

/** Whether the file is a program: executable, neither library nor driver. */
export function isExe(pe: PeFile): boolean {
  return !isDll(pe) && !isDriver(pe) && (pe.coff.characteristics & EXECUTABLE_IMAGE) !== 0;
}

/**
 * What compilers and linkers don't make, but packers and people who hide something do. Each line names what is odd; none
 * is proof of anything.
 */
export function oddities(pe: PeFile): string[] {
  const found: string[] = [];
  const { addressOfEntryPoint: entry } = pe.optional;
  const holder = pe.sections.find(({ virtualAddress, virtualSize, sizeOfRawData }) =>
    entry >= virtualAddress && entry < virtualAddress + Math.max(virtualSize, sizeOfRawData)
  );
  if (entry !== 0) {
    if (holder === undefined) found.push("entry point is in no section");
    else if (!has(holder, EXECUTE)) found.push(`entry point is in section ${quote(holder)}, which is not executable`);
    else if (has(holder, WRITE)) found.push(`entry point is in section ${quote(holder)}, which is writable`);
    if (holder !== undefined && pe.entryPointOffset === undefined) found.push("entry point is not in the file");
  }
  for (const section of pe.sections.slice(0, MAX_LISTED)) {
    if (has(section, EXECUTE) && has(section, WRITE)) {
      found.push(`section ${quote(section)} is writable and executable`);
    }
    if (has(section, EXECUTE) && section.sizeOfRawData === 0 && section.virtualSize > 0) {
      found.push(`section ${quote(section)} is executable and empty in the file`);
    }
    if (/[^\x20-\x7e]/.test(section.name)) found.push(`section ${quote(section)} has an unprintable name`);
  }
  if (pe.sections.length === 0) found.push("no sections");
  return found;
}

function has(section: PeSection, flag: number): boolean {
  return (section.characteristics & flag) !== 0;
}

function quote({ name }: PeSection): string {
  return JSON.stringify(name);
}
