import type { StoqOptions } from "../core/config.ts";
import type { ScanOptions } from "../core/stoq.ts";
import type { LogLevel } from "../plugin.ts";
import { stoqHome } from "../core/home.ts";
import { keyValues, pluginLimits, pluginOptions } from "./values.ts";

/** Flags of commands, by the names that the parser gives them; each command has some of them. */
export interface ScanFlags {
  providers?: string[];
  destArchivers?: string[];
  sourceArchivers?: string[];
  decorators?: string[];
  connectors?: string[];
  dispatchers?: string[];
  deepDispatchers?: string[];
  alwaysDispatch?: string[];
  startDispatch?: string[];
  startDeepDispatch?: string[];
  maxRecursion?: number;
  pluginOpts?: string[];
  pluginLimits?: string[];
  requestSource?: string;
  requestExtra?: string[];
  pluginDir?: string[];
  configFile?: string;
  logLevel?: LogLevel;
  metricsPort?: number;
  compact?: true;
  quiet?: true;
  json?: true;
  permissions?: true;
  remove?: true;
  github?: true;
  upgrade?: true;
  install_dir?: string;
  installDir?: string;
  sha256?: string;
  yes?: true;
  allow?: string[];
}

/** Arguments of `Stoq`. */
export function stoqOptions(flags: ScanFlags): StoqOptions {
  // deno-fmt-ignore
  const { providers, destArchivers, sourceArchivers, decorators, connectors, dispatchers, deepDispatchers, alwaysDispatch,
    maxRecursion, logLevel, configFile, pluginDir: pluginDirList } = flags;
  // deno-fmt-ignore
  const given = { providers, destArchivers, sourceArchivers, decorators, connectors, dispatchers, deepDispatchers, alwaysDispatch,
    maxRecursion, logLevel, configFile, pluginDirList };
  return {
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    baseDir: stoqHome(),
    pluginOpts: pluginOptions(flags.pluginOpts ?? []),
    pluginLimits: pluginLimits(flags.pluginLimits ?? []),
  };
}

/** What the flags say about each scan. */
export function scanOptions(flags: ScanFlags): ScanOptions {
  const extraData = keyValues(flags.requestExtra ?? []);
  return {
    requestMeta: {
      ...(flags.requestSource !== undefined && { source: flags.requestSource }),
      ...(Object.keys(extraData).length > 0 && { extraData }),
    },
    addStartDispatch: flags.startDispatch ?? [],
    addStartDeepDispatch: flags.startDeepDispatch ?? [],
  };
}
