/**
 * Builds `dist/stoq.js`: the command, every built-in plugin and its assets in one file, which needs nothing beside it.
 *
 * Each plugin is bundled into one module and embedded as compressed text (sandbox/embedded.ts), so that a sandbox process loads those
 * that it was asked for and no other.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { brotliCompressSync, constants } from "node:zlib";
import { basename, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { npmFile } from "../core/builtin.ts";
import { parseManifest } from "../core/manifest.ts";
import { BUILTIN_PLUGINS } from "../plugins/builtin.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** The file that is built. */
export const BUNDLE = `${ROOT}dist/stoq.js`;

/** What follows the banner of a bundle: a base for `require`, where `import.meta.url` may be any URL. Only its form matters. */
const REQUIRE_BASE = '"file:///C:/stoq/"';

/** What modules in CommonJS see beside `require`; the bundler forgets them. */
const COMMONJS_NAMES = 'var __dirname = "/stoq", __filename = "/stoq/plugin.js";\n';

/** Where Deno keeps npm packages. */
async function npmCache(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"], cwd: ROOT }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).npmCache;
}

/** Bundles modules, each into one of its own. @returns The texts, in the order of the entries, which are relative to the root. */
async function bundle(entries: readonly string[]): Promise<string[]> {
  const out = await Deno.makeTempDir({ prefix: "stoq-build-" });
  const cache = new RegExp(`${RegExp.escape(relative(ROOT, await npmCache()))}/[^/]+/`, "g");
  try {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["bundle", "--quiet", "--frozen", "--platform=deno", "--format=esm", `--outdir=${out}`, ...entries],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) throw new Error(`Cannot bundle: ${new TextDecoder().decode(stderr).trim()}`);
    return await Promise.all(entries.map(async (entry) => {
      // One alone comes out without its folders.
      const path = entries.length === 1 ? basename(entry) : entry;
      const text = await Deno.readTextFile(`${out}/${path.replace(/ts$/, "js")}`);
      const names = /\b__filename\b/.test(text) ? COMMONJS_NAMES : "";
      return names + text
        .replace(/(__deno_internal_createRequire)\(import\.meta\.url\)/, `$1(${REQUIRE_BASE})`)
        // Modules are named by where Deno keeps them on this machine.
        .replaceAll(cache, "npm/");
    }));
  } finally {
    await Deno.remove(out, { recursive: true });
  }
}

/** All that is embedded, by path. */
async function embeddedFiles(): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const modules = ["sandbox/guest_main.ts", ...BUILTIN_PLUGINS.map((name) => `plugins/${name}/${name}.ts`)];
  const texts = await bundle(modules);
  for (const [i, path] of modules.entries()) {
    files.set(path.replace(/ts$/, "js"), new TextEncoder().encode(texts[i]));
  }
  for (const name of BUILTIN_PLUGINS) {
    for (const path of assetFiles(`plugins/${name}`)) files.set(path, await Deno.readFile(ROOT + path));
    const path = `plugins/${name}/${name}.stoq`;
    const { assets } = await parseManifest(await Deno.readTextFile(ROOT + path), ROOT + path);
    for (const source of Object.values(assets)) {
      if (source.startsWith("npm:")) files.set(source, await Deno.readFile(npmFile(source.slice("npm:".length))));
    }
  }
  return files;
}

/** Files of a plugin's folder that it may read: all but code, tests and documentation. */
function* assetFiles(folder: string): Generator<string> {
  for (const { name, isDirectory } of [...Deno.readDirSync(ROOT + folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    if (isDirectory && name !== "testdata") yield* assetFiles(`${folder}/${name}`);
    else if (!isDirectory && !/\.(ts|md)$/.test(name)) yield `${folder}/${name}`;
  }
}

function compress(bytes: Uint8Array): string {
  return brotliCompressSync(bytes, {
    params: {
      // The highest takes twenty times as long and saves a tenth.
      [constants.BROTLI_PARAM_QUALITY]: 9,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    },
  }).toString("base64");
}

/** Builds the file. @returns Its size in bytes. */
export async function build(): Promise<number> {
  const files = Object.fromEntries([...await embeddedFiles()].map(([path, bytes]) => [path, compress(bytes)]));
  const work = `${ROOT}dist/.build`;
  await Deno.mkdir(work, { recursive: true });
  try {
    await Deno.writeTextFile(`${work}/files.ts`, `export const files = ${JSON.stringify(files, null, 1)};\n`);
    const main = await Deno.readTextFile(`${ROOT}build/main.ts`);
    await Deno.writeTextFile(`${work}/main.ts`, main.replaceAll('"../', '"../../'));
    const [text] = await bundle(["dist/.build/main.ts"]);
    // In place at once: a build that fails leaves the one before.
    await Deno.writeTextFile(`${work}/stoq.js`, text!);
    await Deno.rename(`${work}/stoq.js`, BUNDLE);
    return Buffer.byteLength(text!);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

if (import.meta.main) {
  const size = await build();
  console.log(`dist/stoq.js: ${(size / 1024 / 1024).toFixed(1)} MiB`);
}
