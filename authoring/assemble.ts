/**
 * What of a plugin's folder is installed elsewhere.
 *
 * @module
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, extname, join, relative, sep } from "node:path";
import { StoqPluginError } from "../core/errors.ts";
import { isLeftOver, MAX_FILES } from "../install/files.ts";
import { bundle } from "./bundle.ts";
import type { PluginFolder } from "./folder.ts";
import { findImports } from "./imports.ts";

/** Folders for work on a plugin, not for its use. */
const FOLDERS_LEFT_OUT = ["testdata"];

/** Files for work on a plugin. A sandbox reads none of these. */
const FILES_LEFT_OUT = [
  "deno.json",
  "deno.jsonc",
  "deno.lock",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
];

/** Tests, by the names that `deno test` knows. */
const TEST_FILE = /(^|[_.])test\.([mc]?[jt]s|[jt]sx)$/;

/** The files of a plugin, as they are installed. */
export interface Assembled {
  /** Bytes by path in the plugin's folder, with "/", in the order of the paths. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** What was bundled into the module; empty where it stays as it is. */
  readonly bundled: readonly string[];
}

/**
 * Collects what an install of a plugin needs: everything in its folder but tests, `testdata`, `node_modules`, dot files, what editors
 * leave, and the configuration of Deno and npm. A module that imports npm packages, or files outside of the folder, becomes one
 * JavaScript module together with them.
 *
 * @throws {StoqPluginError} If the folder holds what no plugin may, or the module cannot be bundled.
 */
export async function assemble({ manifest, module }: PluginFolder): Promise<Assembled> {
  const { folder, name } = manifest;
  const { outside, inside } = await findImports(module, folder);
  const paths = await list(folder, name, module);
  for (const [asset, path] of Object.entries(manifest.assets)) {
    if (!paths.includes(join(folder, path))) {
      throw new StoqPluginError(
        `Plugin "${name}" lists asset ${asset} = ${path}, which an install does not get: put the file into the folder, but not into testdata`,
      );
    }
  }
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const within = (path: string) => relative(folder, path).split(sep).join("/");
  const modules = new Set(outside.length > 0 ? inside : []);
  for (const path of paths) {
    if (!modules.has(path)) files.set(within(path), new Uint8Array(await readFile(path)));
  }
  if (outside.length > 0) {
    const target = bundledName(manifest.module, module, name);
    const path = relative(folder, module);
    const [code] = await bundle([path], folder, `bundle "${path}" with ${outside.join(", ")}`);
    files.set(target, new TextEncoder().encode(code));
  }
  return { files: new Map([...files].sort(([a], [b]) => a < b ? -1 : 1)), bundled: outside };
}

/** The file name of the bundle, such that the manifest's `Module` finds it. */
function bundledName(named: string, module: string, plugin: string): string {
  const file = basename(module);
  if (extname(file) !== ".ts") return file;
  if (named !== file) return file.replace(/\.ts$/, ".js");
  const bare = basename(file, ".ts");
  throw new StoqPluginError(
    `Plugin "${plugin}" has to be bundled, which gives "${bare}.js": write "Module = ${bare}" in its manifest, not "${named}"`,
  );
}

/** Absolute paths of the files that an install gets, or that a bundle is made of. */
async function list(folder: string, plugin: string, module: string): Promise<string[]> {
  const archive = new RegExp(`^${RegExp.escape(plugin)}-.*\\.tar\\.gz$`);
  const found: string[] = [];
  const look = async (dir: string): Promise<void> => {
    for (const entry of await readdir(dir, { withFileTypes: true })) {
      const path = join(dir, entry.name);
      if (isLeftOut(entry.name, entry.isDirectory()) && path !== module) continue;
      // What an earlier "stoq pack" in this folder wrote.
      if (dir === folder && archive.test(entry.name)) continue;
      if (entry.isSymbolicLink()) {
        throw new StoqPluginError(
          `Plugin "${plugin}" has a symbolic link in its folder, "${path}": put a copy of the file there instead`,
        );
      }
      if (entry.isDirectory()) await look(path);
      else if (entry.isFile()) found.push(path);
      else throw new StoqPluginError(`Plugin "${plugin}" has "${path}" in its folder, which is no file: remove it`);
      if (found.length > MAX_FILES) {
        throw new StoqPluginError(
          `Plugin "${plugin}" has more than ${MAX_FILES} files in "${folder}": keep only what it needs there`,
        );
      }
    }
  };
  await look(folder);
  return found;
}

function isLeftOut(name: string, isFolder: boolean): boolean {
  if (name.startsWith(".") || isLeftOver(name)) return true;
  return isFolder ? FOLDERS_LEFT_OUT.includes(name) : FILES_LEFT_OUT.includes(name) || TEST_FILE.test(name);
}

/** A folder of its own for an assembled plugin, for as long as it is needed. */
export interface Placed extends AsyncDisposable {
  readonly folder: string;
}

/** Writes files of a plugin into a temporary folder. */
export async function place(files: Assembled["files"]): Promise<Placed> {
  const folder = await mkdtemp(join(tmpdir(), "stoq-plugin-"));
  for (const [path, content] of files) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  }
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/** Names of a plugin's test files, in its folder and below. */
export async function findTests(folder: string): Promise<string[]> {
  const found: string[] = [];
  const look = async (dir: string): Promise<void> => {
    for (const entry of await readdir(dir, { withFileTypes: true })) {
      if (isLeftOut(entry.name, true)) continue;
      const path = join(dir, entry.name);
      if (entry.isDirectory()) await look(path);
      else if (entry.isFile() && TEST_FILE.test(entry.name)) found.push(path);
    }
  };
  await look(folder);
  return found.sort();
}
