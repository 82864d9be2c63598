import { createHash } from "node:crypto";
import type { Payload, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { firstErrors } from "../lib/error_list.ts";
import { type MachoHeader, MachoImage, parseFat, readMachoHeader, readUndefinedNames } from "../lib/macho.ts";

/** Names of processors in the keys; others have their number. */
const CPU_NAMES: Readonly<Record<number, string>> = {
  0x7: "Intel",
  0x1000007: "Intel (64-bit)",
  0xc: "ARM",
  0x100000c: "ARM (64-bit)",
  0x12: "PPC",
  0x1000012: "PPC64",
};

/** Names of kinds of files in the keys. */
const FILE_TYPES: Readonly<Record<number, string>> = {
  1: "Object",
  2: "Executable",
  3: "Fixed VM dynamic library",
  4: "Core",
  5: "Preloaded executable",
  6: "Dynamic library",
  7: "Dynamic link editor",
  8: "Bundle",
  9: "Dynamic library stub",
  10: "Symbol information",
  11: "64 bit kernel extension",
};

/** Hashes the symbols that a Mach-O file imports, so that files that use the same functions have the same hash. */
export default class SymHash implements WorkerPlugin {
  scan(payload: Payload): WorkerResponse | undefined {
    const { content } = payload;
    const fat = parseFat(content);
    const slices = fat?.architectures.map(({ offset, size }) => ({
      offset,
      bytes: content.subarray(offset, offset + size),
    }));
    const hashes: Record<string, string> = {};
    const errors = fat?.problems.map(({ what, offset }) => `${what} (offset ${offset})`) ?? [];
    for (const { offset: start, bytes } of slices ?? [{ offset: 0, bytes: content }]) {
      const header = readMachoHeader(bytes);
      if (header === undefined) continue;
      const image = new MachoImage(bytes, header);
      const names = readUndefinedNames(image);
      for (const { what, offset } of image.problems.list()) errors.push(`${what} (offset ${start + offset})`);
      // Without symbols there is nothing to hash: all such files would be alike.
      if (names === undefined || names.length === 0) continue;
      const key = uniqueKey(hashes, describe(header));
      hashes[key] = createHash("md5").update(names.toSorted().join(",")).digest("hex");
    }
    if (Object.keys(hashes).length > 0) return { results: { symhash: hashes }, errors: firstErrors(errors) };
    return errors.length > 0 ? { errors: firstErrors(errors) } : undefined;
  }
}

/** `Intel (64-bit) Executable 64-bit`: processor, kind of file, size of an address. */
function describe({ cpuType, fileType, is64 }: MachoHeader): string {
  const hex = (value: number) => `0x${value.toString(16).padStart(8, "0")}`;
  return `${CPU_NAMES[cpuType] ?? hex(cpuType)} ${FILE_TYPES[fileType] ?? hex(fileType)} ${is64 ? "64" : "32"}-bit`;
}

/** Two architectures may differ in the subtype alone (arm64 and arm64e): the second gets a number. */
function uniqueKey(hashes: Record<string, string>, key: string): string {
  if (!Object.hasOwn(hashes, key)) return key;
  let number = 2;
  while (Object.hasOwn(hashes, `${key} (${number})`)) number++;
  return `${key} (${number})`;
}
