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
import { fileURLToPath } from "node:url";
import { bundle } from "../authoring/bundle.ts";
import { npmFile } from "../core/builtin.ts";
import { parseManifest } from "../core/manifest.ts";
import { BUILTIN_PLUGINS } from "../plugins/builtin.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** The file that is built. */
export const BUNDLE = `${ROOT}dist/stoq.js`;

/** All that is embedded, by path. */
async function embeddedFiles(): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const modules = [
    "sandbox/guest_main.ts",
    "sandbox/process_main.ts",
    ...BUILTIN_PLUGINS.map((name) => `plugins/${name}/${name}.ts`),
  ];
  const texts = await bundle(modules, ROOT, "build");
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
  const files = [...await embeddedFiles()].map(([path, bytes]) =>
    `  ${JSON.stringify(path)}: () => ${JSON.stringify(compress(bytes))},\n`
  );
  const work = `${ROOT}dist/.build`;
  await Deno.mkdir(work, { recursive: true });
  try {
    await Deno.writeTextFile(`${work}/files.ts`, `export const files = {\n${files.join("")}};\n`);
    const main = await Deno.readTextFile(`${ROOT}build/main.ts`);
    await Deno.writeTextFile(`${work}/main.ts`, main.replaceAll('"../', '"../../'));
    const [text] = await bundle(["dist/.build/main.ts"], ROOT, "build");
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
