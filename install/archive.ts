/**
 * Archives of third-party plugins: read in memory, with every entry checked, and written so that the same files give the same bytes.
 *
 * @module
 */
import { gunzipSync, gzipSync } from "node:zlib";
import {
  checkPath,
  FileSet,
  isLeftOver,
  MAX_ARCHIVE,
  MAX_FILES,
  MAX_UNPACKED,
  quote,
  type Refuse,
  refuser,
  TOO_MANY,
} from "./files.ts";
import { type ArchiveEntry, codeOf, tooLarge } from "./entry.ts";
import { isTar, readTar, writeTar } from "./tar.ts";
import { readZip } from "./zip.ts";

/** How many bytes may come out of one: text of a program gives about 4, a table of numbers 20; a bomb gives 1,000. */
const MAX_RATIO = 100;
/** What may come out whatever the ratio: it does no harm. */
const HARMLESS = 16 * 1024 * 1024;
/** Operating system byte of a gzip header that says "unknown" (RFC 1952, 2.3.1); zlib writes the one that it was built for. */
const GZIP_OS = { offset: 9, unknown: 255 };

/** How {@linkcode readArchive} reads. */
export interface ArchiveOptions {
  /** Which entries are wanted, by the name that the archive has; the others are neither checked nor kept. */
  readonly wanted?: (name: string) => boolean;
}

/** Whether the bytes begin like an archive that {@linkcode readArchive} reads. */
export function isArchive(bytes: Uint8Array): boolean {
  return formatOf(bytes) !== null;
}

/**
 * Reads a .tar.gz, .tar or .zip archive; the content decides which.
 *
 * @param name What the archive is called in errors.
 * @returns Files by path, without what is left over by tools.
 * @throws {StoqInstallError} If anything in it is damaged or not safe.
 */
export function readArchive(
  bytes: Uint8Array,
  name: string,
  { wanted = () => true }: ArchiveOptions = {},
): Map<string, Uint8Array<ArrayBuffer>> {
  const refuse = refuser(name);
  const set = new FileSet(refuse);
  let count = 0;
  for (const entry of entriesOf(bytes, refuse)) {
    if (++count > MAX_FILES) refuse(TOO_MANY);
    if (!wanted(entry.name)) continue;
    const path = checkPath(entry.name, refuse);
    if (isLeftOver(path)) continue;
    if (entry.kind === "other") refuse(`${quote(path)} in it ${entry.other}`);
    if (entry.kind === "folder") set.addFolder(path);
    else set.addFile(path, entry.read());
  }
  return set.files;
}

/**
 * Makes a .tar.gz: sorted, without times, owners or modes, so that the same files give the same bytes on every machine with this Deno.
 *
 * @param files Contents by path, as in {@linkcode Fetched}.
 * @throws {StoqInstallError} If what comes out could not be installed.
 */
export function packArchive(files: ReadonlyMap<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  const name = "the packed archive";
  const refuse = refuser(name);
  for (const path of files.keys()) {
    if (checkPath(path, refuse) !== path) {
      refuse(`${quote(path)} in it is not a plain path of a file: write it without "./"`);
    }
    if (isLeftOver(path)) refuse(`${quote(path)} in it would be left out at install: rename or remove it`);
  }
  const archive = new Uint8Array(gzipSync(writeTar(files), { level: 9 }));
  archive[GZIP_OS.offset] = GZIP_OS.unknown;
  // Cheap for a plugin, and nothing is published that no one can install.
  readArchive(archive, name);
  return archive;
}

type Format = "gzip" | "zip" | "tar";

function formatOf(bytes: Uint8Array): Format | null {
  const begins = (text: string) => [...text].every((char, i) => bytes[i] === char.charCodeAt(0));
  if (begins("\x1f\x8b")) return "gzip";
  // The second is an archive of nothing; what begins otherwise, such as a program that unpacks itself, is not taken.
  if (begins("PK\x03\x04") || begins("PK\x05\x06")) return "zip";
  return isTar(bytes) ? "tar" : null;
}

function entriesOf(bytes: Uint8Array, refuse: Refuse): Iterable<ArchiveEntry> {
  if (bytes.length > MAX_ARCHIVE) refuse(`it has ${bytes.length} bytes: ${MAX_ARCHIVE} are allowed`);
  const room = Math.min(MAX_UNPACKED, Math.max(HARMLESS, bytes.length * MAX_RATIO));
  switch (formatOf(bytes)) {
    case "zip":
      return readZip(bytes, room, refuse);
    case "tar":
      return readTar(bytes, refuse);
    case "gzip": {
      const unpacked = gunzip(bytes, room, refuse);
      if (!isTar(unpacked) && unpacked.some((byte) => byte !== 0)) {
        refuse("what is compressed in it is not a tar archive: give a .tar.gz, .tgz or .zip");
      }
      return readTar(unpacked, refuse);
    }
    default:
      return refuse("it is not an archive that stoQ reads: give a .tar.gz, .tgz or .zip");
  }
}

/** Several members after one another are one text (RFC 1952, 2.2), zeros after them are padding; anything else after them is damage. */
function gunzip(bytes: Uint8Array, room: number, refuse: Refuse): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: room });
  } catch (error) {
    if (codeOf(error) === "ERR_BUFFER_TOO_LARGE") refuse(tooLarge(room, bytes.length), error);
    return refuse(`it is damaged or cut off (${(error as Error).message}): get it again`, error);
  }
}
