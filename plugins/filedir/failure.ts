/** Why an operation on a file failed, in a few words: "no such file or directory". */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof Deno.errors.NotCapable) return error.message.replace(/, run again with.*$/s, "");
  if (!("code" in error)) return error.message;
  // Deno adds the number, the call and the path: the path is in our own message.
  const [text = ""] = error.message.split(/ \(os error \d+\)|: \w+ '/);
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/**
 * An error that says what could not be done and why. What the sandbox refused stays as it is: the core tells it from a failure.
 *
 * @param what `Cannot … "path"`.
 */
export function failure(what: string, error: unknown): Error {
  if (error instanceof Deno.errors.NotCapable) return error;
  return new Error(`${what}: ${reason(error)}`, { cause: error });
}
