/**
 * Whether an installed plugin still is what was installed: its files, and what its manifest asks for.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { askedBy, type Granted } from "./asks.ts";
import { StoqPluginError } from "./errors.ts";
import { isWithin, lockPath, withoutLinks } from "./home.ts";
import { MAX_FOLDER_ENTRIES } from "./limits.ts";
import type { Installed, Lock } from "./lock.ts";
import { type Manifest, parseManifest } from "./manifest.ts";
import type { RegisteredPlugin } from "./registry.ts";
import { oldFolder } from "./work_folders.ts";

/**
 * The plugin as it may be used: one whose folder the lock file records only while it is what was installed; any other as it is.
 *
 * @throws {StoqPluginError} Naming what is not as it was installed, and the remedy.
 */
export async function enforceLock(plugin: RegisteredPlugin, lock: Lock): Promise<RegisteredPlugin> {
  const folder = withoutLinks(plugin.manifest.folder);
  const records = [...lock.plugins, ...lock.pending].filter(([, { directory }]) =>
    isWithin(folder, withoutLinks(directory)) || isWithin(folder, withoutLinks(oldFolder(directory)))
  );
  if (records.length === 0) return plugin;
  const problems: string[] = [];
  for (const [name, record] of records) {
    const { manifest, problem } = await check(name, record, plugin.manifest);
    if (manifest !== null) return { manifest, builtin: false, installed: true };
    problems.push(problem);
  }
  const [name] = records[0]!;
  throw new StoqPluginError(
    `Plugin "${plugin.manifest.name}" is not loaded: ${problems[0]}: "stoq verify ${name}" shows all that differs, ` +
      `"stoq update ${name}" or "stoq install --upgrade" puts it right (recorded in "${lockPath()}")`,
  );
}

/** The manifest of an installed plugin, read anew with its files, or the first thing that is wrong. */
async function check(
  name: string,
  record: Installed,
  { folder, path }: Manifest,
): Promise<{ manifest: Manifest; problem: null } | { manifest: null; problem: string }> {
  if (folder !== dirname(path) || basename(path) !== record.manifest) {
    return {
      manifest: null,
      problem: `"${path}" is in the folder of the installed plugin "${name}", but was not installed`,
    };
  }
  const { manifest, problems } = await verify(name, record, folder);
  return manifest === null
    ? { manifest, problem: problems[0] ?? "its manifest is not there" }
    : { manifest, problem: null };
}

/**
 * Compares an installed plugin with what the lock file says of it; one whose upgrade was interrupted may be either of two.
 *
 * @returns What differs, a line each.
 */
export async function verifyByLock(name: string, { plugins, pending }: Lock): Promise<string[]> {
  let first: string[] | undefined;
  for (const record of [plugins.get(name), pending.get(name)]) {
    if (record === undefined) continue;
    const away = oldFolder(record.directory);
    const folder = !existsSync(record.directory) && existsSync(away) ? away : record.directory;
    const { problems } = await verify(name, record, folder);
    if (problems.length === 0) return [];
    first ??= problems;
  }
  return first ?? ["it is not recorded"];
}

/**
 * Compares a folder with what was installed into it.
 *
 * @param folder Where it is: not always where the record says, while an upgrade is under way.
 * @returns What differs, a line each; if nothing does, the manifest.
 */
export async function verify(
  name: string,
  record: Installed,
  folder: string = record.directory,
): Promise<{ manifest: Manifest; problems: [] } | { manifest: null; problems: string[] }> {
  const problems: string[] = [];
  let manifest: Manifest | null = null;
  if (!existsSync(folder)) return { manifest: null, problems: [`its folder "${folder}" is missing`] };
  let there: Map<string, "file" | "other">;
  try {
    there = await filesIn(folder);
  } catch (error) {
    return { manifest: null, problems: [`its folder cannot be read: ${(error as Error).message}`] };
  }
  for (const [file, hash] of Object.entries(record.files)) {
    const path = join(folder, ...file.split("/"));
    if (!there.has(file)) problems.push(`its file "${path}" is missing`);
    else if (there.get(file) === "other") problems.push(`its file "${path}" is no regular file any more`);
    else if (file === record.manifest) {
      // Read once, so that what is compared is what is used.
      const bytes = await readFile(path);
      if (sha256(bytes) !== hash) problems.push(`its file "${path}" was changed`);
      else {
        try {
          manifest = await parseManifest(new TextDecoder().decode(bytes), path);
        } catch (error) {
          problems.push((error as Error).message);
        }
      }
    } else if (await hashFile(path) !== hash) problems.push(`its file "${path}" was changed`);
  }
  for (const file of there.keys()) {
    if (!Object.hasOwn(record.files, file)) problems.push(`the file "${join(folder, file)}" was not installed`);
  }
  if (manifest !== null && manifest.name !== name) problems.push(`its manifest names "${manifest.name}"`);
  if (manifest !== null && !sameGrant(askedBy(manifest), record.granted)) {
    problems.push(`what its manifest asks for is not what "${lockPath()}" says was granted`);
  }
  return problems.length === 0 && manifest !== null
    ? { manifest, problems: [] }
    : { manifest: null, problems: problems.length === 0 ? ["its manifest is not recorded"] : problems };
}

function sameGrant(a: Granted, b: Granted): boolean {
  const text = ({ permissions, commands, options, limits }: Granted) =>
    JSON.stringify(
      [permissions, commands, options, limits].map((part) =>
        Object.entries(part).sort(([x], [y]) => x < y ? -1 : 1).map((
          [key, value],
        ) => [key, Array.isArray(value) ? [...value].sort() : value])
      ),
    );
  return text(a) === text(b);
}

/** Everything in a folder that is no folder, by path with "/". */
async function filesIn(folder: string): Promise<Map<string, "file" | "other">> {
  const found = new Map<string, "file" | "other">();
  let entries = 0;
  const look = async (dir: string): Promise<void> => {
    for (const entry of await readdir(dir, { withFileTypes: true })) {
      if (++entries > MAX_FOLDER_ENTRIES) throw new Error(`it has more than ${MAX_FOLDER_ENTRIES} files`);
      const path = join(dir, entry.name);
      if (entry.isDirectory()) await look(path);
      else found.set(relative(folder, path).split(sep).join("/"), entry.isFile() ? "file" : "other");
    }
  };
  await look(folder);
  return new Map([...found].sort(([a], [b]) => a < b ? -1 : 1));
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}

/** SHA-256 in hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
