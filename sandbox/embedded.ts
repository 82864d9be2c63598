/**
 * What the command carries with it where it is one file: the built-in plugins, each bundled into one module, their manifests and assets,
 * and the modules that Workers start with. In a checkout nothing is embedded, and all of it is read from the folders beside this one.
 *
 * @module
 */
import type * as zlib from "node:zlib";

/** Begins what names an embedded file, where else a path or a `file:` URL stands. */
const PREFIX = "embedded:";

/** Name of the module that Workers start with, where it is embedded. */
export const GUEST_MODULE = `${PREFIX}sandbox/guest_main.js`;

/** The same of that which sandbox processes start with. */
export const PROCESS_MODULE = `${PREFIX}sandbox/process_main.js`;

/** Files by path, compressed with Brotli (RFC 7932), in base64; each in a function, so that no text is made that nobody reads. */
export type EmbeddedFiles = Readonly<Record<string, () => string>>;

let files: EmbeddedFiles | undefined;
let main: string | undefined;
/** URLs of modules by name: those that were asked for, or that this process was given. */
const urls = new Map<string, string>();

/**
 * Says what is embedded. Called once, before anything is read.
 *
 * @param url Of the file that it is embedded in: started with the argument `sandbox-process` it serves the core.
 */
export function embed(contents: EmbeddedFiles, url: string): void {
  files = contents;
  main = url;
}

/** Makes an embedded module one of this process: its own, or one that another process has. */
export function provideModule(name: string, text: Uint8Array<ArrayBuffer>): void {
  urls.set(name, URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
}

/** Whether there is such an embedded module. */
export function hasModule(name: string): boolean {
  return urls.has(name) || files !== undefined && Object.hasOwn(files, name.slice(PREFIX.length));
}

/** URL of the file that all is embedded in; nothing in a checkout. */
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

/** An embedded module, as the part of a message; nothing where it is a file. */
export function embeddedParts(name: string): Uint8Array<ArrayBuffer>[] {
  return hasModule(name) ? [readEmbedded(name)] : [];
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
  return new Uint8Array(brotliDecompressSync(Uint8Array.fromBase64(files[path]!())));
}

/** URL of an embedded module, for this process and its Workers: it needs no permission. Any other URL stays as it is. */
export function moduleUrl(name: string): string {
  if (!isEmbedded(name)) return name;
  if (!urls.has(name)) provideModule(name, readEmbedded(name));
  return urls.get(name)!;
}
