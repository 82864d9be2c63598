/**
 * `stoq.cfg` and the arguments of `Stoq`, made into one configuration. Precedence: argument > stoq.cfg > default.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { LogLevel } from "../plugin.ts";
import { toBoolean, toList, toNumber } from "../sandbox/options.ts";
import { StoqConfigError } from "./errors.ts";
import { type Ini, parseIni } from "./ini.ts";
import { LOG_LEVELS, type LogSettings } from "./log.ts";
import { type Manifest, PERMISSION_KINDS, type PermissionKind, readLimits } from "./manifest.ts";

/** Arguments of `Stoq`. What is left out comes from stoq.cfg, else it has its default. */
export interface StoqOptions {
  /** Base directory: where stoq.cfg and `plugins/` are looked for. Default: the working directory. */
  baseDir?: string;
  /** Configuration file. Default: `stoq.cfg` in the base directory, if there is one. */
  configFile?: string;
  /** Folder for log files, or null for none. Default: none. */
  logDir?: string | null;
  /** Least severe level that is logged. Default: `info`. */
  logLevel?: LogLevel;
  /** Directories that plugins are looked for in, besides the built-in ones. Default: `plugins` in the base directory. */
  pluginDirList?: string[];
  /** Plugin options by plugin name. */
  pluginOpts?: Record<string, Record<string, unknown>>;
  /** Provider plugins. */
  providers?: string[];
  /** Archivers that load payloads. */
  sourceArchivers?: string[];
  /** Archivers that save payloads. */
  destArchivers?: string[];
  /** Connectors that save results. */
  connectors?: string[];
  /** Dispatchers asked about every payload. */
  dispatchers?: string[];
  /** Deep dispatchers asked after each pass of workers. */
  deepDispatchers?: string[];
  /** Decorators of the complete response. */
  decorators?: string[];
  /** Workers that every payload is sent to. */
  alwaysDispatch?: string[];
  /** How many levels deep extracted payloads are scanned. Default: 3. */
  maxRecursion?: number;
  /** How many passes of deep dispatchers a payload gets. Default: 1. */
  maxDispatchPasses?: number;
  /** Largest payload that is scanned, in bytes. Default: 1 GiB. */
  maxPayloadSize?: number;
  /** Most payloads extracted in one scan. Default: 10,000. */
  maxExtractedPayloads?: number;
  /** Most bytes extracted in one scan. Default: 2 GiB. */
  maxExtractedBytes?: number;
  /** Most characters of results (as JSON) that one scan keeps. Default: 64 Mi. */
  maxResultsSize?: number;
  /** Seconds that a scan may take; 0 for no limit. Default: 1,800. */
  scanTimeout?: number;
  /** Sandbox processes shared by plugins that can only compute. Default: one a processor core. */
  sandboxes?: number;
  /** How often archivers, connectors and providers that fail are called again in `run`. Default: 3. */
  retries?: number;
  /** Folder for what could not be delivered in `run`. Default: `dead_letters` in the base directory. */
  deadLetterDir?: string;
  /** Limits by plugin name, over those of manifests. */
  pluginLimits?: Record<string, Record<string, unknown>>;
}

