import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { StoqPluginError } from "../core/errors.ts";
import { runDeno } from "./deno.ts";
import { denoSays } from "./imports.ts";

/** A base for `require`, in place of `import.meta.url`, which may be of any scheme: only Node.js's own modules are left to it. */
const REQUIRE_BASE = '"file:///C:/stoq/"';

/** What modules in CommonJS see beside `require`; the bundler forgets them. */
const COMMONJS_NAMES = 'var __dirname = "/stoq", __filename = "/stoq/plugin.js";\n';

/**
 * Makes one JavaScript module of each given one and everything that it imports. The same input gives the same text, wherever the
 * folder and Deno's cache are.
 *
 * @param modules Paths relative to the folder.
 * @param folder Absolute path of the folder with deno.json.
 * @param why What it is needed for, for errors.
 * @returns The texts, in the order of the modules.
 * @throws {StoqPluginError} If they cannot be bundled.
 */
export async function bundle(modules: readonly string[], folder: string, why: string): Promise<string[]> {
  const out = await mkdtemp(join(tmpdir(), "stoq-bundle-"));
  try {
    // Under "deno", packages choose their form for Node.js, whose computing modules a sandbox has.
    const args = ["bundle", "--quiet", "--platform=deno", "--format=esm", `--outdir=${out}`, ...modules];
    const { success, stderr } = await runDeno(args, folder, why);
    if (!success) throw new StoqPluginError(`Cannot ${why}: ${denoSays(stderr)}`);
    // The bundler names each file by its path from the working directory: that to Deno's cache differs from machine to machine.
    const cache = relative(await realpath(folder), await npmCache(folder, why));
    const places = new RegExp(`${RegExp.escape(cache)}/[^/]+/`, "g");
    return await Promise.all(modules.map(async (module) => {
      // One alone comes out without its folders.
      const path = (modules.length === 1 ? basename(module) : module).replace(/\.\w+$/, ".js");
      const code = (await readFile(join(out, path), "utf8")).replaceAll(places, "npm/")
        .replace(/(__deno_internal_createRequire)\(import\.meta\.url\)/, `$1(${REQUIRE_BASE})`);
      return /\b__(file|dir)name\b/.test(code) ? COMMONJS_NAMES + code : code;
    }));
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

async function npmCache(folder: string, why: string): Promise<string> {
  const { success, stdout, stderr } = await runDeno(["info", "--json"], folder, why);
  if (!success) throw new StoqPluginError(`Cannot ${why}: ${denoSays(stderr)}`);
  const { npmCache } = JSON.parse(stdout) as { npmCache: string };
  return await realpath(npmCache).catch(() => npmCache);
}
