/**
 * From a manifest and the operator's configuration to what a sandbox is given: options, permissions, command lines, assets.
 *
 * @module
 */
import { readdirSync, realpathSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { toList } from "../sandbox/options.ts";
import type { Permissions } from "../sandbox/protocol.ts";
import type { PluginSpec } from "../sandbox/sandbox.ts";
import { builtinCode } from "./builtin.ts";
import type { Config } from "./config.ts";
import { StoqPluginError } from "./errors.ts";
import { isWithin, lockPath, withoutLinks } from "./home.ts";
import { DEFAULT_LIMITS, MAX_FOLDER_ENTRIES } from "./limits.ts";
import { type Manifest, PERMISSION_KINDS, type PermissionKind } from "./manifest.ts";
import { modulePath, type RegisteredPlugin } from "./registry.ts";

/** What is granted, and whether the core writes for the plugin. */
export interface Grant {
  readonly spec: PluginSpec;
  /** Whether what the connector returns is written to standard output. */
  readonly stdout: boolean;
}

/**
 * Decides what a plugin is given.
 *
 * @throws {StoqPluginError} If it asks for more than a manifest may.
 */
export function grant({ manifest, builtin }: RegisteredPlugin, config: Config): Grant {
  const { name } = manifest;
  if (!builtin) refuseLinks(manifest.folder, name);
  const options = { ...manifest.options, ...config.pluginOptions(name) };
  const overrides = config.pluginPermissions(name);
  const granted: Record<PermissionKind, string[]> = {
    net: [],
    read: [],
    write: [],
    run: [],
    env: [],
    sys: [],
    stdout: [],
  };
  for (const kind of PERMISSION_KINDS) {
    const byOperator = overrides[kind];
    for (const template of byOperator ?? manifest.permissions[kind] ?? []) {
      for (const value of fillList(template, options)) {
        const values = kind === "read" || kind === "write" ? places(value) : [value];
        if (byOperator === undefined && values.some((one) => isWide(kind, one))) {
          refuseWide(kind, value, template, name);
        }
        if (byOperator === undefined && kind === "write" && !builtin) refuseRoot(values, name, config);
        granted[kind].push(...values);
      }
    }
  }
  const { stdout, ...permissions } = granted;
  return {
    stdout: stdout.length > 0,
    spec: {
      name,
      ...(builtin ? builtinCode(manifest) : {
        entry: pathToFileURL(modulePath(manifest)).href,
        code: [manifest.folder],
        assets: ownAssets(manifest),
      }),
      folder: manifest.folder,
      options,
      permissions: Object.fromEntries(
        Object.entries(permissions).map(([kind, list]) => [kind, list.some(isEverything) ? true : list]),
      ) as unknown as Permissions,
      commands: Object.fromEntries(
        Object.entries(manifest.commands).map(([command, line]) => [command, fillCommand(line, options)]),
      ),
      limits: limits(manifest, builtin, config),
    },
  };
}

/**
 * Refuses symbolic links in a plugin's folder: Deno follows them without asking whether their target was granted, so that the
 * permission to load its own code would be one to read whatever a link names.
 */
function refuseLinks(folder: string, plugin: string): void {
  let entries = 0;
  const look = (dir: string): void => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const path = join(dir, entry.name);
      if (++entries > MAX_FOLDER_ENTRIES) {
        throw new StoqPluginError(
          `Plugin "${plugin}" has more than ${MAX_FOLDER_ENTRIES} files in "${folder}": keep only what it needs there`,
        );
      }
      if (entry.isSymbolicLink()) {
        throw new StoqPluginError(
          `Plugin "${plugin}" has a symbolic link in its folder, "${path}": put a copy of the file there instead`,
        );
      }
      if (entry.isDirectory()) look(path);
    }
  };
  look(folder);
}

/** A path as it is written, and as it is without links: Deno checks one or the other. */
function places(path: string): string[] {
  if (isEverything(path)) return [path];
  const written = resolve(path);
  try {
    return [...new Set([written, realpathSync(written)])];
  } catch {
    return [written];
  }
}

