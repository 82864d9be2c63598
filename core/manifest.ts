/**
 * Plugin manifests, `NAME.stoq`: the one place that knows their form.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import { StoqConfigError } from "./errors.ts";
import { parseIni } from "./ini.ts";
import { toList, toNumber } from "../sandbox/options.ts";
import { oneLine, PERMISSIONS } from "../sandbox/protocol.ts";

/** A plugin class, as `Classes` of `[Core]` names it. */
export type PluginClass =
  | "provider"
  | "archiver"
  | "dispatcher"
  | "deep_dispatcher"
  | "worker"
  | "decorator"
  | "connector";

/** Plugin classes, and the methods that make them. */
export const PLUGIN_CLASSES = {
  provider: ["ingest"],
  archiver: ["archive", "get"],
  dispatcher: ["getDispatches"],
  deep_dispatcher: ["getDeepDispatches"],
  worker: ["scan"],
  decorator: ["decorate"],
  connector: ["save"],
} as const satisfies Record<PluginClass, readonly string[]>;

/** The classes that a plugin with these methods has, in the order of {@linkcode PLUGIN_CLASSES}. */
export function classesOf(methods: readonly string[]): PluginClass[] {
  const names = Object.keys(PLUGIN_CLASSES) as PluginClass[];
  return names.filter((name) => PLUGIN_CLASSES[name].some((method) => methods.includes(method)));
}

/** A kind of permission that a manifest may ask for. `stdout` is ours: the core writes what the connector returns. */
export type PermissionKind = "net" | "read" | "write" | "run" | "env" | "sys" | "stdout";

/** All kinds of permission. */
export const PERMISSION_KINDS: readonly PermissionKind[] = [...PERMISSIONS, "stdout"];

/** What a manifest says. */
export interface Manifest {
  /** Absolute path of the manifest. */
  readonly path: string;
  /** Absolute path of its folder. */
  readonly folder: string;
  /** Name of the plugin. */
  readonly name: string;
  /** File name of the module, without extension or with it. */
  readonly module: string;
  /** Plugin classes that it says it has, or null: then only loading it tells. */
  readonly classes: readonly PluginClass[] | null;
  /** Who wrote it; empty where it is not said. */
  readonly author: string;
  /** Version; `0.0.0` where it is not said. */
  readonly version: string;
  /** Where there is more about it; empty where it is not said. */
  readonly website: string;
  /** What it does, in a line; empty where it is not said. */
  readonly description: string;
  /** Default option values by lower-case name. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Oldest version of stoQ that it works with, or null. */
  readonly minStoqVersion: string | null;
  /** Workers that must have run for a payload before this one does. */
  readonly requiredWorkers: readonly string[];
  /** Permissions asked for, with `{option}` not yet filled in. */
  readonly permissions: Readonly<Partial<Record<PermissionKind, readonly string[]>>>;
  /** Command lines by name, with `{option}` not yet filled in. */
  readonly commands: Readonly<Record<string, string>>;
  /** Files by asset name: relative to the folder, or `npm:package/path`. */
  readonly assets: Readonly<Record<string, string>>;
  /** Limits asked for: `timeout` in seconds, `memory` in MiB. */
  readonly limits: Readonly<
    { timeout?: number; memory?: number; concurrency?: number; isolation?: "shared" | "process" | "worker" }
  >;
}

/** Names that mean something else in stoq.cfg and in responses. */
const RESERVED = ["core", "stoq", "DEFAULT"];

/** Names that a plugin can have: they appear in file names, options and JSON keys. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** Why a plugin cannot be called so, to follow the name in an error; null if it can. */
export function pluginNameFault(name: string): string | null {
  if (!NAME.test(name)) return `is not a plugin name: use letters, digits, "_", "-" and "."`;
  return RESERVED.includes(name) ? "is reserved: choose another" : null;
}

/** Whether a plugin can have this name. */
export function isPluginName(name: string): boolean {
  return pluginNameFault(name) === null;
}

