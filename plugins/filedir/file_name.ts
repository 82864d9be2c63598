/** Longest name in bytes of UTF-8: file systems take 255, and a SHA-256 may have to follow. */
export const MAX_NAME_BYTES = 150;

/** C0 and C1 controls, bidirectional overrides, halves of surrogate pairs, and what Windows forbids in names. */
// deno-lint-ignore no-control-regex
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069<>:"|?*]|\p{Surrogate}/gu;

/** Names of devices on Windows, in any directory and with any extension. */
const DEVICE = /^(con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])(?=\.|$)/i;

/**
 * A name for a file out of one that a payload claims to have, which may be hostile: one name in one directory, whatever the
 * system, neither hidden nor special. Made of what follows the last separator; applying it again changes nothing.
 *
 * @returns Nothing where no name remains, as of `..`.
 */
export function fileName(claimed: unknown): string | undefined {
  if (typeof claimed !== "string") return undefined;
  const last = claimed.slice(1 + Math.max(claimed.lastIndexOf("/"), claimed.lastIndexOf("\\")));
  const plain = trimEnd(last.replace(FORBIDDEN, "_").trimStart());
  const name = trimEnd(cut(plain.replace(/^\.+/, "_").replace(DEVICE, "_$&")));
  return name === "" ? undefined : name;
}

/** Without the dots and white space at its end, which Windows drops. */
function trimEnd(name: string): string {
  let end = name.length;
  while (end > 0 && (name[end - 1] === "." || name[end - 1]!.trim() === "")) end--;
  return name.slice(0, end);
}

/** The part that fits into {@linkcode MAX_NAME_BYTES}, whole characters only. */
function cut(name: string): string {
  const { read } = new TextEncoder().encodeInto(name, new Uint8Array(MAX_NAME_BYTES));
  return name.slice(0, read);
}
