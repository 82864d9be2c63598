/**
 * The lock file, `stoq.lock` in the operator's home: what `stoq install` put in place, from where, file by file, and what was granted.
 *
 * @module
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, relative, resolve, sep } from "node:path";
import type { Granted } from "./asks.ts";
import { StoqConfigError } from "./errors.ts";
import { lockPath } from "./home.ts";
import { isPluginName, PERMISSION_KINDS } from "./manifest.ts";

/** Form of the file that this stoQ writes. */
const LOCK_VERSION = 1;

/** What was installed. */
export interface Installed {
  readonly version: string;
  /** What `stoq update` fetches again. */
  readonly source: string;
  /** Of the archive that it came in; null where it was a folder. */
  readonly sha256: string | null;
  /** When: ISO 8601, UTC. */
  readonly installed: string;
  /** Absolute path of its folder; in the file, relative to the file's folder where it is below that. */
  readonly directory: string;
  /** Name of its manifest. */
  readonly manifest: string;
  /** SHA-256 by path in the folder, in hexadecimal. */
  readonly files: Readonly<Record<string, string>>;
  /** What was granted. */
  readonly granted: Granted;
}

/** What the lock file holds. */
export interface Lock {
  readonly plugins: ReadonlyMap<string, Installed>;
  /** What is being put in place: written before the folder changes, so that one of the two is true whenever the machine stops. */
  readonly pending: ReadonlyMap<string, Installed>;
}

/**
 * Reads the lock file; one that is not there holds nothing.
 *
 * @throws {StoqConfigError} If it cannot be read or is no lock file.
 */
export async function readLock(path: string = lockPath()): Promise<Lock> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return { plugins: new Map(), pending: new Map() };
    throw broken(path, (error as Error).message, error);
  }
  return parseLock(text, path);
}

/**
 * Parses a lock file.
 *
 * @throws {StoqConfigError} Naming the file, what is wrong in it, and the remedy.
 */
export function parseLock(text: string, path: string): Lock {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw broken(path, "it is not JSON", error);
  }
  const fail = (why: string): never => {
    throw broken(path, why);
  };
  const top = record(data, "it", fail);
  if (top["version"] !== LOCK_VERSION) {
    fail(`its version is ${JSON.stringify(top["version"])?.slice(0, 40)}, this stoQ knows ${LOCK_VERSION}`);
  }
  onlyKeys(top, ["version", "plugins", "pending"], "it", fail);
  const read = (value: unknown, what: string) =>
    new Map(
      Object.entries(record(value, what, fail)).map(([name, entry]) => {
        if (!isPluginName(name)) fail(`${what} has ${JSON.stringify(name.slice(0, 80))}, which is no plugin name`);
        return [name, installed(entry, name, dirname(resolve(path)), fail)];
      }),
    );
  return { plugins: read(top["plugins"], "plugins"), pending: read(top["pending"] ?? {}, "pending") };
}

function broken(path: string, why: string, cause?: unknown): StoqConfigError {
  return new StoqConfigError(
    `Cannot use lock file "${path}": ${why}: no plugin of a plugin directory is loaded until it is put back from a copy, ` +
      "or removed and its plugins installed again",
    { cause },
  );
}

type Fail = (why: string) => never;

function installed(value: unknown, name: string, home: string, fail: Fail): Installed {
  const entry = record(value, `"${name}"`, fail);
  onlyKeys(
    entry,
    ["version", "source", "sha256", "installed", "directory", "manifest", "files", "granted"],
    `"${name}"`,
    fail,
  );
  const text = (key: string) => {
    const value = entry[key];
    return typeof value === "string" ? value : fail(`${key} of "${name}" is not text`);
  };
  const directory = resolve(home, text("directory"));
  // What is below is removed at an uninstall: a lock file that names another folder must not choose it.
  if (basename(directory) !== name) fail(`directory of "${name}" is "${directory}", which does not end with its name`);
  const manifest = text("manifest");
  if (manifest !== basename(manifest) || !manifest.endsWith(".stoq")) {
    fail(`manifest of "${name}" is no name of one`);
  }
  const sha256 = entry["sha256"] === null ? null : text("sha256");
  const files = texts(entry["files"], `files of "${name}"`, fail);
  for (const [file, hash] of Object.entries(files)) {
    if (!isHash(hash)) fail(`SHA-256 of "${file}" of "${name}" is none`);
  }
  if (sha256 !== null && !isHash(sha256)) fail(`sha256 of "${name}" is none`);
  if (!Object.hasOwn(files, manifest)) fail(`files of "${name}" are without its manifest`);
  return {
    version: text("version"),
    source: text("source"),
    sha256,
    installed: text("installed"),
    directory,
    manifest,
    files,
    granted: granted(entry["granted"], name, fail),
  };
}

