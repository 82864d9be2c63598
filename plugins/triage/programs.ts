/**
 * Programs: PE files, whole and inside other payloads, and what Mach-O and Java share a signature for.
 *
 * @module
 */
import type { ByteReader } from "../lib/bytes.ts";
import type { Finding } from "./identify.ts";
import { ARCHIVES, hasSignature } from "./signatures.ts";

const MZ = 0x5a4d;
const PE_SIGNATURE = 0x4550; // "PE\0\0", PE Format, "Signature (Image Only)"

/** Offset in the MZ header of the offset of the PE signature (`e_lfanew`). */
const E_LFANEW = 0x3c;

/** Most sections that Windows loads; more are not looked at. */
const MAX_SECTIONS = 96;

/** How far behind the last section an installer's archive begins: room for a configuration before it. */
const OVERLAY_WINDOW = 8 * 1024;

/** Offset of the PE signature of the program at `offset`, if it is one. */
function peSignature(reader: ByteReader, offset: number): number | undefined {
  const header = reader.u32(offset + E_LFANEW);
  if (reader.u16(offset) !== MZ || header === undefined) return undefined;
  return reader.u32(offset + header) === PE_SIGNATURE ? offset + header : undefined;
}

/** A Windows or DOS program, and the archive behind it if it is an installer. */
export function findProgram(reader: ByteReader): Finding[] {
  if (reader.u16(0) !== MZ) return [];
  const signature = peSignature(reader, 0);
  if (signature === undefined) return [{ type: "dos", why: "MZ at 0, no PE signature" }];
  const found: Finding[] = [{ type: "pe", why: `MZ at 0, PE signature at ${signature}` }];
  const overlay = overlayOf(reader, signature);
  for (let base = overlay; base < Math.min(reader.length, overlay + OVERLAY_WINDOW); base++) {
    const archive = ARCHIVES.find((candidate) => hasSignature(reader.bytes, candidate, base));
    if (archive === undefined) continue;
    found.push({ type: archive.type, why: `${archive.name} behind the last section, at ${base}` });
    break;
  }
  return found;
}

/** Offset of what follows the last section (PE Format, "COFF File Header" and "Section Table"). */
function overlayOf(reader: ByteReader, signature: number): number {
  const count = Math.min(reader.u16(signature + 6) ?? 0, MAX_SECTIONS);
  const table = signature + 24 + (reader.u16(signature + 20) ?? 0);
  let end = 0;
  for (let i = 0; i < count; i++) {
    const size = reader.u32(table + 40 * i + 16) ?? 0;
    const start = reader.u32(table + 40 * i + 20) ?? 0;
    end = Math.max(end, start + size);
  }
  return end === 0 ? reader.length : end;
}

/** The first PE file that begins after the payload's first byte: one pass over the payload, a constant step at each `M`. */
export function findEmbeddedPe(reader: ByteReader): Finding[] {
  const { bytes } = reader;
  for (let i = 1; i < bytes.length - E_LFANEW; i++) {
    if (bytes[i] !== 0x4d || bytes[i + 1] !== 0x5a) continue;
    const signature = peSignature(reader, i);
    if (signature !== undefined) return [{ type: "embedded_pe", why: `MZ at ${i}, PE signature at ${signature}` }];
  }
  return [];
}

/** First major version of the Java class file format (The Java Virtual Machine Specification, 4.1); fewer architectures exist. */
const FIRST_JAVA_VERSION = 45;

/** Universal Mach-O and Java class files both begin with CAFEBABE: then comes a small count, or minor and major version. */
export function findCafeBabe(reader: ByteReader): Finding[] {
  const next = reader.u32(4, false);
  if (reader.u32(0, false) !== 0xcafebabe || next === undefined) return [];
  if (next < FIRST_JAVA_VERSION) return [{ type: "macho", why: `universal Mach-O of ${next} architectures` }];
  return [{ type: "javaclass", why: `Java class file, version ${next & 0xffff}.${next >>> 16}` }];
}
