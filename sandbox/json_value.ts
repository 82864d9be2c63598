/** What results become on their way to JSON, so that any value a plugin returns has a form and none can throw. */

/** Deepest nesting kept; what is below is replaced by a text that says so. */
const MAX_DEPTH = 90;

/**
 * Makes plain JSON data of a value: dates become ISO 8601, bytes base64, big integers numbers where exact and else decimal
 * text, maps objects, sets arrays; `undefined` and functions are left out; cycles and too deep nesting become a text.
 */
export function toJsonValue(value: unknown, depth = 0, above: object[] = []): unknown {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? value : value.toWellFormed();
    case "number":
      return Number.isFinite(value) ? value : null;
    case "boolean":
      return value;
    case "bigint":
      return Number.isSafeInteger(Number(value)) && BigInt(Number(value)) === value ? Number(value) : String(value);
    case "object":
      break;
    default:
      return undefined;
  }
  if (value === null) return null;
  if (depth >= MAX_DEPTH) return `[nested deeper than ${MAX_DEPTH} levels]`;
  if (above.includes(value)) return "[cycle]";
  if (value instanceof Uint8Array) return base64(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  above.push(value);
  try {
    if (value instanceof Set) value = [...value];
    if (Array.isArray(value)) return Array.from(value, (item) => toJsonValue(item, depth + 1, above) ?? null);
    const entries = value instanceof Map
      ? [...value].map(([k, v]) => [keyText(k), v] as const)
      : Object.entries(value as object);
    const result: Record<string, unknown> = {};
    for (const [name, item] of entries) {
      const key = name.toWellFormed();
      const plain = toJsonValue(item, depth + 1, above);
      if (plain === undefined) continue;
      // Not an assignment: that would make the key "__proto__" a prototype.
      if (key === "__proto__") {
        Object.defineProperty(result, key, { value: plain, enumerable: true, configurable: true, writable: true });
      } else result[key] = plain;
    }
    return result;
  } finally {
    above.pop();
  }
}

/** A key of a map as text; one that cannot be made text says what it is. */
function keyText(key: unknown): string {
  try {
    return String(key);
  } catch {
    return `[${typeof key}]`;
  }
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}
