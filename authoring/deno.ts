import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { StoqError } from "../core/errors.ts";

/** How a run of Deno ended. */
export interface DenoRun {
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The `deno` that bundles plugins and runs their tests: the one that runs this, or, where that is the single-file command, one on
 * `PATH`. Null if there is none.
 */
export function findDeno(
  standalone: boolean = Deno.build.standalone,
  path: string = Deno.env.get("PATH") ?? "",
): string | null {
  if (!standalone) return Deno.execPath();
  const file = Deno.build.os === "windows" ? "deno.exe" : "deno";
  return path.split(delimiter).filter((dir) => dir !== "").map((dir) => join(dir, file)).find((file) =>
    existsSync(file)
  ) ?? null;
}

/**
 * Runs Deno in a plugin's folder and collects what it says, without colours.
 *
 * @param why What it is needed for, for the error.
 * @throws {StoqError} If there is no Deno.
 */
export async function runDeno(args: readonly string[], cwd: string, why: string): Promise<DenoRun> {
  const program = findDeno();
  if (program === null) {
    throw new StoqError(`Cannot ${why}: there is no "deno" on PATH: install Deno (https://deno.com)`);
  }
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd,
    stdin: "null",
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { success, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