/** Extensions that `Module` may leave out, in the order in which they are tried. */
const MODULE_EXTENSIONS = [".ts", ".js", ".mjs"];

/** Names that the file of a `Module` may have, in the order in which they are looked for. */
export function moduleFiles(module: string): string[] {
  const whole = MODULE_EXTENSIONS.some((extension) => module.endsWith(extension));
  return whole ? [module] : MODULE_EXTENSIONS.map((extension) => module + extension);
}

type Sections = Map<string, Map<string, unknown>>;

/**
 * Parses a manifest, INI or YAML: the content decides.
 *
 * @param text Content of the file.
 * @param path Absolute path of the file, for errors and to find the module.
 * @throws {StoqConfigError} Naming file, section, key and remedy.
 */
export async function parseManifest(text: string, path: string): Promise<Manifest> {
  const sections = looksLikeIni(text) ? fromIni(text, path) : await fromYaml(text, path);
  const fail = (why: string): never => {
    throw new StoqConfigError(`Cannot use manifest "${path}": ${oneLine(why)}`);
  };
  const known = ["core", "documentation", "options", "permissions", "commands", "assets", "limits"];
  for (const section of sections.keys()) {
    if (!known.includes(section)) fail(`section [${section}] is not known: use ${known.join(", ")}`);
  }
  const core = sections.get("core") ?? fail("section [Core] is missing: add it, with Name and Module");
  checkKeys(core, ["name", "module", "classes"], "Core", fail);
  const text_ = (section: string, key: string, required: string | null): string => {
    const value = sections.get(section)?.get(key);
    if (value === undefined || value === null || value === "") {
      return required === null ? "" : fail(`${required} is missing: add it`);
    }
    if (typeof value === "object") return fail(`${key} of [${section}] is not text`);
    return String(value).trim();
  };
  const name = text_("core", "name", "Name of [Core]");
  const fault = pluginNameFault(name);
  if (fault !== null) fail(`Name "${name}" ${fault}`);
  const module = text_("core", "module", "Module of [Core]");
  if (module !== basename(module) || module.startsWith(".")) {
    fail(`Module "${module}" is not a file name in the manifest's folder`);
  }
  const options = Object.fromEntries(sections.get("options") ?? []);
  return {
    path,
    folder: dirname(path),
    name,
    module,
    classes: classes(core.get("classes"), fail),
    author: text_("documentation", "author", null),
    version: text_("documentation", "version", null) || "0.0.0",
    website: text_("documentation", "website", null),
    description: text_("documentation", "description", null),
    options,
    minStoqVersion: options["min_stoq_version"] === undefined ? null : String(options["min_stoq_version"]),
    requiredWorkers: toList(options["required_workers"] ?? "") ?? fail("required_workers is not a list of names"),
    permissions: permissions(sections.get("permissions"), fail),
    commands: texts(sections.get("commands"), "commands", fail),
    assets: texts(sections.get("assets"), "assets", fail),
    limits: limits(sections.get("limits"), fail),
  };
}

