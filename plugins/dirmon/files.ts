/** Why an operation on a file failed, in a few words: "no such file or directory". */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Deno adds the number, the call and the path to what the system says, and a remedy to what it denies itself.
  const [text = ""] = error.message.split(/ \(os error \d+\)|: \w+ '|, run again with/);
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Whether there is nothing (any more) at a path: also where a part of it is no longer a directory. */
export function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}

/** A path with `/` between its parts, on every system. */
export function slashes(path: string): string {
  return Deno.build.os === "windows" ? path.replaceAll("\\", "/") : path;
}
