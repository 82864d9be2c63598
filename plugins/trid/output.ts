/**
 * Reads what TrID prints:
 *
 * ```text
 * Collecting data from file: /tmp/payload
 *  50.1% (.) ELF Executable and Linkable format (Linux) (4022/12)
 *  49.8% (.O) ELF Executable and Linkable format (generic) (4000/1)
 * ```
 *
 * @module
 */

/** Longest output that is read; TrID prints five types. */
export const MAX_OUTPUT = 1024 * 1024;
/** Types that are kept. */
const MAX_TYPES = 1000;
/** Characters of a type, an extension or a warning that are kept. */
const MAX_TEXT = 1024;

/** A type that the payload may be of. */
export interface TridMatch {
  /** As TrID has it, `50.1%`. */
  readonly likely: string;
  /** Name, and TrID's points. */
  readonly type: string;
}

/** What TrID said. */
export interface TridOutput {
  /** By extension; `UNK0`, `UNK1` ... for types that have none. */
  readonly types: Record<string, TridMatch[]>;
  readonly warnings: string[];
  /** What TrID says instead of types when it could not look at the file. */
  readonly error?: string;
  /** Whether it looked at the file and knows no type of it. */
  readonly unknown: boolean;
}

const MATCH = /^ {0,2}(\d{1,3}(?:\.\d+)?%)\s+\(([^)\s]*)\)\s+(.+)$/;

/** Reads the output of one run. */
export function readOutput(text: string): TridOutput {
  const types = new Map<string, TridMatch[]>();
  const warnings: string[] = [];
  let error: string | undefined;
  let unknown = false;
  let nameless = 0;
  let count = 0;
  for (const line of text.split(/\r\n|\n|\r/)) {
    const match = MATCH.exec(line.slice(0, 3 * MAX_TEXT));
    if (match) {
      if (count++ >= MAX_TYPES) continue;
      const [, likely = "", extensions = "", type = ""] = match;
      const extension = extensions.replace(/^\.+|\.+$/g, "").slice(0, MAX_TEXT) || `UNK${nameless++}`;
      const entry = { likely, type: type.trim().replace(/\s+/g, " ").slice(0, MAX_TEXT) };
      types.set(extension, [...types.get(extension) ?? [], entry]);
    } else if (/^\s*Warning: /.test(line)) {
      if (warnings.length < MAX_TYPES) warnings.push(line.trim().slice("Warning: ".length, MAX_TEXT));
    } else if (/^\s*(\* )?Error: /.test(line)) error ??= line.trim().replace(/^\* /, "").slice(0, MAX_TEXT);
    else if (/^\s*Unknown!\s*$/.test(line)) unknown = true;
  }
  return { types: Object.fromEntries(types), warnings, unknown, ...(error !== undefined && { error }) };
}