/** Everything that is configured, checked and complete. */
export interface Config {
  /** Absolute path of the base directory. */
  readonly baseDir: string;
  /** How to log. */
  readonly log: LogSettings;
  /** Absolute paths of the directories that plugins are looked for in. */
  readonly pluginDirList: readonly string[];
  /** Names of the selected plugins, by what they are for. */
  readonly plugins: {
    readonly providers: readonly string[];
    readonly sourceArchivers: readonly string[];
    readonly destArchivers: readonly string[];
    readonly connectors: readonly string[];
    readonly dispatchers: readonly string[];
    readonly deepDispatchers: readonly string[];
    readonly decorators: readonly string[];
    readonly alwaysDispatch: readonly string[];
  };
  /** Limits of one scan. */
  readonly budget: Budget;
  /** Payloads queued between providers and scans. */
  readonly maxQueue: number;
  /** Scans in flight in `run`. */
  readonly providerConsumers: number;
  /** How often archivers, connectors and providers that fail are called again in `run`. */
  readonly retries: number;
  /** Absolute path of the folder for what could not be delivered in `run`. */
  readonly deadLetterDir: string;
  /** Seconds that scans in flight get when a run is stopped. */
  readonly shutdownTimeout: number;
  /** Sandbox processes shared by plugins that can only compute. */
  readonly sandboxes: number;
  /** Where plugins run unless they say otherwise: `worker` puts all into the core, to measure what processes cost. */
  readonly isolation: "worker" | null;
  /** Where `stoq install` finds archives of GitHub repositories; undefined: where GitHub has them. */
  readonly githubArchive: string | undefined;
  /** The repository of `stoq install --github stoq:NAME`; undefined: the public one. */
  readonly githubPlugins: string | undefined;
  /** Options of one plugin: argument over stoq.cfg, by lower-case name. */
  pluginOptions(name: string): Record<string, unknown>;
  /** Permissions of one plugin that the operator wrote in `[permissions.NAME]`: these replace what the manifest asks for. */
  pluginPermissions(name: string): Partial<Record<PermissionKind, readonly string[]>>;
  /** Limits of one plugin that the operator wrote in `[limits.NAME]`. */
  pluginLimits(name: string): Manifest["limits"];
}

/** Limits of one scan against payloads that unfold without end. */
export interface Budget {
  /** Levels of extracted payloads. */
  readonly maxRecursion: number;
  /** Passes of deep dispatchers that a payload gets. */
  readonly maxDispatchPasses: number;
  /** Bytes of a payload. */
  readonly maxPayloadSize: number;
  /** Payloads extracted. */
  readonly maxExtractedPayloads: number;
  /** Bytes extracted. */
  readonly maxExtractedBytes: number;
  /** Characters of JSON. */
  readonly maxResultsSize: number;
  /** Seconds; `Infinity` for no limit. */
  readonly scanTimeout: number;
}

/** Keys of `[core]`. */
const CORE_KEYS = [
  "log_syntax",
  "log_level",
  "log_dir",
  "log_maxbytes",
  "log_backup_count",
  "plugin_dir_list",
  "max_recursion",
  "max_dispatch_passes",
  "max_queue",
  "provider_consumers",
  "providers",
  "source_archivers",
  "dest_archivers",
  "connectors",
  "dispatchers",
  "deep_dispatchers",
  "decorators",
  "always_dispatch",
  "max_payload_size",
  "max_extracted_payloads",
  "max_extracted_bytes",
  "max_results_size",
  "scan_timeout",
  "sandboxes",
  "isolation",
  "retries",
  "dead_letter_dir",
  "shutdown_timeout",
  "github_archive",
  "github_plugins",
] as const;

/** Arguments that name plugins. */
const PLUGIN_LISTS = [
  "providers",
  "sourceArchivers",
  "destArchivers",
  "connectors",
  "dispatchers",
  "deepDispatchers",
  "decorators",
  "alwaysDispatch",
] as const;

type CoreKey = typeof CORE_KEYS[number];

/**
 * Reads the configuration.
 *
 * @throws {StoqConfigError} Naming the file, key, value and remedy.
 */
