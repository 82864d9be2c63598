/**
 * Opens an archive with 7-Zip: what it is, what is in it, what comes out.
 *
 * @module
 */
import { Extraction, UNLISTED, type Unpacked } from "./extraction.ts";
import { Lines } from "./lines.ts";
import { type Header, ListingParser, type Member, parseHeader, withDirectories } from "./listing.ts";
import { ARCHIVE_PATH, EXCLUDE_PATH, type RunEnd, runSevenZip, Stop } from "./seven_zip.ts";

/** Members of one archive that are looked at; an archive of 100,000 is a bomb or not for a scan of its members. */
export const MAX_MEMBERS = 5000;

/** Characters of the description of an archive: its comment may be long. */
const MAX_HEADER = 2 ** 20;

/** Characters of the list of members, paths included. */
const MAX_LISTING = 64 * 2 ** 20;

/** Reason of the stop at {@linkcode MAX_MEMBERS} or {@linkcode MAX_LISTING}. */
const ENOUGH = "enough";

/** Bytes, and the way that 7-Zip is to look at them. */
export interface Archive {
  readonly module: WebAssembly.Module;
  readonly content: Uint8Array;
  readonly deadline: number;
}

/** A way to open an archive. */
export interface Opening {
  /** Password of the archive, or one that doesn't matter. */
  readonly password: string;
  /** The one type to open it as; `null`: let 7-Zip look, and go on into what it finds. */
  readonly type: string | null;
}

/** What was read of the list of members. */
export interface Listing {
  readonly members: readonly Member[];
  /** Whether there are more. */
  readonly cut: boolean;
  readonly end: RunEnd;
}

/** `-bsp0` no progress, `-bd` no percentages; `-y` and a password, so that nothing is ever asked. */
function args(command: string, opening: Opening, ...more: string[]): string[] {
  const type = opening.type === null ? [] : [`-t${opening.type}`];
  return [command, "-bsp0", "-bd", "-y", `-p${opening.password}`, ...type, ...more, "--", ARCHIVE_PATH];
}

/** What the archive is, without its members. */
export async function readHeader(archive: Archive, opening: Opening): Promise<{ header: Header; end: RunEnd }> {
  let text = "";
  const decoder = new TextDecoder();
  const collect = (bytes: Uint8Array) => {
    text += decoder.decode(bytes.slice(), { stream: true });
    if (text.length > MAX_HEADER) throw new Stop(ENOUGH);
  };
  const end = await runSevenZip(archive.module, {
    ...archive,
    args: args("l", opening, "-slt", "-xr!*"),
    stdout: collect,
    stderr: collect,
  });
  return { header: parseHeader(text), end };
}

/** The first members of the archive. */
export async function listMembers(archive: Archive, opening: Opening): Promise<Listing> {
  const parser = new ListingParser();
  const lines = new Lines((line) => {
    parser.line(line);
    if (parser.members.length > MAX_MEMBERS) throw new Stop(ENOUGH);
  });
  let size = 0;
  const end = await runSevenZip(archive.module, {
    ...archive,
    args: args("l", opening, "-slt", "-slmu", "-ba"),
    stdout(bytes) {
      lines.push(bytes);
      size += bytes.length;
      if (size > MAX_LISTING) throw new Stop(ENOUGH);
    },
    stderr: () => {},
  });
  if (end.kind === "exited") {
    lines.end();
    parser.end();
  }
  const cut = end.kind === "stopped" && end.reason === ENOUGH;
  return { members: withDirectories(parser.members.slice(0, MAX_MEMBERS)), cut, end };
}

/** What an extraction is to do. */
export interface ExtractionOrder {
  readonly header: Header;
  readonly members: readonly Member[];
  /** Bytes that may come out. */
  readonly bytes: number;
  /** Members that came out before. */
  readonly done: ReadonlySet<number>;
  /** Members that are to be left out, if the format and their names let it. */
  readonly leftOut: ReadonlySet<number>;
}

/** What an extraction did. */
export interface ExtractionResult {
  readonly unpacked: ReadonlyMap<number, Unpacked>;
  readonly tooLarge: number | null;
  readonly end: RunEnd;
}

/** Extracts the members that are not done. */
export async function extractMembers(
  archive: Archive,
  opening: Opening,
  order: ExtractionOrder,
): Promise<ExtractionResult> {
  const extraction = new Extraction(order.members, { ...order, logLikeLines: order.header.logLikeLines });
  const lines = new Lines((line) => extraction.line(line));
  const exclude = [...order.leftOut].map((index) => order.members[index]?.path ?? "");
  const end = await runSevenZip(archive.module, {
    ...archive,
    // -spd: no wildcards in the list; -ssc: case matters.
    args: args(
      "x",
      opening,
      "-so",
      "-bso2",
      "-bb3",
      "-spd",
      "-ssc",
      ...(exclude.length > 0 ? [`-x@${EXCLUDE_PATH}`] : []),
    ),
    ...(exclude.length > 0 && { exclude }),
    stdout: (bytes) => extraction.data(bytes),
    stderr: (bytes) => lines.push(bytes),
  });
  if (end.kind === "exited") lines.end();
  // After a crash the member under way may be incomplete; after the log went past the listed ones the last was complete.
  if (end.kind === "exited" || (end.kind === "stopped" && end.reason === UNLISTED)) extraction.end();
  else extraction.interrupt();
  return { unpacked: extraction.unpacked, tooLarge: extraction.tooLarge, end };
}
