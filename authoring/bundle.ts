import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { StoqPluginError } from "../core/errors.ts";
import { runDeno } from "./deno.ts";
import { denoSays } from "./imports.ts";

/**
 * Makes one JavaScript module of a plugin's module and everything that it imports. The same input gives the same bytes, wherever the
 * folder and Deno's cache are.
 *
 * @param module Absolute path of the module.
 * @param folder Absolute path of the plugin's folder, where its deno.json is.
 * @param outside What makes it necessary, for errors.
 * @throws {StoqPluginError} If it cannot be bundled.
 */
export async function bundle(module: string, folder: string, outside: readonly string[]): Promise<string> {
  const why = `bundle "${relative(folder, module)}" with ${outside.join(", ")}`;
  const work = await mkdtemp(join(tmpdir(), "stoq-bundle-"));
  try {
    const output = join(work, "bundle.js");
    // Under "deno", packages choose their form for Node.js, whose computing modules a sandbox has.
    const args = ["bundle", "--quiet", "--platform", "deno", "--format", "esm", "--output", output, module];
    const { success, stderr } = await runDeno(args, folder, why);
    if (!success) throw new StoqPluginError(`Cannot ${why}: ${denoSays(stderr)}`);
    return withoutPlaces(await readFile(output, "utf8"), await realpath(folder), await npmCache(folder, why));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The bundler names each file by its path from the working directory: that to Deno's cache differs from machine to machine. */
function withoutPlaces(code: string, folder: string, cache: string): string {
  return code.replaceAll(`${relative(folder, cache)}/`, "npm/");
}

async function npmCache(folder: string, why: string): Promise<string> {
  const { success, stdout, stderr } = await runDeno(["info", "--json"], folder, why);
  if (!success) throw new StoqPluginError(`Cannot ${why}: ${denoSays(stderr)}`);
  const { npmCache } = JSON.parse(stdout) as { npmCache: string };
  return await realpath(npmCache).catch(() => npmCache);
}
