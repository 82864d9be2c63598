/**
 * Keys of strings that a rule found XOR-encoded, for the plugin that decodes them.
 *
 * @module
 */
import type { FoundRule } from "./engine.ts";

/** Where a key was found: offset, identifier of the string, and the key's bytes. */
export type XorInfo = [offset: number, identifier: string, key: number[]];

/** Metadata `xor_plaintext_for_string_NAME` holds what the string `$NAME` decodes to, as text. */
const PLAINTEXT_META = "xor_plaintext_for_string_";

/** Most keys that are reported of a match. */
const MAX_KEYS = 1000;

/**
 * Keys of a rule's matches in the order of its strings. A string whose plaintext the metadata give may have a key of several
 * bytes, and needn't have the modifier `xor`; of one with the modifier the library knows the key.
 */
export function* xorKeys(rule: FoundRule, content: Uint8Array): Generator<XorInfo> {
  const plaintexts = new Map<string, Uint8Array>();
  for (const { identifier, value } of rule.metadata) {
    if (!identifier.startsWith(PLAINTEXT_META) || typeof value !== "string" || value === "") continue;
    plaintexts.set("$" + identifier.slice(PLAINTEXT_META.length), new TextEncoder().encode(value));
  }
  let count = 0;
  for (const { identifier, matches } of rule.patterns) {
    const plaintext = plaintexts.get(identifier);
    for (const { offset, length, xorKey } of matches) {
      const encoded = content.subarray(offset, offset + length);
      const key = plaintext?.length === length ? repeatingKey(encoded, plaintext) : xorKey ? [xorKey] : undefined;
      if (key === undefined) {
        // Without modifier and without plaintext none of this string's matches has a key.
        if (xorKey === undefined && plaintext === undefined) break;
        continue;
      }
      yield [offset, identifier, key];
      if (++count === MAX_KEYS) return;
    }
  }
}

/** The shortest key that turns one into the other, if it comes round at least once and isn't zero. */
function repeatingKey(encoded: Uint8Array, plaintext: Uint8Array): number[] | undefined {
  const stream = encoded.map((byte, i) => byte ^ (plaintext[i] ?? 0));
  if (stream.every((byte) => byte === 0)) return undefined;
  // The length of the longest border tells the shortest period (Knuth, Morris and Pratt 1977, section 3): linear.
  const border = new Uint32Array(stream.length);
  for (let i = 1, k = 0; i < stream.length; i++) {
    while (k > 0 && stream[i] !== stream[k]) k = border[k - 1] ?? 0;
    if (stream[i] === stream[k]) k++;
    border[i] = k;
  }
  const period = stream.length - (border.at(-1) ?? 0);
  return period < stream.length ? [...stream.subarray(0, period)] : undefined;
}
