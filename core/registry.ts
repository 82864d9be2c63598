/**
 * Which plugins there are: the built-in ones, and those in plugin directories, which override built-in ones of their name.
 *
 * @module
 */
import { readdir, readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { BUILTIN_PLUGINS } from "../plugins/builtin.ts";
import { BUILTIN_FOLDER, prepareBuiltin, readBuiltinManifest } from "./builtin.ts";
import { didYouMean } from "./config.ts";
import { StoqPluginError } from "./errors.ts";
import type { Log } from "./log.ts";
import { type Manifest, moduleFiles, parseManifest } from "./manifest.ts";
import { isWorkName, OLD_PREFIX } from "./work_folders.ts";
import { compareVersions, VERSION } from "./version.ts";

/** How deep below a plugin directory manifests are looked for. */
const MAX_DEPTH = 8;

/** A plugin that can be loaded. */
export interface RegisteredPlugin {
  readonly manifest: Manifest;
  readonly builtin: boolean;
  /** Whether `stoq install` put it in place, and it is what was installed. */
  readonly installed?: boolean;
}

/** Plugins by name. */
export class Registry {
  readonly #log: Log;
  readonly #dirs: readonly string[];
  /** Plugins in plugin directories; more than one under a name is an error once that name is used. */
  readonly #found = new Map<string, Manifest[]>();
  /** Manifests that cannot be used, and why. */
  readonly #broken: { path: string; error: Error }[] = [];
  readonly #builtin = new Map<string, Promise<Manifest>>();
  readonly #warned = new Set<string>();

  private constructor(dirs: readonly string[], log: Log) {
    this.#dirs = dirs;
    this.#log = log;
  }

  /**
   * Looks through plugin directories. A directory that is not there, or a manifest that cannot be used, is logged and passed over.
   *
   * @param dirs Absolute paths.
   */
  static async open(dirs: readonly string[], log: Log): Promise<Registry> {
    await prepareBuiltin();
    const registry = new Registry(dirs, log);
    for (const dir of new Set(dirs)) {
      if (existsSync(dir)) await registry.#collect(dir, 0);
      else log.write("debug", "stoq", `Plugin directory "${dir}" does not exist: skipped`);
    }
    for (const name of registry.#found.keys()) {
      if (BUILTIN_PLUGINS.includes(name)) {
        log.write(
          "info",
          "stoq",
          `Plugin "${name}" in "${registry.#found.get(name)![0]!.folder}" overrides the built-in one`,
        );
      }
    }
    return registry;
  }

  /**
   * Finds a plugin by name.
   *
   * @throws {StoqPluginError} If there is none, its manifest cannot be used, or there are two.
   */
  async find(name: string): Promise<RegisteredPlugin> {
    const found = this.#found.get(name) ?? [];
    if (found.length > 1) {
      const places = found.map((manifest) => `"${manifest.path}"`).join(" and ");
      throw new StoqPluginError(`Plugin "${name}" is there more than once: ${places}: keep one`);
    }
    const plugin = found[0] !== undefined
      ? { manifest: found[0], builtin: false }
      : BUILTIN_PLUGINS.includes(name)
      ? { manifest: await this.#readBuiltin(name), builtin: true }
      : undefined;
    if (plugin === undefined) throw this.#unknown(name);
    this.#checkVersion(plugin.manifest);
    return plugin;
  }

  /** All plugins that can be used, built-in ones first. */
  async list(): Promise<RegisteredPlugin[]> {
    const plugins: RegisteredPlugin[] = [];
    for (const name of BUILTIN_PLUGINS) {
      if (!this.#found.has(name)) plugins.push({ manifest: await this.#readBuiltin(name), builtin: true });
    }
    for (const manifests of this.#found.values()) {
      plugins.push(...manifests.map((manifest) => ({ manifest, builtin: false })));
    }
    return plugins;
  }

  async #collect(dir: string, depth: number): Promise<void> {
    // In a checkout, "plugins" in the working directory is where the built-in ones are: they override nothing.
    if (BUILTIN_FOLDER !== undefined && resolve(dir) === resolve(BUILTIN_FOLDER)) return;
    let entries;
    try {
      entries = await readdir(dir, { withFileTypes: true });
    } catch (error) {
      this.#log.write("warning", "stoq", `Cannot read plugin directory "${dir}": ${(error as Error).message}: skipped`);
      return;
    }
    for (const entry of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
      const path = join(dir, entry.name);
      if (isWorkFolder(entry.name, entries)) continue;
      if (entry.isDirectory() && depth < MAX_DEPTH && entry.name !== "node_modules") {
        await this.#collect(path, depth + 1);
      } else if (entry.isFile() && entry.name.endsWith(".stoq")) await this.#add(path);
    }
  }

  async #add(path: string): Promise<void> {
    try {
      const manifest = await parseManifest(await readFile(path, "utf8"), path);
      modulePath(manifest);
      const same = this.#found.get(manifest.name);
      if (same) same.push(manifest);
      else this.#found.set(manifest.name, [manifest]);
    } catch (error) {
      this.#broken.push({ path, error: error as Error });
      this.#log.write("warning", "stoq", `${(error as Error).message}: skipped`, (error as Error).stack);
    }
  }

  #readBuiltin(name: string): Promise<Manifest> {
    let manifest = this.#builtin.get(name);
    if (manifest === undefined) {
      manifest = readBuiltinManifest(name);
      this.#builtin.set(name, manifest);
    }
    return manifest;
  }

  #unknown(name: string): StoqPluginError {
    // A broken manifest is most often in a folder or file of the plugin's name.
    const broken = this.#broken.find(({ path }) => path.endsWith(`/${name}.stoq`) || path.includes(`/${name}/`));
    if (broken) {
      return new StoqPluginError(`Plugin "${name}" cannot be used: ${broken.error.message}`, { cause: broken.error });
    }
    const known = [...BUILTIN_PLUGINS, ...this.#found.keys()];
    return new StoqPluginError(
      `Plugin "${name}" does not exist: it is neither built in nor in ${
        this.#dirs.map((dir) => `"${dir}"`).join(", ") || "any plugin directory"
      }` +
        `${didYouMean(name, known)}: "stoq list" shows what there is`,
    );
  }

  #checkVersion({ name, minStoqVersion }: Manifest): void {
    if (minStoqVersion === null || compareVersions(VERSION, minStoqVersion) >= 0 || this.#warned.has(name)) return;
    this.#warned.add(name);
    this.#log.write(
      "warning",
      "stoq",
      `Plugin "${name}" wants stoQ ${minStoqVersion} or later, this is ${VERSION}: it may not work`,
    );
  }
}

/**
 * Whether an install works, or worked, in a folder. The old folder of a plugin counts where there is no new one: an install was
 * interrupted between taking the one away and putting the other in its place.
 */
function isWorkFolder(name: string, beside: readonly { name: string }[]): boolean {
  if (!isWorkName(name)) return false;
  return !name.startsWith(OLD_PREFIX) || beside.some((entry) => entry.name === name.slice(OLD_PREFIX.length));
}

/**
 * The absolute path of a plugin's module.
 *
 * @throws {StoqPluginError} If it is not there.
 */
export function modulePath({ name, module, folder, path }: Manifest): string {
  const names = moduleFiles(module);
  const found = names.map((file) => join(folder, file)).find((file) => existsSync(file));
  if (found === undefined) {
    throw new StoqPluginError(
      `Plugin "${name}" has no module: "${path}" names "${module}", and there is no ${names.join(", ")} beside it`,
    );
  }
  return found;
}
