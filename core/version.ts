import config from "../deno.json" with { type: "json" };

/** Version of stoQ. */
export const VERSION: string = config.version;

/**
 * Compares two versions number by number; what follows the numbers (`-rc.1`) is ignored.
 *
 * @returns Negative if `a` is older than `b`, positive if newer, 0 if the same.
 */
export function compareVersions(a: string, b: string): number {
  const numbers = (version: string) => (/^\s*v?(\d+(?:\.\d+)*)/.exec(version)?.[1] ?? "0").split(".").map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