export function loadConfig(options: StoqOptions): Config {
  checkArguments(options);
  const baseDir = resolve(options.baseDir ?? ".");
  const file = resolve(options.configFile ?? join(baseDir, "stoq.cfg"));
  const ini = readIni(file, options.configFile !== undefined);
  const core = ini.get("core") ?? new Map<string, string | null>();
  for (const key of core.keys()) {
    if (!CORE_KEYS.some((known) => known === key)) {
      throw new StoqConfigError(
        `Cannot use "${file}": "${key}" of [core] is not known${didYouMean(key, CORE_KEYS)}`,
      );
    }
  }
  const wrong = (key: string, value: unknown, wanted: string): never => {
    throw new StoqConfigError(`Cannot use ${key} = ${JSON.stringify(value)}: it must be ${wanted}`);
  };
  const given = (key: CoreKey) => core.get(key) || undefined;
  const names = (argument: string[] | undefined, key: CoreKey): string[] =>
    argument ?? toList(given(key) ?? "") ?? wrong(key, given(key), "names separated by commas");
  const whole = (argument: number | undefined, key: CoreKey, fallback: number, least = 0): number => {
    const value = argument ?? given(key);
    if (value === undefined) return fallback;
    const number = toNumber(value);
    return number !== undefined && Number.isSafeInteger(number) && number >= least
      ? number
      : wrong(key, value, `a whole number, ${least} or more`);
  };
  const level = (options.logLevel ?? given("log_level") ?? "info").toLowerCase();
  const isolation = given("isolation");
  const syntax = given("log_syntax") ?? "text";
  const scanTimeout = toNumber(options.scanTimeout ?? given("scan_timeout") ?? 1800) ?? -1;
  if (scanTimeout < 0) wrong("scan_timeout", options.scanTimeout ?? given("scan_timeout"), "seconds, 0 for no limit");
  const logDir = options.logDir === undefined ? given("log_dir") ?? null : options.logDir;
  const pluginOpts = new Map(Object.entries(options.pluginOpts ?? {}));
  return {
    baseDir,
    log: {
      level: LOG_LEVELS.find((known) => known === level) ?? wrong("log_level", level, LOG_LEVELS.join(", ")),
      syntax: syntax === "text" || syntax === "json" ? syntax : wrong("log_syntax", syntax, "text or json"),
      dir: logDir === null ? null : resolve(baseDir, logDir),
      maxBytes: whole(undefined, "log_maxbytes", 1_500_000),
      backupCount: whole(undefined, "log_backup_count", 5),
    },
    // What a caller names is relative to the working directory, what stoq.cfg names to the base directory.
    pluginDirList: options.pluginDirList?.map((dir) => resolve(dir)) ??
      (toList(given("plugin_dir_list") ?? "plugins") ??
        wrong("plugin_dir_list", given("plugin_dir_list"), "directories separated by commas")).map((dir) =>
          resolve(baseDir, dir)
        ),
    plugins: {
      providers: names(options.providers, "providers"),
      sourceArchivers: names(options.sourceArchivers, "source_archivers"),
      destArchivers: names(options.destArchivers, "dest_archivers"),
      connectors: names(options.connectors, "connectors"),
      dispatchers: names(options.dispatchers, "dispatchers"),
      deepDispatchers: names(options.deepDispatchers, "deep_dispatchers"),
      decorators: names(options.decorators, "decorators"),
      alwaysDispatch: names(options.alwaysDispatch, "always_dispatch"),
    },
    budget: {
      maxRecursion: whole(options.maxRecursion, "max_recursion", 3),
      maxDispatchPasses: whole(options.maxDispatchPasses, "max_dispatch_passes", 1),
      maxPayloadSize: whole(options.maxPayloadSize, "max_payload_size", 1024 ** 3),
      maxExtractedPayloads: whole(options.maxExtractedPayloads, "max_extracted_payloads", 10_000),
      maxExtractedBytes: whole(options.maxExtractedBytes, "max_extracted_bytes", 2 * 1024 ** 3),
      maxResultsSize: whole(options.maxResultsSize, "max_results_size", 64 * 1024 ** 2),
      scanTimeout: scanTimeout === 0 ? Infinity : scanTimeout,
    },
    maxQueue: whole(undefined, "max_queue", 100, 1),
    providerConsumers: whole(undefined, "provider_consumers", 50, 1),
    retries: whole(options.retries, "retries", 3),
    deadLetterDir: options.deadLetterDir === undefined
      ? resolve(baseDir, given("dead_letter_dir") ?? "dead_letters")
      : resolve(options.deadLetterDir),
    shutdownTimeout: whole(undefined, "shutdown_timeout", 30),
    sandboxes: whole(options.sandboxes, "sandboxes", navigator.hardwareConcurrency, 1),
    isolation: isolation === undefined || isolation === "worker"
      ? isolation ?? null
      : wrong("isolation", isolation, "worker, or not set"),
    githubArchive: given("github_archive"),
    githubPlugins: given("github_plugins"),
    pluginOptions: (name) => ({
      ...Object.fromEntries(ini.get(name) ?? []),
      ...Object.fromEntries(
        Object.entries(pluginOpts.get(name) ?? {}).map(([key, value]) => [key.toLowerCase(), value]),
      ),
    }),
    pluginPermissions: (name) => readPermissions(ini, name, file),
    pluginLimits: (name) =>
      readLimits(
        new Map<string, unknown>([
          ...ini.get(`limits.${name}`) ?? [],
          ...Object.entries(options.pluginLimits?.[name] ?? {}),
        ]),
        (key, value, wanted) => wrong(`${key} of plugin "${name}"`, value, wanted),
        (why) => {
          throw new StoqConfigError(`Cannot use limits of plugin "${name}": ${why}`);
        },
      ),
  };
}

