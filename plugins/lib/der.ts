/**
 * A bounded reader of DER, the encoding of certificates and signatures. It finds its way; it does not verify.
 *
 * Specification: ITU-T X.690, clause 8; indefinite lengths, which DER does not have, end a value.
 *
 * @module
 */

/** Universal tags, with the constructed bit where they have it. */
export const TAG = {
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  OID: 0x06,
  UTF8_STRING: 0x0c,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  BMP_STRING: 0x1e,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const;

/** Most children of one value that are listed. */
const MAX_CHILDREN = 1024;
/** Longest text that is made of a value. */
const MAX_TEXT = 1024;
/** Longest object identifier, bytes. */
const MAX_OID = 64;

/** One value. */
export interface DerValue {
  /** Identifier octet: class, constructed bit and number. */
  readonly tag: number;
  /** The whole value with tag and length: a view. */
  readonly bytes: Uint8Array;
  /** Its contents: a view. */
  readonly content: Uint8Array;
}

/**
 * Reads the value at an offset.
 *
 * @returns Nothing if there is none that lies wholly inside the bytes.
 */
export function readDer(bytes: Uint8Array, offset = 0): DerValue | undefined {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  // Tag numbers above 30 take more octets; no structure read here has any.
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined;
  let length = first;
  let start = offset + 2;
  if (first >= 0x80) {
    const octets = first & 0x7f;
    if (octets === 0 || octets > 4) return undefined;
    length = 0;
    for (let i = 0; i < octets; i++) length = length * 256 + (bytes[start + i] ?? 0);
    start += octets;
  }
  const end = start + length;
  if (end > bytes.length) return undefined;
  return { tag, bytes: bytes.subarray(offset, end), content: bytes.subarray(start, end) };
}

/** The values in a constructed one, up to the first that is none. */
export function derChildren(value: DerValue | undefined): DerValue[] {
  const children: DerValue[] = [];
  const content = value?.content ?? new Uint8Array(0);
  for (let offset = 0; offset < content.length && children.length < MAX_CHILDREN;) {
    const child = readDer(content, offset);
    if (child === undefined) break;
    children.push(child);
    offset += child.bytes.length;
  }
  return children;
}

/** Object identifier in dotted form. */
export function derOid(value: DerValue | undefined): string | undefined {
  if (value?.tag !== TAG.OID || value.content.length > MAX_OID) return undefined;
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of value.content) {
    arc = arc << 7n | BigInt(byte & 0x7f);
    if (byte >= 0x80) continue;
    // The first octets have the first two arcs: 40 × first + second, the first being 0, 1 or 2.
    if (arcs.length === 0) {
      const root = arc < 80n ? arc / 40n : 2n;
      arcs.push(root, arc - root * 40n);
    } else arcs.push(arc);
    arc = 0n;
  }
  return arcs.join(".");
}

/** Contents as lower-case hexadecimal: an INTEGER such as a serial number, without the zero before a high bit. */
export function derHex(value: DerValue | undefined): string {
  const content = value?.content.subarray(0, MAX_TEXT) ?? new Uint8Array(0);
  return (content.length > 1 && content[0] === 0 ? content.subarray(1) : content).toHex();
}

/** A string of whatever kind as text. */
export function derText(value: DerValue | undefined): string {
  if (value === undefined) return "";
  const content = value.content.subarray(0, MAX_TEXT);
  if (value.tag === TAG.BMP_STRING) return new TextDecoder("utf-16be").decode(content);
  const encoding = value.tag === TAG.UTF8_STRING ? "utf-8" : "latin1";
  return new TextDecoder(encoding).decode(content);
}

/** UTCTime or GeneralizedTime as ISO 8601 in UTC; nothing if it is no date (RFC 5280, 4.1.2.5). */
export function derTime(value: DerValue | undefined): string | undefined {
  if (value === undefined || value.content.length > MAX_TEXT) return undefined;
  const text = new TextDecoder("latin1").decode(value.content);
  const [, year, month, day, hour, minute, second = "00"] =
    /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?(?:\.\d+)?Z$/.exec(text) ?? [];
  if (year === undefined || (year.length === 4) !== (value.tag === TAG.GENERALIZED_TIME)) return undefined;
  const century = year.length === 4 ? "" : Number(year) >= 50 ? "19" : "20";
  const time = `${century}${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
  return Number.isNaN(Date.parse(time)) ? undefined : time;
}
