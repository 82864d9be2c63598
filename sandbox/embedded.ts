/**
 * What the command carries with it where it is one file: the built-in plugins, each bundled into one module, their manifests and assets,
 * and the modules that Workers start with. In a checkout nothing is embedded, and all of it is read from the folders beside this one.
 *
 * @module
 */
import type * as zlib from "node:zlib";

/** Begins what names an embedded file, where else a path or a `file:` URL stands. */
const PREFIX = "embedded:";

/** Files by path, compressed with Brotli (RFC 7932), in base64. */
export type EmbeddedFiles = Readonly<Record<string, string>>;

let files: EmbeddedFiles | undefined;
let main: string | undefined;
const urls = new Map<string, string>();

/**
 * Says what is embedded. Called once, before anything is read.
 *
 * @param url Of the module that sandbox processes start with: with the argument `sandbox-process` it serves the core.
 */
export function embed(contents: EmbeddedFiles, url: string): void {
  files = contents;
  main = url;
}

/** URL of the module that sandbox processes start with; nothing in a checkout. */
export function embeddedMain(): string | undefined {
  return main;
}

/** Name of an embedded file, to stand where else a path does. */
export function embeddedName(path: string): string {
  return PREFIX + path;
}

/** Whether a path or URL names an embedded file. */
export function isEmbedded(name: string): boolean {
  return name.startsWith(PREFIX);
}

/**
 * Content of an embedded file.
 *
 * @throws {Deno.errors.NotFound} If there is none of that name.
 */
export function readEmbedded(name: string): Uint8Array<ArrayBuffer> {
  const path = name.slice(PREFIX.length);
  if (files === undefined || !Object.hasOwn(files, path)) throw new Deno.errors.NotFound(`no embedded file "${path}"`);
  // Not imported: in a checkout it would be loaded for nothing, by each sandbox process.
  const { brotliDecompressSync } = globalThis.process.getBuiltinModule("node:zlib") as typeof zlib;
  return new Uint8Array(brotliDecompressSync(Uint8Array.fromBase64(files[path]!)));
}

/** URL of an embedded module, for this process and its Workers: it needs no permission. Any other URL stays as it is. */
export function moduleUrl(name: string): string {
  if (!isEmbedded(name)) return name;
  let url = urls.get(name);
  if (url === undefined) {
    urls.set(name, url = URL.createObjectURL(new Blob([readEmbedded(name)], { type: "text/javascript" })));
  }
  return url;
}
