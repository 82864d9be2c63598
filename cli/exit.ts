import { oneLine, printable } from "../sandbox/protocol.ts";

/** Exit statuses of the command. */
export const EXIT = {
  /** Done. What plugins could not do is in the results. */
  ok: 0,
  /** The command could not do its job. */
  failed: 1,
  /** The command line makes no sense, or there is nothing to scan. */
  usage: 2,
} as const;

/** The command line makes no sense. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Says in one line on standard error what went wrong. @returns `status`. */
export function report(message: string, status: number, stack?: string): number {
  console.error(`stoq: ${oneLine(message)}`);
  if (stack !== undefined) console.error(printable(stack, Infinity));
  return status;
}

/** Help or the version was shown: there is nothing more to do. */
export class Shown extends Error {
  override readonly name = "Shown";
}
