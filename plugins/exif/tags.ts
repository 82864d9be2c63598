/**
 * ExifTool's JSON output as results of bounded size.
 *
 * @module
 */
import type { Data } from "../../plugin.ts";

/** Longest output that is parsed: real ones have some kilobytes; parsed, this many take some hundred megabytes at worst. */
export const MAX_OUTPUT = 16 * 1024 * 1024;

/** Most tags of a payload that are kept. Photographs with maker notes have some hundred. */
export const MAX_TAGS = 4096;

/** Longest text of a tag that is kept, in UTF-16 units: XMP histories and comments have some kilobytes. */
export const MAX_TEXT = 16 * 1024;

/** Most characters of all names and texts together, each element of a list or structure counted as {@linkcode ELEMENT} more. */
export const MAX_TOTAL = 1024 * 1024;

/** What an element of a list or structure costs besides its text: about what it has in JSON. */
const ELEMENT = 8;

/** Deepest nesting of lists and structures that is kept; ExifTool's own is two without its option `-struct`. */
export const MAX_DEPTH = 8;

/** What ExifTool says of its standard input as if it were a file: of the pipe, not of the payload. */
const OF_THE_INPUT: ReadonlySet<string> = new Set([
  "FileModifyDate",
  "FileAccessDate",
  "FileInodeChangeDate",
  "FilePermissions",
]);

/** What is left to spend while tags are copied, and what was cut off. */
interface Budget {
  total: number;
  cut: boolean;
}

/**
 * Reads the output of `exiftool -json -n -`: a list with one object.
 *
 * @param text The output.
 * @param size Bytes of the payload.
 * @returns The tags under ExifTool's names and in its order, and what a limit cut off.
 * @throws {SyntaxError} If the text is no JSON, or is none of ExifTool's.
 */
export function readTags(text: string, size: number): { tags: Data; errors: string[] } {
  const list: unknown = JSON.parse(text, keepLargeNumbers);
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  if (typeof first !== "object" || first === null || Array.isArray(first)) {
    throw new SyntaxError("no list with an object of tags");
  }
  const fromPipe = Object.entries(first).some(([name, value]) => name === "FileSize" && value === 0);
  const all = Object.entries(first).filter(([name, value]) =>
    !OF_THE_INPUT.has(name) && !(fromPipe && isNoDuration(name, value))
  );
  const budget: Budget = { total: MAX_TOTAL, cut: false };
  const kept: [string, unknown][] = [];
  const cutTags: string[] = [];
  for (const [name, value] of all) {
    if (kept.length >= MAX_TAGS || name.length > budget.total || name.length > MAX_TEXT) break;
    budget.total -= name.length;
    budget.cut = false;
    // A pipe has no size, and ExifTool says 0; a file, which the original gave it, has the payload's.
    kept.push([name, name === "FileSize" && value === 0 ? size : bounded(value, budget, MAX_DEPTH)]);
    if (budget.cut) cutTags.push(name);
  }
  const errors: string[] = [];
  if (kept.length < all.length) {
    errors.push(
      `Only the first ${kept.length} of ${all.length} tags are kept (limits: ${MAX_TAGS} tags, ${MAX_TOTAL} characters)`,
    );
  }
  if (cutTags.length > 0) {
    errors.push(
      `Values of ${cutTags.length} tags are cut off, the first is "${
        cutTags[0]!.slice(0, 64)
      }" (limits: ${MAX_TEXT} characters ` +
        `a value, ${MAX_TOTAL} together)`,
    );
  }
  return { tags: Object.fromEntries(kept), errors };
}

/**
 * Whether a duration comes from the size of a pipe: ExifTool divides the file's size, here 0, less that of a header, by the
 * bit rate where the format does not tell the duration (WAV, MPEG audio, Ogg).
 */
function isNoDuration(name: string, value: unknown): boolean {
  return name === "Duration" && typeof value === "number" && value <= 0;
}

/** A copy of a JSON value that spends no more than the budget; what does not fit is left out. */
function bounded(value: unknown, budget: Budget, depth: number): unknown {
  if (typeof value === "string") {
    const text = value.slice(0, Math.min(MAX_TEXT, budget.total));
    if (text.length < value.length) budget.cut = true;
    budget.total -= text.length;
    return text;
  }
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) {
    budget.cut = true;
    return null;
  }
  const list = Array.isArray(value);
  const kept: [string, unknown][] = [];
  for (const [name, element] of Object.entries(value)) {
    const cost = ELEMENT + (list ? 0 : name.length);
    if (cost > budget.total) {
      budget.cut = true;
      break;
    }
    budget.total -= cost;
    kept.push([name, bounded(element, budget, depth - 1)]);
  }
  return list ? kept.map(([, element]) => element) : Object.fromEntries(kept);
}

/** Keeps the digits of a number that JavaScript's numbers cannot hold, as text. */
function keepLargeNumbers(_name: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || context?.source === undefined) return value;
  const exact = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  return exact ? value : context.source;
}
