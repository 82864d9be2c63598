/**
 * Puts plugin folders in place and takes them away, so that whenever it stops, the plugin that was there before is usable, or the new
 * one is.
 *
 * 1. The new folder is written beside the target, to the disk.
 * 2. The lock file gets the new record as pending, beside the old one: from now on either folder is what is recorded.
 * 3. The old folder is renamed away. It is still found there (core/registry.ts), while
 * 4. the new one is renamed into its place.
 * 5. The lock file gets the new record alone; then the old folder is removed.
 *
 * @module
 */
import { existsSync, lstatSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { verify } from "../core/installed.ts";
import { type Installed, type Lock, readLock, syncFolder, writeLock, writeSynced } from "../core/lock.ts";
import { goneFolder, isWorkName, newFolder, OLD_PREFIX, oldFolder } from "../core/work_folders.ts";

/** Where an install is; for tests, which stop it there. */
export type Step = "stage" | "staged" | "pend" | "take away" | "put in place" | "record" | "clean up";

/** How a folder is put in place. */
export interface Placing {
  readonly name: string;
  readonly record: Installed;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly lockFile: string;
  /** Called with the new folder, complete but not yet in its place; throws if it is not good. */
  readonly check: (folder: string) => Promise<void>;
  /** Told of what could not be cleaned up. */
  readonly show: (line: string) => void;
  /** Called before each step. */
  readonly onStep?: ((step: Step) => void) | undefined;
}

/**
 * Puts a plugin's folder in place of what is there. The caller keeps others from doing so at the same time.
 *
 * @throws If it could not be done: then all is as it was.
 */
export async function putInPlace({ name, record, files, lockFile, check, show, onStep = () => {} }: Placing) {
  const target = record.directory;
  const staged = newFolder(target);
  const old = oldFolder(target);
  const before = await readLock(lockFile);
  let pended = false;
  let swapped = false;
  try {
    onStep("stage");
    await stage(staged, files);
    onStep("staged");
    await check(staged);
    onStep("pend");
    pended = true;
    await writeLock({ plugins: before.plugins, pending: new Map([[name, record]]) }, lockFile);
    onStep("take away");
    if (isThere(target)) await rename(target, old);
    onStep("put in place");
    await rename(staged, target);
    swapped = true;
    syncFolder(dirname(target));
    onStep("record");
    await writeLock({ plugins: new Map([...before.plugins, [name, record]]), pending: new Map() }, lockFile);
  } catch (error) {
    const failures = await undo([
      async () => void (swapped && await rename(target, staged)),
      async () => void (isThere(old) && !isThere(target) && await rename(old, target)),
      async () => void (pended && await writeLock(before, lockFile)),
      () => rm(staged, { recursive: true, force: true }),
    ]);
    for (const failure of failures) show(`stoq: could not put back what was there before: ${failure}`);
    throw error;
  }
  try {
    onStep("clean up");
    await rm(old, { recursive: true, force: true });
  } catch (error) {
    show(`stoq: "${old}" is left and will be removed by the next install: ${(error as Error).message}`);
  }
}

/** Takes every step back that it can. @returns What failed. */
async function undo(steps: readonly (() => Promise<void>)[]): Promise<string[]> {
  const failures: string[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  return failures;
}

/** Writes files into a new folder so that they are on the disk when this returns. */
async function stage(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const made = new Set([folder]);
  await mkdir(folder, { recursive: true });
  for (const [path, bytes] of files) {
    const file = join(folder, ...path.split("/"));
    for (let dir = dirname(file); dir.length > folder.length; dir = dirname(dir)) made.add(dir);
    await mkdir(dirname(file), { recursive: true });
    writeSynced(file, bytes);
  }
  for (const dir of made) syncFolder(dir);
}

/**
 * Takes a plugin's folder away, and its record.
 *
 * @throws If it could not be done: then all is as it was.
 */
export async function takeAway(name: string, { directory }: Installed, lockFile: string): Promise<void> {
  const gone = goneFolder(directory);
  const lock = await readLock(lockFile);
  const plugins = new Map(lock.plugins);
  plugins.delete(name);
  await rm(gone, { recursive: true, force: true });
  const wasThere = isThere(directory);
  if (wasThere) await rename(directory, gone);
  try {
    await writeLock({ plugins, pending: lock.pending }, lockFile);
  } catch (error) {
    if (wasThere) await rename(gone, directory);
    throw error;
  }
  await rm(gone, { recursive: true, force: true });
}

/**
 * Ends what an interrupted install left: forwards where the new folder is in its place, else backwards.
 *
 * @param dirs Plugin directories to look into, besides those of the lock file.
 */
export async function cleanUp(lockFile: string, dirs: readonly string[]): Promise<Lock> {
  const lock = await readLock(lockFile);
  const records = [...lock.plugins.values(), ...lock.pending.values()];
  for (const dir of new Set([...dirs, ...records.map(({ directory }) => dirname(directory))])) {
    if (!existsSync(dir)) continue;
    for (const entry of await readdir(dir)) {
      if (!isWorkName(entry)) continue;
      const path = join(dir, entry);
      const target = join(dir, entry.slice(OLD_PREFIX.length));
      if (entry.startsWith(OLD_PREFIX) && !isThere(target)) await rename(path, target);
      else await rm(path, { recursive: true, force: true });
    }
  }
  if (lock.pending.size === 0) return lock;
  const plugins = new Map(lock.plugins);
  for (const [name, record] of lock.pending) {
    if ((await verify(name, record)).manifest !== null) plugins.set(name, record);
  }
  const clean = { plugins, pending: new Map() };
  await writeLock(clean, lockFile);
  return clean;
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
