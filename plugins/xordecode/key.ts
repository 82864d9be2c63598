import type { Data } from "../../plugin.ts";

/** Most bytes of a key. */
const MAX_KEY = 65_536;

/** How deep a key is looked for, and in how many objects. */
const MAX_DEPTH = 8, MAX_OBJECTS = 10_000;

/** A key as a dispatcher gives it. */
export interface FoundKey {
  readonly xorkey: unknown;
  /** What stands beside it: the metadata of a YARA rule. */
  readonly meta: Readonly<Record<string, unknown>>;
  /** What that stands in: the match of a YARA rule. */
  readonly match: Readonly<Record<string, unknown>>;
}

/**
 * The first `xorkey` in dispatch metadata, at any depth: what is said of this plugin comes before what is said of
 * others.
 *
 * @param dispatchMeta Metadata by dispatcher.
 * @param plugin Name under which dispatchers put what they say of this plugin.
 */
export function findKey(dispatchMeta: Readonly<Record<string, Data>>, plugin: string): FoundKey | undefined {
  let objects = 0;
  const search = (value: unknown, parent: FoundKey["match"], depth: number): FoundKey | undefined => {
    if (!isObject(value) || depth > MAX_DEPTH || ++objects > MAX_OBJECTS) return undefined;
    if (isSet(value.xorkey)) return { xorkey: value.xorkey, meta: value, match: parent };
    for (const inner of Object.values(value)) {
      const found = search(inner, value, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  for (const said of Object.values(dispatchMeta)) {
    const found = isObject(said) ? search(said[plugin], said, 1) : undefined;
    if (found !== undefined) return found;
  }
  return search(dispatchMeta, {}, 0);
}

/**
 * A key as bytes: a number, a list of numbers, or text with commas between them.
 *
 * @returns What is wrong, if it is not a key.
 */
export function parseKey(xorkey: unknown): number[] | string {
  const parts = typeof xorkey === "string" ? xorkey.split(",", MAX_KEY + 1) : Array.isArray(xorkey) ? xorkey : [xorkey];
  const shown = (JSON.stringify(xorkey) ?? String(xorkey)).slice(0, 60);
  if (parts.length === 0 || parts.length > MAX_KEY) {
    return `Cannot decode with xorkey ${shown}: it has ${parts.length} bytes, use 1 to ${MAX_KEY}`;
  }
  const key = parts.map((part: unknown) =>
    typeof part === "string" && /^\s*\d{1,3}\s*$/.test(part) ? Number(part) : part
  );
  if (key.every(isByte)) return key;
  return `Cannot decode with xorkey ${shown}: use numbers from 0 to 255, with commas between them`;
}

function isByte(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 255;
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "" && value !== 0 &&
    !(Array.isArray(value) && value.length === 0);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
