/**
 * What the tests of `stoq new`, `stoq test` and `stoq pack` share.
 *
 * @module
 */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { newPlugin } from "../../authoring/scaffold.ts";
import { readArchive } from "../../install/archive.ts";
import { fromFileUrl } from "../support.ts";

/** The checkout that these tests are in. */
export const CHECKOUT = new URL("../..", import.meta.url).href.replace(/\/$/, "");

/** Writes files below a folder. */
export function writeFiles(folder: string, files: Iterable<[string, string | Uint8Array]>): void {
  for (const [path, content] of files) {
    const target = join(folder, path);
    Deno.mkdirSync(dirname(target), { recursive: true });
    if (typeof content === "string") Deno.writeTextFileSync(target, content);
    else Deno.writeFileSync(target, content);
  }
}

/**
 * Writes a plugin as an author would have it: what `stoq new` makes, with other files over it.
 *
 * @param npm Packages that its deno.json names, at the versions of this project's own.
 * @returns The folder.
 */
export async function writeAuthored(
  dir: string,
  name: string,
  files: Record<string, string | Uint8Array>,
  npm: readonly string[] = [],
): Promise<string> {
  const folder = join(dir, name);
  const made = await newPlugin(name, "worker", CHECKOUT);
  const config = JSON.parse(made.get("deno.json")!);
  const pinned = JSON.parse(Deno.readTextFileSync(fromFileUrl("../deno.json"))).imports;
  for (const one of npm) config.imports[one] = pinned[one];
  writeFiles(folder, [...made, ["deno.json", JSON.stringify(config)], ...Object.entries(files)]);
  return folder;
}

/** Unpacks an archive of `stoq pack`. @returns Files by path. */
export function unpack(archive: string, into: string): Map<string, Uint8Array<ArrayBuffer>> {
  const files = readArchive(Deno.readFileSync(archive), archive);
  writeFiles(into, files);
  return files;
}

/** Checks that a command failed with one line on standard error, as it should. */
export function assertFails(
  run: { code: number; stdout: string; stderr: string },
  code: number,
  message: RegExp,
): void {
  assert.match(run.stderr, message);
  assert.equal(run.stderr.trimEnd().split("\n").length, 1, run.stderr);
  assert.equal(run.code, code);
}