/** The operator's word over the manifest's; but what others wrote has a process of its own, whatever it asks for. */
function limits({ name, limits }: Manifest, builtin: boolean, config: Config): PluginSpec["limits"] {
  const { isolation, ...asked } = limits;
  const ofOperator = config.pluginLimits(name);
  return {
    ...DEFAULT_LIMITS,
    isolation: builtin ? isolation ?? DEFAULT_LIMITS.isolation : "process",
    ...asked,
    ...(config.isolation !== null && { isolation: config.isolation }),
    ...ofOperator,
    // Shared processes may load nothing but built-in code.
    ...(ofOperator.isolation === "shared" && !builtin && { isolation: "process" as const }),
  };
}

/** A template with `{option}` filled in; nothing where an option in it is empty. A lone `{option}` may hold a list. */
export function fillList(template: string, options: Record<string, unknown>): string[] {
  const lone = /^\{([\w-]+)\}$/.exec(template);
  if (lone) return toList(options[lone[1]!.toLowerCase()] ?? "") ?? [String(options[lone[1]!.toLowerCase()])];
  let empty = false;
  const value = template.replace(/\{([\w-]+)\}/g, (_, option: string) => {
    const text = String(options[option.toLowerCase()] ?? "").trim();
    // A separator in a value would make two grants of one.
    if (text === "" || /[\s,]/.test(text)) empty = true;
    return text;
  });
  return empty ? [] : [value];
}

/** The words of a command line, each with `{option}` filled in; `{file}` stays for the host. A value never becomes two words. */
function fillCommand(line: string, options: Record<string, unknown>): string[] {
  return line.trim().split(/\s+/).map((word) =>
    word.replace(
      /\{([\w-]+)\}/g,
      (whole, option: string) => option === "file" ? whole : String(options[option.toLowerCase()] ?? "").trim(),
    )
  ).filter((word) => word !== "");
}

/** `*`, `all`, `true`: everything of a kind. */
function isEverything(value: string): boolean {
  return ["*", "all", "true", "yes"].includes(value.toLowerCase());
}

/** Whether a value is so much that only the operator may grant it. */
function isWide(kind: PermissionKind, value: string): boolean {
  switch (kind) {
    case "stdout":
      return false;
    case "read":
    case "write":
      return isEverything(value) || resolve(value) === "/" || /^[A-Za-z]:[\\/]?$/.test(value);
    case "net":
      return isEverything(value) || value.includes("*") || value.startsWith(":") ||
        /^(0\.0\.0\.0|\[?::\]?)(:|$)/.test(value);
    default:
      return isEverything(value);
  }
}

/** Refuses what only the operator may grant, in `[permissions.NAME]`. */
function refuseWide(kind: PermissionKind, value: string, template: string, plugin: string): never {
  const from = template === value ? "" : ` (from "${template}")`;
  throw new StoqPluginError(
    `Plugin "${plugin}" asks for ${kind} = ${value}${from}, which is everything: ` +
      `if it is wanted, write "${kind} = ${value}" under [permissions.${plugin}] in stoq.cfg`,
  );
}

/**
 * Refuses to let a plugin write what decides what plugins may do, itself among them: the lock file, stoq.cfg and plugin directories, where
 * another plugin would get what its manifest asks for.
 */
function refuseRoot(values: readonly string[], plugin: string, config: Config): void {
  const roots = [lockPath(), join(config.baseDir, "stoq.cfg"), ...config.pluginDirList];
  for (const root of roots.flatMap((path) => [path, withoutLinks(path)])) {
    const value = values.find((value) => isWithin(root, value) || isWithin(value, root));
    if (value === undefined) continue;
    throw new StoqPluginError(
      `Plugin "${plugin}" asks for write = ${value}, and so for "${root}", which decides what plugins may do: ` +
        `choose another folder, or write "write = ${value}" under [permissions.${plugin}] in stoq.cfg`,
    );
  }
}

/** The files that a manifest lists in `[assets]`, of a plugin that is not ours: only those of its own folder. */
function ownAssets({ name, assets }: Manifest): Manifest["assets"] {
  for (const [asset, source] of Object.entries(assets)) {
    if (!source.startsWith("npm:") && !isAbsolute(source)) continue;
    throw new StoqPluginError(
      `Plugin "${name}" lists asset ${asset} = ${source}: only files of its own folder can be listed`,
    );
  }
  return assets;
}
