/**
 * Who signed: the parts of a PKCS #7 SignedData that name signers and certificates. Nothing is verified.
 *
 * Specification: RFC 2315 and RFC 5652 (SignedData), RFC 5280 (certificates).
 *
 * @module
 */
import { derChildren, derHex, derOid, derText, derTime, type DerValue, readDer, TAG } from "./der.ts";

/** signedData. */
const SIGNED_DATA = "1.2.840.113549.1.7.2";
/** signingTime, an attribute. */
const SIGNING_TIME = "1.2.840.113549.1.9.5";
/** countersignature, an attribute that holds a SignerInfo. */
const COUNTERSIGNATURE = "1.2.840.113549.1.9.6";
/** RFC 3161 time stamp as Microsoft has it, an attribute that holds a SignedData. */
const TIME_STAMP = "1.3.6.1.4.1.311.3.3.1";
/** Most certificates and signers of one signature. */
const MAX_ENTRIES = 64;

/** Short names of attribute types (RFC 4514, section 3; RFC 2985). */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.9": "STREET",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "2.5.4.15": "businessCategory",
  "2.5.4.17": "postalCode",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
};

/** Names of digest algorithms. */
const DIGESTS: Readonly<Record<string, string>> = {
  "1.2.840.113549.2.5": "md5",
  "1.3.14.3.2.26": "sha1",
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
};

/** A certificate. */
export interface Certificate {
  /** `CN=…, O=…`, in the order of the file. */
  readonly subject: string;
  readonly issuer: string;
  /** Hexadecimal. */
  readonly serial: string;
  /** ISO 8601 UTC. */
  readonly notBefore?: string;
  readonly notAfter?: string;
  /** The certificate itself: a view. */
  readonly bytes: Uint8Array;
}

/** A signer. */
export interface Signer {
  readonly issuer: string;
  readonly serial: string;
  readonly digest: string;
  /** When it was signed, as the signer says. */
  readonly signingTime?: string;
  /** When it was signed, as a countersignature or time stamp says. */
  readonly timeStamp?: string;
}

/** A signature. */
export interface SignedData {
  readonly digests: readonly string[];
  readonly certificates: readonly Certificate[];
  readonly signers: readonly Signer[];
}

/** Reads a ContentInfo with SignedData; nothing if it is none. */
export function parseSignedData(bytes: Uint8Array): SignedData | undefined {
  const [type, wrapper] = derChildren(sequence(readDer(bytes)));
  if (derOid(type) !== SIGNED_DATA) return undefined;
  const fields = derChildren(sequence(derChildren(wrapper)[0]));
  if (fields.length < 4) return undefined;
  const certificates = fields.find(({ tag }) => tag === 0xa0);
  const signers = fields.findLast(({ tag }) => tag === TAG.SET);
  return {
    digests: derChildren(fields[1]).slice(0, MAX_ENTRIES).map(algorithm),
    certificates: derChildren(certificates).slice(0, MAX_ENTRIES).flatMap((value) => readCertificate(value) ?? []),
    signers: derChildren(signers).slice(0, MAX_ENTRIES).flatMap((value) => readSigner(value) ?? []),
  };
}

/** TBSCertificate (RFC 5280, 4.1): version [0], serial, algorithm, issuer, validity, subject. */
function readCertificate(value: DerValue): Certificate | undefined {
  const fields = derChildren(sequence(derChildren(sequence(value))[0]));
  const [serial, , issuer, validity, subject] = fields[0]?.tag === 0xa0 ? fields.slice(1) : fields;
  if (serial?.tag !== TAG.INTEGER || issuer === undefined || subject === undefined) return undefined;
  const [notBefore, notAfter] = derChildren(validity).map(derTime);
  return {
    subject: distinguishedName(subject),
    issuer: distinguishedName(issuer),
    serial: derHex(serial),
    ...(notBefore !== undefined && { notBefore }),
    ...(notAfter !== undefined && { notAfter }),
    bytes: value.bytes,
  };
}

/** SignerInfo: version, issuer and serial, digest algorithm, attributes [0], algorithm, signature, attributes [1]. */
function readSigner(value: DerValue): Signer | undefined {
  const fields = derChildren(sequence(value));
  const [issuer, serial] = derChildren(sequence(fields[1]));
  if (issuer === undefined || serial?.tag !== TAG.INTEGER) return undefined;
  const time = signingTime(fields);
  const stamp = countersignedAt(fields);
  return {
    issuer: distinguishedName(issuer),
    serial: derHex(serial),
    digest: algorithm(fields[2]),
    ...(time !== undefined && { signingTime: time }),
    ...(stamp !== undefined && { timeStamp: stamp }),
  };
}

/** First value of an attribute of a SignerInfo. */
function attribute(fields: readonly DerValue[], tag: number, type: string): DerValue | undefined {
  for (const child of derChildren(fields.find((field) => field.tag === tag))) {
    const [id, values] = derChildren(child);
    if (derOid(id) === type) return derChildren(values)[0];
  }
  return undefined;
}

function signingTime(fields: readonly DerValue[]): string | undefined {
  return derTime(attribute(fields, 0xa0, SIGNING_TIME));
}

function countersignedAt(fields: readonly DerValue[]): string | undefined {
  const countersignature = attribute(fields, 0xa1, COUNTERSIGNATURE);
  if (countersignature !== undefined) return signingTime(derChildren(sequence(countersignature)));
  const stamp = attribute(fields, 0xa1, TIME_STAMP);
  const data = derChildren(derChildren(derChildren(stamp)[1])[0]);
  // EncapsulatedContentInfo of the time stamp: TSTInfo (RFC 3161, 2.4.2), whose fifth field is the time.
  const [, content] = derChildren(data[2]);
  const octets = derChildren(content)[0];
  const info = octets?.tag === TAG.OCTET_STRING ? readDer(octets.content) : undefined;
  return derTime(derChildren(info)[4]);
}

/** Name (RFC 5280, 4.1.2.4) as text. */
function distinguishedName(value: DerValue): string {
  return derChildren(value).flatMap(derChildren).map((pair) => {
    const [type, text] = derChildren(pair);
    const oid = derOid(type) ?? "?";
    return `${ATTRIBUTES[oid] ?? oid}=${derText(text)}`;
  }).join(", ");
}

function algorithm(value: DerValue | undefined): string {
  const oid = derOid(derChildren(value)[0]) ?? "";
  return DIGESTS[oid] ?? oid;
}

function sequence(value: DerValue | undefined): DerValue | undefined {
  return value?.tag === TAG.SEQUENCE ? value : undefined;
}