function looksLikeIni(text: string): boolean {
  const first = text.replace(/^\ufeff/, "").split(/\r?\n/).find((line) => !/^\s*([;#].*)?$/.test(line));
  return first === undefined || first.trimStart().startsWith("[");
}

function fromIni(text: string, path: string): Sections {
  try {
    const sections: Sections = new Map();
    for (const [name, values] of parseIni(text, path)) sections.set(name.toLowerCase(), values);
    return sections;
  } catch (error) {
    throw new StoqConfigError((error as Error).message, { cause: error });
  }
}

async function fromYaml(text: string, path: string): Promise<Sections> {
  // Loaded only where it is needed: it costs more time to load than all INI manifests to read.
  const { parse } = await import("yaml");
  let data: unknown;
  try {
    data = parse(text, { maxAliasCount: 100, logLevel: "error" });
  } catch (error) {
    const reason = oneLine((error as Error).message.split("\n")[0]!);
    throw new StoqConfigError(`Cannot read manifest "${path}" as YAML: ${reason}`, { cause: error });
  }
  const sections: Sections = new Map();
  for (const [name, values] of Object.entries(isRecord(data) ? data : {})) {
    if (!isRecord(values ?? {})) {
      throw new StoqConfigError(`Cannot use manifest "${path}": "${oneLine(name)}" is not a section with keys`);
    }
    sections.set(
      name.toLowerCase(),
      new Map(Object.entries(values ?? {}).map(([key, value]) => [key.toLowerCase(), value])),
    );
  }
  if (sections.size === 0) {
    throw new StoqConfigError(
      `Cannot read manifest "${path}": it is neither INI nor YAML with sections: begin with [Core]`,
    );
  }
  return sections;
}

type Fail = (why: string) => never;

function classes(value: unknown, fail: Fail): PluginClass[] | null {
  if (value === undefined || value === null || value === "") return null;
  const known = Object.keys(PLUGIN_CLASSES) as PluginClass[];
  return (toList(value) ?? fail("Classes of [Core] is not a list")).map((name) =>
    known.find((one) => one === name) ?? fail(`class "${name}" is not known: use ${known.join(", ")}`)
  );
}

function permissions(section: Map<string, unknown> | undefined, fail: Fail): Manifest["permissions"] {
  if (section === undefined) return {};
  if (section.has("ffi")) fail("permission ffi is never granted: native code has no sandbox");
  checkKeys(section, PERMISSION_KINDS, "permissions", fail);
  const result: Partial<Record<PermissionKind, readonly string[]>> = {};
  for (const kind of PERMISSION_KINDS) {
    const value = section.get(kind);
    if (value === undefined || value === null || value === "") continue;
    result[kind] = toList(typeof value === "boolean" ? String(value) : value) ??
      fail(`permission ${kind} is not a list`);
  }
  return result;
}

function texts(section: Map<string, unknown> | undefined, name: string, fail: Fail): Record<string, string> {
  return Object.fromEntries(
    [...section ?? []].map((
      [key, value],
    ) => [key, typeof value === "string" && value !== "" ? value : fail(`${key} of [${name}] is empty`)]),
  );
}

function limits(section: Map<string, unknown> | undefined, fail: Fail): Manifest["limits"] {
  if (section === undefined) return {};
  return readLimits(
    section,
    (key, value, wanted) => fail(`${key} of [limits] is ${JSON.stringify(value)}: it must be ${wanted}`),
    fail,
  );
}

/**
 * Reads the keys of a `[limits]` section, of a manifest or of stoq.cfg.
 *
 * @param wrong Called for a value that does not fit.
 * @param fail Called for a key that is not known.
 */
export function readLimits(
  section: ReadonlyMap<string, unknown>,
  wrong: (key: string, value: unknown, wanted: string) => never,
  fail: Fail,
): Manifest["limits"] {
  checkKeys(section, ["timeout", "memory", "concurrency", "isolation"], "limits", fail);
  const positive = (key: string) => {
    const value = section.get(key);
    if (value === undefined || value === null || value === "") return {};
    const number = toNumber(value);
    return { [key]: number !== undefined && number > 0 ? number : wrong(key, value, "a number above 0") };
  };
  const isolation = section.get("isolation");
  const allowed = ["shared", "process", "worker"] as const;
  const chosen = allowed.find((name) => name === isolation);
  if (isolation !== undefined && chosen === undefined) wrong("isolation", isolation, "shared, process or worker");
  return {
    ...positive("timeout"),
    ...positive("memory"),
    ...positive("concurrency"),
    ...(chosen && { isolation: chosen }),
  };
}

function checkKeys(section: ReadonlyMap<string, unknown>, known: readonly string[], name: string, fail: Fail): void {
  for (const key of section.keys()) {
    if (!known.includes(key)) fail(`"${key}" of [${name}] is not known: use ${known.join(", ")}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
