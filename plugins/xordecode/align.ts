import type { FoundKey } from "./key.ts";

/** Metadata of a YARA rule that says what its string `$NAME` decodes to. */
const PLAINTEXT_META = "xor_plaintext_for_string_";

/** Most strings of a match that are tried. */
const MAX_STRINGS = 1000;

/**
 * The key as it has to be applied from the payload's first byte. The YARA dispatcher gives a key of several bytes as it
 * is at the string that it was found at, which need not be a multiple of the key's length away from there.
 *
 * @returns The key turned, where the match tells by how much; else as it is.
 */
export function align(key: number[], content: Uint8Array, { meta, match }: FoundKey): number[] {
  if (key.length === 1 || !Array.isArray(match.strings)) return key;
  for (const found of match.strings.slice(0, MAX_STRINGS)) {
    if (!Array.isArray(found)) continue;
    const [offset, identifier]: unknown[] = found;
    if (typeof offset !== "number" || !Number.isSafeInteger(offset) || offset < 0 || typeof identifier !== "string") {
      continue;
    }
    const plaintext = meta[PLAINTEXT_META + identifier.replace(/^\$/, "")];
    if (typeof plaintext !== "string" || plaintext === "") continue;
    const plain = new TextEncoder().encode(plaintext);
    if (!plain.every((byte, i) => content[offset + i] === (byte ^ key[i % key.length]!))) continue;
    return key.map((_, i) => key[(i + key.length - offset % key.length) % key.length]!);
  }
  return key;
}
