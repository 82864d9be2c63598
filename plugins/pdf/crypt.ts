/**
 * The standard security handler with the empty user password, with which readers open a document without asking,
 * ISO 32000-1 section 7.6 and ISO 32000-2 section 7.6 (revision 6).
 *
 * @module
 */
import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import { bytesOf, nameOf, numberOf, type PdfDict, PdfString, type PdfValue } from "./values.ts";

/** Padding of passwords, Algorithm 2. */
const PADDING = bytesOf(
  "\x28\xbf\x4e\x5e\x4e\x75\x8a\x41\x64\x00\x4e\x56\xff\xfa\x01\x08\x2e\x2e\x00\xb6\xd0\x68\x3e\x80\x2f\x0c\xa9\xfe\x64\x53\x69\x7a",
);
/** Rounds of Algorithm 2.B end after some 64; a hash that never ends them is not one. */
const MAX_ROUNDS = 1_000;

type Method = "none" | "rc4" | "aes128" | "aes256";

/** How a document is encrypted, as results. */
export interface Encryption {
  readonly filter: string | null;
  readonly version: number | null;
  readonly revision: number | null;
  /** Bits of the key. */
  readonly length: number | null;
  readonly method: string;
  /** Whether the empty user password opens it. */
  readonly opened: boolean;
}

/** Decrypts strings and streams of one document. */
export interface Decryptor {
  string(bytes: Uint8Array, num: number, gen: number): Uint8Array;
  stream(bytes: Uint8Array, num: number, gen: number): Uint8Array;
  /** Whether streams of type Metadata are encrypted. */
  readonly metadata: boolean;
}

type Resolve = (value: PdfValue | undefined) => PdfValue;

/** Reads the dictionary of encryption. @param id First part of the document's ID. */
export function openEncryption(
  dict: PdfDict,
  id: Uint8Array,
  resolve: Resolve,
): { encryption: Encryption; decryptor?: Decryptor } {
  const number = (key: string) => numberOf(resolve(dict.get(key)));
  const filter = nameOf(resolve(dict.get("Filter"))) ?? null;
  const [version = 0, revision = 0] = [number("V"), number("R")];
  const streams = methodOf(dict, "StmF", version, resolve);
  const strings = methodOf(dict, "StrF", version, resolve);
  // A method needs the key that its version has.
  const fits = (method?: Method) => version >= 5 ? method !== "aes128" : method !== "aes256";
  const bits = version === 1 ? 40 : version >= 5 ? 256 : version === 4 ? 128 : number("Length") ?? 40;
  const metadata = resolve(dict.get("EncryptMetadata")) !== false;
  const key = filter === "Standard" && streams !== undefined && strings !== undefined && fits(streams) && fits(strings)
    ? version >= 5 ? keyOf256(dict, resolve, revision) : keyOf(dict, resolve, revision, bits, id, metadata)
    : undefined;
  const encryption = {
    filter,
    version: number("V") ?? null,
    revision: number("R") ?? null,
    length: bits,
    method: streams ?? "unknown",
    opened: key !== undefined,
  };
  if (key === undefined || streams === undefined || strings === undefined) return { encryption };
  return {
    encryption,
    decryptor: {
      string: (bytes, num, gen) => decrypt(bytes, strings, key, num, gen),
      stream: (bytes, num, gen) => decrypt(bytes, streams, key, num, gen),
      metadata,
    },
  };
}

/** Section 7.6.5, crypt filters. */
function methodOf(dict: PdfDict, which: string, version: number, resolve: Resolve): Method | undefined {
  if (version === 1 || version === 2) return "rc4";
  if (version !== 4 && version !== 5) return undefined;
  const name = nameOf(resolve(dict.get(which))) ?? "Identity";
  if (name === "Identity") return "none";
  const filters = resolve(dict.get("CF"));
  const filter = filters instanceof Map ? resolve(filters.get(name)) : null;
  const method = filter instanceof Map ? nameOf(resolve(filter.get("CFM"))) : undefined;
  const methods: Record<string, Method> = { None: "none", V2: "rc4", AESV2: "aes128", AESV3: "aes256" };
  return method !== undefined && Object.hasOwn(methods, method) ? methods[method] : undefined;
}

function stringBytes(value: PdfValue, length: number): Uint8Array | undefined {
  if (!(value instanceof PdfString) || value.bytes.length < length) return undefined;
  return bytesOf(value.bytes.slice(0, length));
}