/** Says what a caller without types has given that is of the wrong one. */
function checkArguments(options: StoqOptions): void {
  const given = options as Record<string, unknown>;
  const check = (names: readonly (keyof StoqOptions)[], wanted: string, fits: (value: unknown) => boolean) => {
    for (const name of names) {
      const value = given[name];
      if (value === undefined || fits(value)) continue;
      throw new StoqConfigError(
        `Cannot use argument ${name} of type ${value === null ? "null" : typeof value}: it must be ${wanted}`,
      );
    }
  };
  const isText = (value: unknown) => typeof value === "string";
  const isRecord = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
  check(["baseDir", "configFile", "logLevel", "deadLetterDir"], "text", isText);
  check(["logDir"], "text or null", (value) => value === null || isText(value));
  check(
    ["pluginDirList", ...PLUGIN_LISTS],
    "a list of texts",
    (value) => Array.isArray(value) && value.every(isText),
  );
  check(
    ["pluginOpts", "pluginLimits"],
    "an object by plugin name",
    (value) => isRecord(value) && Object.values(value as object).every(isRecord),
  );
}

function readIni(file: string, mustExist: boolean): Ini {
  if (!existsSync(file)) {
    if (mustExist) throw new StoqConfigError(`Cannot read configuration "${file}": no such file`);
    return new Map();
  }
  try {
    return parseIni(readFileSync(file, "utf8"), file);
  } catch (error) {
    if (error instanceof SyntaxError) throw new StoqConfigError(error.message, { cause: error });
    throw new StoqConfigError(`Cannot read configuration "${file}": ${(error as Error).message}`, { cause: error });
  }
}

function readPermissions(ini: Ini, plugin: string, file: string): Partial<Record<PermissionKind, readonly string[]>> {
  const result: Partial<Record<PermissionKind, readonly string[]>> = {};
  for (const [key, value] of ini.get(`permissions.${plugin}`) ?? []) {
    const kind = PERMISSION_KINDS.find((known) => known === key);
    if (kind === undefined) {
      throw new StoqConfigError(
        `Cannot use "${file}": "${key}" of [permissions.${plugin}] is not known: use ${PERMISSION_KINDS.join(", ")}`,
      );
    }
    // "net =" and "net = no" take the permission away.
    result[kind] = toBoolean(value ?? "") === false ? [] : toList(value ?? "") ?? [];
  }
  return result;
}

/** `: did you mean "…"?` for the known name that is fewest changes away, if that is near enough to be a slip; else nothing. */
export function didYouMean(name: string, known: readonly string[]): string {
  const distance = (a: string, b: string): number => {
    let row = Array.from({ length: b.length + 1 }, (_, j) => j);
    for (let i = 1; i <= a.length; i++) {
      const next = [i];
      for (let j = 1; j <= b.length; j++) {
        next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
      }
      row = next;
    }
    return row[b.length]!;
  };
  const [best] = known.map((word) => ({ word, changes: distance(name, word) })).sort((a, b) => a.changes - b.changes);
  return best !== undefined && best.changes <= Math.max(1, name.length / 3) ? `: did you mean "${best.word}"?` : "";
}
