/**
 * Debug directory of a Portable Executable file, with the paths of PDB files.
 *
 * @module
 */
import type { PeImage } from "./pe_image.ts";
import type { DebugEntry } from "./pe_types.ts";

/** Size of an entry of the debug directory. */
const ENTRY_SIZE = 28;
/** Most entries read: files have up to six. */
const MAX_ENTRIES = 64;
/** IMAGE_DEBUG_TYPE_CODEVIEW. */
const TYPE_CODEVIEW = 2;
/** `RSDS`: CodeView 7.0. */
const RSDS = 0x53445352;
/** `NB10`: CodeView 2.0. */
const NB10 = 0x3031424e;
/** Longest path of a PDB file. */
const MAX_PATH = 1024;

/** Reads the debug directory. "PE Format", The .debug Section: Debug Directory (Image Only). */
export function readDebug(image: PeImage): DebugEntry[] {
  const directory = image.directory("debug");
  if (directory === undefined) return [];
  const { virtualAddress, size } = directory;
  const count = Math.floor(size / ENTRY_SIZE);
  const offset = image.offsetOf(virtualAddress) ?? 0;
  if (count > MAX_ENTRIES) image.report(`${count} debug entries, only the first ${MAX_ENTRIES} were read`, offset);
  const entries: DebugEntry[] = [];
  for (let i = 0; i < Math.min(count, MAX_ENTRIES); i++) {
    const at = virtualAddress + i * ENTRY_SIZE;
    if (image.u32(at + ENTRY_SIZE - 4) === undefined) {
      image.report(`debug directory is cut off after ${i} of ${count} entries`, offset);
      break;
    }
    const u32 = (field: number) => image.u32(at + field) ?? 0;
    const entry = {
      type: u32(12),
      timeDateStamp: u32(4),
      majorVersion: image.u16(at + 8) ?? 0,
      minorVersion: image.u16(at + 10) ?? 0,
      sizeOfData: u32(16),
      addressOfRawData: u32(20),
      pointerToRawData: u32(24),
    };
    const codeView = entry.type === TYPE_CODEVIEW ? readCodeView(image, entry) : undefined;
    entries.push({ ...entry, ...(codeView && { codeView }) });
  }
  return entries;
}

/** CV_INFO_PDB70 and CV_INFO_PDB20. The path is UTF-8, or of the linker's code page. */
function readCodeView(
  image: PeImage,
  { pointerToRawData: at, sizeOfData }: { pointerToRawData: number; sizeOfData: number },
): DebugEntry["codeView"] {
  const { reader } = image;
  const signature = reader.u32(at);
  const pathOffset = signature === RSDS ? 24 : signature === NB10 ? 16 : undefined;
  const age = pathOffset === undefined ? undefined : reader.u32(at + pathOffset - 4);
  if (pathOffset === undefined || age === undefined) return undefined;
  const room = reader.bytes.subarray(at + pathOffset, at + Math.min(sizeOfData, pathOffset + MAX_PATH));
  const nul = room.indexOf(0);
  const path = new TextDecoder().decode(nul < 0 ? room : room.subarray(0, nul));
  if (signature === NB10) return { signature: "NB10", id: hex(reader.u32(at + 8) ?? 0, 8), age, path };
  let id = hex(reader.u32(at + 4) ?? 0, 8) + hex(reader.u16(at + 8) ?? 0, 4) + hex(reader.u16(at + 10) ?? 0, 4);
  for (let i = 12; i < 20; i++) id += hex(reader.u8(at + i) ?? 0, 2);
  return { signature: "RSDS", id, age, path };
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}
