/**
 * The way of one archive: its type, its members, what comes out of them.
 *
 * @module
 */
import { type Archive, listMembers, type Opening, readHeader } from "./archive.ts";
import { Attempts, noPassword, timedOut, type UnpackOptions } from "./attempts.ts";
import type { Unpacked } from "./extraction.ts";
import { hasUdf, isArchive, isWeak, isWrapper, signatureOf } from "./formats.ts";
import type { Header, Member } from "./listing.ts";
import { type RunEnd, TIMED_OUT } from "./seven_zip.ts";
import { repairZip } from "./zip_repair.ts";

/** A member, and what came out of it. */
export interface UnpackedMember extends Member {
  readonly unpacked: Unpacked | null;
}

/** An archive, and what came out of it. */
export interface UnpackedArchive {
  readonly type: string;
  /** The password that fitted, if one was needed. */
  readonly password: string | null;
  readonly members: readonly UnpackedMember[];
  readonly errors: readonly string[];
}

/** Extracts all that fits; `null` if the bytes are no archive. */
export async function unpack(given: Archive, options: UnpackOptions): Promise<UnpackedArchive | null> {
  const errors: string[] = [];
  let archive = given;
  let opened = await open(archive, options.passwords);
  if (opened.header.type === null && !opened.header.needsPassword && signatureOf(given.content) === "zip") {
    const repaired = repairZip(given.content);
    if (repaired !== undefined) {
      archive = { ...given, content: repaired };
      opened = await open(archive, options.passwords);
      errors.push("zip archive is cut off or its directory is damaged: members were found by their local headers");
    }
  }
  const { header, password } = opened;
  if (header.type === null) return unopened(given.content, opened, options);
  if (!isArchive(header.type)) return null;

  const opening: Opening = { password, type: isWrapper(header.type) ? null : header.type };
  const listing = await listMembers(archive, opening);
  const run = new Attempts(archive, header, listing, options);
  await run.all(opening);
  errors.push(...header.errors.map((problem) => `${header.type} archive: ${problem}`), ...run.errors());
  const nothing = run.unpacked.size === 0 && !listing.members.some(({ encrypted }) => encrypted);
  if (nothing && errors.length > 0 && (isWeak(header.type) || header.offset > 0)) return null;
  return {
    type: header.type,
    password: run.password ?? (opened.wasEncrypted ? password : null),
    members: listing.members.map((member, index) => ({ ...member, unpacked: run.unpacked.get(index) ?? null })),
    errors,
  };
}

interface Opened {
  readonly header: Header;
  readonly end: RunEnd;
  readonly password: string;
  /** Whether it took a password to see the list of members. */
  readonly wasEncrypted: boolean;
}

/** Opens the archive with the first password that lets it. */
async function open(archive: Archive, passwords: readonly string[]): Promise<Opened> {
  let wasEncrypted = false;
  let password = passwords[0] ?? "";
  let { header, end } = await readHeader(archive, { password, type: null });
  for (const next of passwords.slice(1)) {
    if (!header.needsPassword || end.kind !== "exited") break;
    wasEncrypted = true;
    password = next;
    ({ header, end } = await readHeader(archive, { password, type: null }));
  }
  if (header.type === "iso" && hasUdf(archive.content)) {
    const { header: udf } = await readHeader(archive, { password, type: "udf" });
    if (udf.type === "udf") header = udf;
  }
  return { header, end, password, wasEncrypted };
}

/** What to say of bytes that 7-Zip doesn't open: nothing, unless they begin like an archive. */
function unopened(content: Uint8Array, { header, end }: Opened, options: UnpackOptions): UnpackedArchive | null {
  const type = signatureOf(content);
  if (type === undefined && !header.needsPassword && end.kind !== "stopped") return null;
  const cause = header.needsPassword
    ? noPassword("its list of members", options)
    : end.kind === "stopped" && end.reason === TIMED_OUT
    ? timedOut(options)
    : `Cannot open the ${type} archive: it is damaged or cut off${end.kind === "crashed" ? ` (${end.message})` : ""}`;
  return { type: type ?? "unknown", password: null, members: [], errors: [cause] };
}
