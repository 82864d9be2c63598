/**
 * Matches as the plugin reports them.
 *
 * @module
 */
import type { FoundRule } from "./engine.ts";

/** Offset, identifier, and the bytes as {@linkcode escapeBytes} writes them. */
export type MatchedString = [offset: number, identifier: string, data: string];

/** A rule that matched: keys and their order are the original's. */
export interface Match {
  tags: string[];
  namespace: string;
  rule: string;
  meta: Record<string, unknown>;
  strings: MatchedString[];
}

/** Most strings of all matches of a payload together, whatever `strings_limit` says: patterns may match at every offset. */
const MAX_STRINGS = 10_000;

/** Most bytes that a string shows: a regular expression may match a whole payload. */
const MAX_STRING_BYTES = 1024;

/** Most bytes that all strings of a payload show together. */
const MAX_TOTAL_BYTES = 1_048_576;

/** Matches, and whether a bound cut anything off. */
export interface Matches {
  matches: Match[];
  errors: string[];
}

/**
 * @param limit Most strings of one match.
 */
export function toMatches(rules: readonly FoundRule[], content: Uint8Array, limit: number): Matches {
  let strings = MAX_STRINGS;
  let bytes = MAX_TOTAL_BYTES;
  let omitted = 0;
  let shortened = 0;
  const matches = rules.filter((rule) => !rule.isPrivate).map((rule): Match => {
    const found: MatchedString[] = [];
    let wanted = limit;
    for (const pattern of rule.patterns) {
      if (pattern.isPrivate) continue;
      const shown = Math.min(pattern.matches.length, wanted, strings);
      omitted += Math.min(pattern.matches.length, wanted) - shown;
      for (const { offset, length } of pattern.matches.slice(0, shown)) {
        const size = Math.min(length, MAX_STRING_BYTES, bytes);
        if (size < length) shortened++;
        bytes -= size;
        found.push([offset, pattern.identifier, escapeBytes(content.subarray(offset, offset + size))]);
      }
      wanted -= shown;
      strings -= shown;
    }
    return {
      tags: [...rule.tags],
      namespace: rule.namespace,
      rule: rule.identifier,
      meta: metaOf(rule),
      strings: found,
    };
  });
  const errors: string[] = [];
  if (omitted > 0) {
    errors.push(
      `${omitted} matched strings are left out: at most ${MAX_STRINGS} are shown; strings_limit shows fewer of each rule`,
    );
  }
  if (shortened > 0) {
    errors.push(
      `${shortened} matched strings are cut off: at most ${MAX_STRING_BYTES} bytes of each and ${MAX_TOTAL_BYTES} of all are shown`,
    );
  }
  return { matches, errors };
}

/** Metadata by name; of several with one name the last, as in YARA's Python module. */
function metaOf(rule: FoundRule): Record<string, unknown> {
  return Object.fromEntries(
    rule.metadata.map(({ identifier, value }) => [
      identifier,
      typeof value === "object" ? escapeBytes(Uint8Array.from(value)) : value,
    ]),
  );
}

/** Every byte as text: printable ASCII as it is, a backslash doubled, anything else as `\xNN`. */
const ESCAPED = Array.from({ length: 256 }, (_, byte) => {
  if (byte === 0x5c) return "\\\\";
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
});

/** Bytes as text that can be read and turned back. */
export function escapeBytes(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += ESCAPED[byte];
  return text;
}