/** Algorithms 2, 4 and 5. */
function keyOf(
  dict: PdfDict,
  resolve: Resolve,
  revision: number,
  bits: number,
  id: Uint8Array,
  metadata: boolean,
): Uint8Array | undefined {
  const owner = stringBytes(resolve(dict.get("O")), 32);
  const user = stringBytes(resolve(dict.get("U")), 32);
  const length = revision === 2 ? 5 : bits / 8;
  if (!owner || !user || !(length >= 5 && length <= 16) || length % 1 !== 0) return undefined;
  const permissions = new Uint8Array(4);
  new DataView(permissions.buffer).setInt32(0, numberOf(resolve(dict.get("P"))) ?? 0, true);
  const hash = createHash("md5").update(PADDING).update(owner).update(permissions).update(id);
  if (revision >= 4 && !metadata) hash.update(Uint8Array.of(255, 255, 255, 255));
  let key: Uint8Array = hash.digest().subarray(0, length);
  if (revision >= 3) { for (let i = 0; i < 50; i++) key = createHash("md5").update(key).digest().subarray(0, length); }
  let expected: Uint8Array = rc4(key, PADDING);
  if (revision >= 3) {
    expected = rc4(key, createHash("md5").update(PADDING).update(id).digest());
    for (let i = 1; i < 20; i++) expected = rc4(key.map((byte) => byte ^ i), expected);
  }
  return expected.subarray(0, 16).every((byte, i) => byte === user[i]) ? key : undefined;
}

/** Algorithms 2.A and 11. */
function keyOf256(dict: PdfDict, resolve: Resolve, revision: number): Uint8Array | undefined {
  const user = stringBytes(resolve(dict.get("U")), 48);
  const wrapped = stringBytes(resolve(dict.get("UE")), 32);
  if (!user || !wrapped) return undefined;
  const hash = (salt: Uint8Array) => revision >= 6 ? hash2B(salt) : createHash("sha256").update(salt).digest();
  if (!hash(user.subarray(32, 40)).every((byte, i) => byte === user[i])) return undefined;
  const decipher = createDecipheriv("aes-256-cbc", hash(user.subarray(40, 48)), new Uint8Array(16));
  decipher.setAutoPadding(false);
  return Uint8Array.from(decipher.update(wrapped));
}

/** Algorithm 2.B of ISO 32000-2 for an empty password. */
function hash2B(salt: Uint8Array): Uint8Array {
  let key: Uint8Array = createHash("sha256").update(salt).digest();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const block = new Uint8Array(64 * key.length);
    for (let i = 0; i < 64; i++) block.set(key, i * key.length);
    const cipher = createCipheriv("aes-128-cbc", key.subarray(0, 16), key.subarray(16, 32));
    cipher.setAutoPadding(false);
    const encrypted: Uint8Array = cipher.update(block);
    const remainder = encrypted.subarray(0, 16).reduce((sum, byte) => sum + byte, 0) % 3;
    key = createHash(["sha256", "sha384", "sha512"][remainder]!).update(encrypted).digest();
    if (round >= 63 && encrypted[encrypted.length - 1]! <= round - 31) break;
  }
  return key.subarray(0, 32);
}

/** Algorithms 1 and 1.A. */
function decrypt(bytes: Uint8Array, method: Method, key: Uint8Array, num: number, gen: number): Uint8Array {
  if (method === "none") return bytes;
  if (method === "aes256") return aes("aes-256-cbc", key, bytes);
  const hash = createHash("md5").update(key).update(Uint8Array.of(num, num >> 8, num >> 16, gen, gen >> 8));
  if (method === "aes128") hash.update("sAlT");
  const own = hash.digest().subarray(0, Math.min(16, key.length + 5));
  return method === "aes128" ? aes("aes-128-cbc", own, bytes) : rc4(own, bytes);
}

/** The first block is the vector; damaged padding leaves the last block as it is. */
function aes(algorithm: string, key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const whole = bytes.length - (bytes.length % 16);
  if (whole < 32) return new Uint8Array();
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, 16));
  decipher.setAutoPadding(false);
  const plain: Uint8Array = decipher.update(bytes.subarray(16, whole));
  const padding = plain[plain.length - 1]!;
  return padding >= 1 && padding <= 16 ? plain.subarray(0, plain.length - padding) : plain;
}

function rc4(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const state = Uint8Array.from({ length: 256 }, (_, i) => i);
  for (let i = 0, j = 0; i < 256; i++) {
    j = (j + state[i]! + key[i % key.length]!) & 255;
    [state[i], state[j]] = [state[j]!, state[i]!];
  }
  const out = new Uint8Array(bytes.length);
  for (let n = 0, i = 0, j = 0; n < bytes.length; n++) {
    i = (i + 1) & 255;
    const a = state[i]!;
    j = (j + a) & 255;
    const b = state[j]!;
    state[i] = b;
    state[j] = a;
    out[n] = bytes[n]! ^ state[(a + b) & 255]!;
  }
  return out;
}
