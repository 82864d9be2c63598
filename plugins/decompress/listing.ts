/**
 * Reads what `7z l -slt` prints: "Name = value" lines, a block for the archive, then one a member, an empty line after each.
 *
 * 7-Zip replaces control characters in the values of members, so that no name can imitate a line; the comment of the archive,
 * in its own block, can hold anything. Hence the archive and its members are listed by separate runs ({@linkcode parseHeader},
 * {@linkcode ListingParser}), and nothing after the line `Comment =` of the former is believed.
 *
 * @module
 */

/** What a member of an archive is. */
export type MemberKind = "file" | "directory" | "link" | "special";

/** One member as the archive describes it: every value may be a lie. */
export interface Member {
  /** Path as in the archive; `null` if the format has none. */
  readonly path: string | null;
  readonly kind: MemberKind;
  /** Bytes when unpacked, if the archive says so. */
  readonly size: number | null;
  /** Bytes in the archive, if it says so; members of a solid block have theirs at its first one. */
  readonly packedSize: number | null;
  readonly encrypted: boolean;
  /** When it was modified, ISO 8601, UTC. */
  readonly modified: string | null;
  /** Where a symbolic or hard link leads, if the archive's index says so. */
  readonly link: string | null;
}

/** What 7-Zip says of an archive as a whole. */
export interface Header {
  /** Type of the outermost archive, lower case; `null` if it is none. */
  readonly type: string | null;
  /** Where the archive begins; not 0 if something is in front of it. */
  readonly offset: number;
  /** Problems with the archive as a whole. */
  readonly errors: readonly string[];
  /** Whether it is there but can't be opened without its password. */
  readonly needsPassword: boolean;
  /** How many lines of the comment look like the log of an extraction. */
  readonly logLikeLines: number;
}

/** A line of the log of an extraction: `-` extracts, `T` tests, `.` skips. */
export const LOG_LINE = /^([-T.]) (.*)$/s;

/** Reads the output of a listing without members. */
export function parseHeader(text: string): Header {
  const lines = text.split("\n");
  const start = lines.indexOf("--");
  const needsPassword = /^ERROR: .*Wrong password\?$/m.test(text);
  if (start === -1) return { type: null, offset: 0, errors: [], needsPassword, logLikeLines: 0 };
  const end = lines.findIndex((line, index) => index > start && (line.startsWith("Comment =") || line === ""));
  const block = lines.slice(start, end === -1 ? undefined : end);
  const value = (name: string) => block.find((line) => line.startsWith(`${name} = `))?.slice(name.length + 3);
  return {
    type: value("Type")?.toLowerCase() ?? null,
    offset: Number(value("Offset") ?? 0) || 0,
    errors: problemsIn(block),
    needsPassword,
    logLikeLines: lines.slice(start).filter((line) => LOG_LINE.test(line)).length,
  };
}

/** The lines between `ERRORS:` or `WARNINGS:` and the next property. */
function problemsIn(block: readonly string[]): string[] {
  const problems: string[] = [];
  let inside = false;
  for (const line of block) {
    if (line === "ERRORS:" || line === "WARNINGS:") inside = true;
    else if (/^[A-Z][\w ]* = /.test(line)) inside = false;
    else if (inside) problems.push(line);
  }
  return problems;
}

/** Reads the output of `l -slt -ba`, which is members only. */
export class ListingParser {
  readonly members: Member[] = [];
  #fields = new Map<string, string>();

  /** One line of the output. */
  line(line: string): void {
    if (line === "") return this.end();
    const at = line.indexOf(" = ");
    // A property without a value is printed as "Name = ": the separator is there all the same.
    if (at > 0) this.#fields.set(line.slice(0, at), line.slice(at + 3));
  }

  /** The end of a block, or of the output. */
  end(): void {
    if (this.#fields.size > 0) this.members.push(memberOf(this.#fields));
    this.#fields = new Map();
  }
}

/** `ls`-like mode, alone (`Mode`) or after the DOS attributes (`Attributes`): its first letter is the kind. */
const MODE = /(?:^|\s)([bcdlps-])[rwxsStT-]{9}$/;

const KINDS: Readonly<Record<string, MemberKind>> = {
  d: "directory",
  l: "link",
  b: "special",
  c: "special",
  p: "special",
  s: "special",
};

function memberOf(fields: ReadonlyMap<string, string>): Member {
  const attributes = fields.get("Attributes") ?? "";
  const letter = MODE.exec(fields.get("Mode") ?? attributes)?.[1] ?? "";
  const link = fields.get("Symbolic Link") || fields.get("Hard Link") || fields.get("Link") || null;
  const folder = fields.get("Folder") === "+" || /^D/.test(attributes);
  return {
    path: fields.get("Path") ?? null,
    kind: folder ? "directory" : KINDS[letter] ?? (link === null ? "file" : "link"),
    size: numberOf(fields.get("Size")),
    packedSize: numberOf(fields.get("Packed Size")),
    encrypted: fields.get("Encrypted") === "+",
    modified: timeOf(fields.get("Modified")),
    link,
  };
}

function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}

/** `2026-11-24 11:20:10.7600000Z` as ISO 8601, without zeros at the end of the fraction. */
function timeOf(text: string | undefined): string | null {
  const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d*?)?0*Z$/.exec(text ?? "");
  if (parts === null) return null;
  const [, date, time, fraction = ""] = parts;
  return `${date}T${time}${fraction.length > 1 ? fraction : ""}Z`;
}

/** The members, where an empty file with others below it is a directory: help files (CHM) mark theirs in no other way. */
export function withDirectories(members: readonly Member[]): Member[] {
  const parents = new Set(members.map(({ path }) => path?.slice(0, Math.max(0, path.lastIndexOf("/"))) ?? ""));
  return members.map((member) => {
    const isParent = member.kind === "file" && member.size === 0 && member.path && parents.has(member.path);
    return isParent ? { ...member, kind: "directory" } : member;
  });
}
