/**
 * Whether an Office document is encrypted, and how, [MS-OFFCRYPTO].
 *
 * @module
 */
import { ByteReader } from "./bytes.ts";
import type { Cfb, CfbEntry } from "./cfb.ts";

/** How a document is encrypted. */
export interface OfficeEncryption {
  /** `agile`, `standard` and `extensible` wrap an OOXML file; the others are of the binary formats. */
  readonly method:
    | "agile"
    | "standard"
    | "extensible"
    | "word_binary"
    | "excel_binary"
    | "powerpoint_binary"
    | "unknown";
  /** Version in the EncryptionInfo stream, where there is one. */
  readonly version: string | null;
  readonly cipher: string | null;
  readonly key_bits: number | null;
  readonly hash: string | null;
}

/** ALG_ID values, [MS-OFFCRYPTO] 2.3.2. */
const CIPHERS: Readonly<Record<number, string>> = { 0x6801: "RC4", 0x660e: "AES", 0x660f: "AES", 0x6610: "AES" };
/** An agile descriptor has about 1 KB. */
const MAX_DESCRIPTOR = 64 * 1024;
/** Word's FIB: magic and the bit fEncrypted, [MS-DOC] 2.5.2. */
const WORD_MAGIC = 0xa5ec;
const WORD_ENCRYPTED = 0x0100;
/** BIFF record that announces encryption, [MS-XLS] 2.4.117; it follows BOF and at most few others. */
const BIFF_FILE_PASS = 0x2f;
const BIFF_LOOK_AT = 16;
/** headerToken of an encrypted presentation, [MS-PPT] 2.3.2. */
const PPT_ENCRYPTED_TOKEN = 0xf3d1c4df;

/** How a compound file is encrypted; undefined when it isn't. */
export function findEncryption(cfb: Cfb): OfficeEncryption | undefined {
  const at = (name: string): CfbEntry | undefined =>
    cfb.entries.find((entry) => entry.kind === "stream" && !entry.orphan && entry.parts.join("/") === name);
  if (at("EncryptedPackage")) {
    const info = at("EncryptionInfo");
    return info ? readInfo(cfb.read(info)) : plain("unknown");
  }
  const word = at("WordDocument");
  if (word) {
    const fib = new ByteReader(cfb.read(word));
    return fib.u16(0) === WORD_MAGIC && ((fib.u16(10) ?? 0) & WORD_ENCRYPTED) !== 0 ? plain("word_binary") : undefined;
  }
  const book = at("Workbook") ?? at("Book");
  if (book) {
    const records = new ByteReader(cfb.read(book));
    for (let offset = 0, seen = 0; records.has(offset, 4) && seen < BIFF_LOOK_AT; seen++) {
      if (records.u16(offset) === BIFF_FILE_PASS) return plain("excel_binary");
      offset += 4 + records.u16(offset + 2)!;
    }
    return undefined;
  }
  const user = at("Current User");
  if (user && new ByteReader(cfb.read(user)).u32(12) === PPT_ENCRYPTED_TOKEN) return plain("powerpoint_binary");
  return undefined;
}

function plain(method: OfficeEncryption["method"]): OfficeEncryption {
  return { method, version: null, cipher: null, key_bits: null, hash: null };
}

/** The EncryptionInfo stream, [MS-OFFCRYPTO] 2.3.4.5, 2.3.4.6, 2.3.4.10. */
function readInfo(bytes: Uint8Array): OfficeEncryption {
  const reader = new ByteReader(bytes);
  const major = reader.u16(0);
  const minor = reader.u16(2);
  if (major === undefined || minor === undefined) return plain("unknown");
  const version = `${major}.${minor}`;
  if (major === 4 && minor === 4) {
    const xml = new TextDecoder().decode(bytes.subarray(8, 8 + MAX_DESCRIPTOR));
    const start = xml.indexOf("<keyData ");
    const tag = start < 0 ? "" : xml.slice(start, xml.indexOf(">", start));
    const value = (name: string) => new RegExp(`\\b${name}="([^"<]{1,64})"`).exec(tag)?.[1] ?? null;
    const bits = Number(value("keyBits"));
    return {
      method: "agile",
      version,
      cipher: value("cipherAlgorithm"),
      key_bits: Number.isInteger(bits) && bits > 0 ? bits : null,
      hash: value("hashAlgorithm"),
    };
  }
  const method = minor === 2 ? "standard" : minor === 3 ? "extensible" : "unknown";
  if (method !== "standard") return { ...plain(method), version };
  // EncryptionHeader after the flags and its size, [MS-OFFCRYPTO] 2.3.2.
  const cipher = CIPHERS[reader.u32(20) ?? 0] ?? null;
  return { method, version, cipher, key_bits: reader.u32(28) ?? null, hash: reader.u32(24) === 0x8004 ? "SHA1" : null };
}
