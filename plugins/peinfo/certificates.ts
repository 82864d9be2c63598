import { createHash } from "node:crypto";
import type { Data, ExtractedPayload } from "../../plugin.ts";
import type { PeFile } from "../lib/pe.ts";
import { parseSignedData } from "../lib/pkcs7.ts";
import { digests } from "./digest.ts";

/** WIN_CERT_TYPE_PKCS_SIGNED_DATA. */
const PKCS_SIGNED_DATA = 2;
/** Bytes of WIN_CERTIFICATE before the certificate. */
const HEADER_SIZE = 8;

/**
 * Describes the entries of the certificate table: who signed, with which certificates. Whether the signature is right is
 * not looked at.
 */
export function describeCertificates(pe: PeFile, errors: string[]) {
  const tableSize = pe.image.directory("certificate")?.size ?? 0;
  const extracted: ExtractedPayload[] = [];
  const certificates = pe.certificates.map(({ offset, revision, type, bytes }): Data => {
    const hashes = digests(bytes);
    const info: Data = {
      sha1: hashes.sha1,
      sha256: hashes.sha256,
      md5: hashes.md5,
      revision,
      cert_type: type,
      entry_size: tableSize,
      cert_size: bytes.length + HEADER_SIZE,
      offset,
    };
    extracted.push({ content: bytes.slice(), payloadMeta: { extraData: { ...info, filename: hashes.sha256 } } });
    if (type !== PKCS_SIGNED_DATA) return info;
    const data = parseSignedData(bytes);
    if (data === undefined) {
      errors.push(`certificate is no PKCS #7 SignedData (offset ${offset})`);
      return info;
    }
    const fingerprint = (algorithm: string, der: Uint8Array) => createHash(algorithm).update(der).digest("hex");
    return {
      ...info,
      digest_algorithms: data.digests,
      signers: data.signers.map(({ issuer, serial, digest, signingTime, timeStamp }) => ({
        subject: data.certificates.find((one) => one.issuer === issuer && one.serial === serial)?.subject ?? null,
        issuer,
        serial,
        digest_algorithm: digest,
        signing_time: signingTime ?? null,
        time_stamp: timeStamp ?? null,
      })),
      certificates: data.certificates.map(({ subject, issuer, serial, notBefore, notAfter, bytes: der }) => ({
        subject,
        issuer,
        serial,
        not_before: notBefore ?? null,
        not_after: notAfter ?? null,
        sha1: fingerprint("sha1", der),
        sha256: fingerprint("sha256", der),
      })),
    };
  });
  return { certificates, extracted };
}
