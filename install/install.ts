/**
 * `stoq install`, `update` and `uninstall`: what happens, in order.
 *
 * @module
 */
import { lstatSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { askedBy } from "../core/asks.ts";
import { type Config, didYouMean } from "../core/config.ts";
import { StoqInstallError } from "../core/errors.ts";
import { sha256, verify } from "../core/installed.ts";
import { lockPath, withoutLinks } from "../core/home.ts";
import { type Installed, type Lock, readLock } from "../core/lock.ts";
import { Log } from "../core/log.ts";
import { type Manifest, parseManifest } from "../core/manifest.ts";
import { isWorkName } from "../core/work_folders.ts";
import { Registry } from "../core/registry.ts";
import { BUILTIN_PLUGINS } from "../plugins/builtin.ts";
import { checkFiles, checkLoading } from "./check.ts";
import { type Consent, obtainConsent } from "./consent.ts";
import { oneAtATime } from "./one_at_a_time.ts";
import { cleanUp, putInPlace, type Step, takeAway } from "./place.ts";
import { showUrl } from "./download.ts";
import type { Fetched } from "./files.ts";
import { fetchSource, type SourceOptions } from "./source.ts";

/** What every command that changes plugins needs. */
export interface Surroundings {
  readonly config: Config;
  readonly log: Log;
  /** Shows a line to the operator. */
  readonly show: (line: string) => void;
}

/** How to install. */
export interface InstallOptions extends Surroundings {
  readonly consent: Consent;
  /** The plugin directory. Default: where the plugin is already, else the first one configured. */
  readonly installDir?: string;
  /** Whether what is there may be replaced. */
  readonly upgrade?: boolean;
  readonly source?: SourceOptions;
  /** For tests: called before each step of putting it in place; a throw makes the step fail. */
  readonly onStep?: (step: Step) => void;
}

/**
 * Installs a plugin, or puts another version in its place.
 *
 * @param source A folder, an archive, an address: see source.ts.
 * @returns Its record.
 * @throws {StoqError} If it was not installed: then what was there before still is.
 */
export async function installPlugin(source: string, options: InstallOptions): Promise<Installed> {
  return await installFetched(await fetchSource(source, sourceOptions(options)), options);
}

function sourceOptions({ config, source }: Pick<InstallOptions, "config" | "source">): SourceOptions {
  return {
    ...(config.githubArchive !== undefined && { githubArchive: config.githubArchive }),
    ...(config.githubPlugins !== undefined && { githubPlugins: config.githubPlugins }),
    ...source,
  };
}

async function installFetched(fetched: Fetched, options: InstallOptions): Promise<Installed> {
  const { config, log, consent, show } = options;
  const manifest = await checkFiles(fetched);
  const { name } = manifest;
  const lockFile = lockPath();
  // Others are looked through where the lock file names them.
  const dirs = [options.installDir ?? config.pluginDirList[0] ?? []].flat().map((one) => resolve(one));
  // Looked at before the question and again before anything is changed: a person may take their time.
  const before = (await settle(lockFile, dirs, show)).plugins.get(name);
  const dir = directoryFor(name, before, options);
  const directory = join(dir, name);
  if (withoutLinks(fetched.origin) === directory) {
    throw new StoqInstallError(
      `Cannot install "${name}" from "${fetched.origin}": that is where it would be put: give the folder or archive that it came in`,
    );
  }
  await refuseSecond(name, directory, before, options);
  const asked = askedBy(manifest);
  obtainConsent({
    name,
    version: manifest.version,
    author: manifest.author,
    // What follows "?" may be a secret.
    source: fetched.origin.startsWith("https:") ? showUrl(new URL(fetched.origin)) : fetched.origin,
    asked,
    isolation: (config.pluginLimits(name).isolation ?? config.isolation) === "worker" ? "worker" : "process",
    before: before ?? null,
  }, consent);
  using _turn = await oneAtATime(lockFile, show);
  try {
    await mkdir(dir, { recursive: true });
  } catch (error) {
    throw new StoqInstallError(`Cannot install "${name}" into "${dir}": ${(error as Error).message}`, { cause: error });
  }
  const now = (await cleanUp(lockFile, dirs)).plugins.get(name);
  if (JSON.stringify(now) !== JSON.stringify(before)) {
    throw new StoqInstallError(
      `Cannot install "${name}": another install changed it in the meantime: run this one again`,
    );
  }
  await refuseSecond(name, directory, before, options);
  const record: Installed = {
    version: manifest.version,
    source: fetched.origin,
    sha256: fetched.sha256,
    installed: new Date().toISOString(),
    directory,
    manifest: fetched.manifest,
    files: hashes(fetched),
    granted: asked,
  };
  await putInPlace({
    name,
    record,
    files: fetched.files,
    lockFile,
    check: async (folder) => {
      const path = join(folder, fetched.manifest);
      await checkLoading(await parseManifest(await Deno.readTextFile(path), path), config, log);
    },
    show,
    onStep: options.onStep,
  });
  if (!config.pluginDirList.some((one) => withoutLinks(one) === dir)) {
    show(`stoq: "${dir}" is no plugin directory yet: add it to plugin_dir_list in stoq.cfg, or use --plugin-dir`);
  }
  return record;
}

/** Ends what an interrupted install left, if nobody is at it. */
async function settle(lockFile: string, dirs: readonly string[], show: (line: string) => void): Promise<Lock> {
  using _turn = await oneAtATime(lockFile, show);
  return await cleanUp(lockFile, dirs);
}

function hashes({ files }: Fetched): Record<string, string> {
  return Object.fromEntries([...files].map(([path, bytes]) => [path, sha256(bytes)]));
}

/** The plugin directory to install into, without links. */
function directoryFor(
  name: string,
  before: Installed | undefined,
  { installDir, config }: InstallOptions,
): string {
  const wanted = installDir ?? (before ? dirname(before.directory) : config.pluginDirList[0]);
  if (wanted === undefined) {
    throw new StoqInstallError(`Cannot install "${name}": plugin_dir_list is empty: name a folder with --install_dir`);
  }
  return withoutLinks(resolve(wanted));
}

/** A name belongs to one folder; and what is there is replaced only on demand. */
async function refuseSecond(
  name: string,
  directory: string,
  before: Installed | undefined,
  { upgrade, config }: InstallOptions,
): Promise<void> {
  if (before !== undefined && before.directory !== directory) {
    throw new StoqInstallError(
      `Cannot install "${name}" into "${dirname(directory)}": it is installed in "${before.directory}": ` +
        `run "stoq uninstall ${name}" first, or use --upgrade without --install_dir`,
    );
  }
  if (!upgrade && lstatSync(directory, { throwIfNoEntry: false }) !== undefined) {
    throw new StoqInstallError(
      `Cannot install "${name}": it is already in "${directory}": use --upgrade to put this one in its place`,
    );
  }
  const registry = await Registry.open(config.pluginDirList, new Log("critical", []));
  const other = (await registry.list()).find(({ manifest, builtin }) =>
    !builtin && manifest.name === name && !isIn(manifest, directory)
  );
  if (other === undefined) return;
  throw new StoqInstallError(
    `Cannot install "${name}": there is another one in "${other.manifest.folder}": remove that folder first`,
  );
}

function isIn({ folder }: Manifest, directory: string): boolean {
  const path = withoutLinks(folder);
  // An interrupted install may have left the old one beside its place.
  return path === directory || dirname(path) === dirname(directory) && isWorkName(basename(path));
}

/** What came of updating one plugin. */
export type Updated =
  & { readonly name: string }
  & (
    | { readonly status: "up to date"; readonly version: string }
    | { readonly status: "updated"; readonly record: Installed }
    | { readonly status: "failed"; readonly error: Error }
  );

/**
 * Fetches plugins again from where they came, and puts what is new in place.
 *
 * @param name One plugin, or null for all that were installed.
 * @throws {StoqError} If the named one was not installed, or the lock file cannot be used.
 */
export async function* updatePlugins(name: string | null, options: InstallOptions): AsyncGenerator<Updated> {
  const lockFile = lockPath();
  const lock = await readLock(lockFile);
  if (name !== null) recordOf(name, lock);
  else if (lock.plugins.size + lock.pending.size === 0) return;
  const { plugins } = await settle(lockFile, [], options.show);
  const names = name === null ? [...plugins.keys()].sort() : [name];
  for (const one of names) {
    try {
      const before = recordOf(one, { plugins });
      const fetched = await fetchSource(before.source, sourceOptions(options));
      const { name: fetchedName } = await checkFiles(fetched);
      if (fetchedName !== one) {
        throw new StoqInstallError(
          `Cannot update "${one}": "${before.source}" now has plugin "${fetchedName}": install that one, and uninstall this`,
        );
      }
      if (sameFiles(hashes(fetched), before.files) && (await verify(one, before)).manifest !== null) {
        yield { name: one, status: "up to date", version: before.version };
      } else {
        yield { name: one, status: "updated", record: await installFetched(fetched, { ...options, upgrade: true }) };
      }
    } catch (error) {
      yield { name: one, status: "failed", error: error as Error };
    }
  }
}

function sameFiles(a: Installed["files"], b: Installed["files"]): boolean {
  const text = (files: Installed["files"]) => JSON.stringify(Object.entries(files).sort(([x], [y]) => x < y ? -1 : 1));
  return text(a) === text(b);
}

/**
 * Takes an installed plugin away: its folder, whatever is in it by now, and its record.
 *
 * @throws {StoqError} If it was not installed, or cannot be removed.
 */
export async function uninstallPlugin(name: string, { show }: Pick<Surroundings, "show">): Promise<void> {
  const lockFile = lockPath();
  // Before anything is made or waited for.
  recordOf(name, await readLock(lockFile));
  using _turn = await oneAtATime(lockFile, show);
  await takeAway(name, recordOf(name, await cleanUp(lockFile, [])), lockFile);
}

/**
 * The record of an installed plugin.
 *
 * @throws {StoqInstallError} If there is none.
 */
export function recordOf(name: string, { plugins, pending }: Pick<Lock, "plugins"> & Partial<Lock>): Installed {
  const record = plugins.get(name) ?? pending?.get(name);
  if (record !== undefined) return record;
  throw new StoqInstallError(
    `Plugin "${name}" was not installed by "stoq install": ` +
      (BUILTIN_PLUGINS.includes(name)
        ? "it is built in"
        : `no record of it is in "${lockPath()}"${didYouMean(name, [...plugins.keys()])}`),
  );
}
