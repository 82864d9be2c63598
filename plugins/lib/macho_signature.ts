/**
 * Code signature of a Mach-O file.
 *
 * @module
 */
import { ByteReader } from "./bytes.ts";
import { LC, type MachoImage } from "./macho_image.ts";
import type { MachoSignature } from "./macho_types.ts";

/** CSMAGIC_EMBEDDED_SIGNATURE, CSMAGIC_CODEDIRECTORY, CSMAGIC_EMBEDDED_ENTITLEMENTS, CSMAGIC_BLOBWRAPPER. */
const [SUPER_BLOB, CODE_DIRECTORY, ENTITLEMENTS, BLOB_WRAPPER] = [0xfade0cc0, 0xfade0c02, 0xfade7171, 0xfade0b01];
/** Most blobs read: there are up to a dozen. */
const MAX_BLOBS = 64;
/** Longest identifier. */
const MAX_NAME = 1024;
/** Longest property list. */
const MAX_ENTITLEMENTS = 64 * 1024;
/** Version of the code directory from which on it has a team. */
const VERSION_WITH_TEAM = 0x20200;

/**
 * Reads what a signature claims; nothing is verified. Everything in it is big-endian (Apple, xnu,
 * osfmk/kern/cs_blobs.h).
 */
export function readSignature(image: MachoImage): MachoSignature | undefined {
  const [command] = image.ofKind([LC.CODE_SIGNATURE], 16);
  if (command === undefined) return undefined;
  const [start, size] = [image.u32(command.offset + 8), image.u32(command.offset + 12)];
  const bytes = image.reader.slice(start, size);
  if (bytes === undefined) {
    image.problems.report("code signature goes past the end of the file", start);
    return undefined;
  }
  const reader = new ByteReader(bytes, false);
  if (reader.u32(0) !== SUPER_BLOB) {
    image.problems.report("code signature has no superblob", start);
    return undefined;
  }
  let result: MachoSignature = { flags: 0, hashTypes: [], hasCms: false };
  const count = Math.min(reader.u32(8) ?? 0, MAX_BLOBS);
  const text = (at: number, length: number) => image.problems.takeText(reader.latin1z(at, length) ?? "", start + at);
  for (let i = 0; i < count; i++) {
    const at = reader.u32(12 + i * 8 + 4);
    const length = at === undefined ? undefined : reader.u32(at + 4);
    if (at === undefined || length === undefined || !reader.has(at, length)) {
      image.problems.report(`blob ${i + 1} of the code signature is outside of it`, start);
      continue;
    }
    const magic = reader.u32(at);
    if (magic === BLOB_WRAPPER) result = { ...result, hasCms: result.hasCms || length > 8 };
    if (magic === ENTITLEMENTS && result.entitlements === undefined) {
      result = { ...result, entitlements: text(at + 8, Math.min(length - 8, MAX_ENTITLEMENTS)) };
    }
    if (magic !== CODE_DIRECTORY) continue;
    const hashTypes = [...result.hashTypes, reader.u8(at + 37) ?? 0];
    if (result.identifier !== undefined) {
      result = { ...result, hashTypes };
      continue;
    }
    const team = (reader.u32(at + 8) ?? 0) >= VERSION_WITH_TEAM ? reader.u32(at + 48) ?? 0 : 0;
    result = {
      ...result,
      identifier: text(at + (reader.u32(at + 20) ?? 0), MAX_NAME),
      ...(team > 0 && { teamId: text(at + team, MAX_NAME) }),
      flags: reader.u32(at + 12) ?? 0,
      hashTypes,
    };
  }
  return result;
}