function granted(value: unknown, name: string, fail: Fail): Granted {
  const what = `granted of "${name}"`;
  const entry = record(value, what, fail);
  onlyKeys(entry, ["permissions", "commands", "options", "limits"], what, fail);
  const permissions = record(entry["permissions"], `permissions of "${name}"`, fail);
  onlyKeys(permissions, PERMISSION_KINDS, `permissions of "${name}"`, fail);
  const limits = record(entry["limits"], `limits of "${name}"`, fail);
  onlyKeys(limits, ["timeout", "memory"], `limits of "${name}"`, fail);
  for (const list of Object.values(permissions)) {
    if (!Array.isArray(list) || list.length === 0 || !list.every((one) => typeof one === "string")) {
      fail(`permissions of "${name}" are no lists of texts`);
    }
  }
  if (!Object.values(limits).every((limit) => typeof limit === "number" && limit > 0)) {
    fail(`limits of "${name}" are not numbers above 0`);
  }
  return {
    permissions: permissions as Granted["permissions"],
    commands: texts(entry["commands"], `commands of "${name}"`, fail),
    options: texts(entry["options"], `options of "${name}"`, fail),
    limits: limits as Granted["limits"],
  };
}

function isHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

function record(value: unknown, what: string, fail: Fail): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Record<string, unknown>
    : fail(`${what} is no object`);
}

function texts(value: unknown, what: string, fail: Fail): Record<string, string> {
  const entries = record(value, what, fail);
  return Object.values(entries).every((one) => typeof one === "string")
    ? entries as Record<string, string>
    : fail(`${what} are not texts`);
}

function onlyKeys(entry: Record<string, unknown>, known: readonly string[], what: string, fail: Fail): void {
  // What a later stoQ writes may narrow what is granted: it must not be passed over.
  const other = Object.keys(entry).find((key) => !known.includes(key));
  if (other !== undefined) fail(`"${other.slice(0, 80)}" of ${what} is not known`);
}

/** The text of a lock file: the same for the same content. */
export function formatLock({ plugins, pending }: Lock, path: string): string {
  const home = dirname(resolve(path));
  const section = (entries: ReadonlyMap<string, Installed>) =>
    sorted([...entries].map(([name, entry]) => [name, {
      version: entry.version,
      source: entry.source,
      sha256: entry.sha256,
      installed: entry.installed,
      directory: below(home, entry.directory),
      manifest: entry.manifest,
      files: sorted(Object.entries(entry.files)),
      granted: {
        permissions: sorted(Object.entries(entry.granted.permissions)),
        commands: sorted(Object.entries(entry.granted.commands)),
        options: sorted(Object.entries(entry.granted.options)),
        limits: sorted(Object.entries(entry.granted.limits)),
      },
    }]));
  return JSON.stringify(
    {
      version: LOCK_VERSION,
      plugins: section(plugins),
      ...(pending.size > 0 && { pending: section(pending) }),
    },
    null,
    2,
  ) + "\n";
}

/** So a home that is moved, or seen under another path, keeps its records. */
function below(home: string, directory: string): string {
  const path = relative(home, directory);
  return path === ".." || path.startsWith(`..${sep}`) || isAbsolute(path) ? directory : path;
}

function sorted<T>(entries: [string, T][]): Record<string, T> {
  return Object.fromEntries(entries.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0));
}

/**
 * Writes the lock file: at any time there is the old one or the new one, whole.
 *
 * @throws If it cannot be written; then the old one is there.
 */
export async function writeLock(lock: Lock, path: string = lockPath()): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  // One name: whoever writes holds the lock of installs, and what an interrupted one left is overwritten.
  const part = `${path}.part`;
  try {
    writeSynced(part, new TextEncoder().encode(formatLock(lock, path)));
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/** Writes a file so that it is on the disk when this returns. */
export function writeSynced(path: string, bytes: Uint8Array): void {
  const file = openSync(path, "w", 0o644);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Makes what was created and renamed in a folder last. */
export function syncFolder(path: string): void {
  // Windows opens no folders, and keeps them by itself.
  if (Deno.build.os === "windows") return;
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } catch (error) {
    // Some file systems (shares, FUSE) know no such thing; what was renamed is whole all the same.
    if (!["EINVAL", "ENOTSUP", "EOPNOTSUPP"].includes(String((error as { code?: string }).code))) throw error;
  } finally {
    closeSync(folder);
  }
}
