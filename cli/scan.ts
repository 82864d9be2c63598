import { basename } from "node:path";
import { StoqError } from "../core/errors.ts";
import { type Config, loadConfig, type StoqOptions } from "../core/config.ts";
import { Stoq } from "../core/stoq.ts";
import type { LogLevel } from "../plugin.ts";
import { EXIT, report } from "./exit.ts";
import { print } from "./print.ts";
import { stoqHome } from "./home.ts";
import { keyValues, pluginLimits, pluginOptions } from "./values.ts";

/** Flags of `stoq scan`. */
export interface ScanFlags {
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
  compact?: true;
}

/** Scans one file or standard input. @returns The exit status. */
export async function scanCommand(file: string | undefined, flags: ScanFlags): Promise<number> {
  const extraData = keyValues(flags.requestExtra ?? []);
  const options = stoqOptions(flags);
  const content = file === undefined || file === "-" ? await readInput() : await readPayload(file);
  if (content.length === 0) {
    return report(
      file === undefined || file === "-"
        ? "standard input is empty: there is nothing to scan"
        : `"${file}" is empty: there is nothing to scan`,
      EXIT.usage,
    );
  }
  const { plugins } = loadConfig(options);
  await using stoq = new Stoq(isNothingSelected(plugins, flags) ? { ...options, dispatchers: ["triage"] } : options);
  const response = await stoq.scan(content, {
    payloadMeta: file === undefined || file === "-" ? {} : { extraData: { filename: basename(file) } },
    requestMeta: { source: flags.requestSource ?? null, extraData },
    addStartDispatch: flags.startDispatch ?? [],
    addStartDeepDispatch: flags.startDeepDispatch ?? [],
  });
  // With connectors, results go where they take them.
  if (plugins.connectors.length === 0) print(response.toString(flags.compact ? 0 : undefined) + "\n");
  return EXIT.ok;
}

/** Arguments of `Stoq` from flags that commands share. */
export function stoqOptions(flags: ScanFlags): StoqOptions {
  const {
    destArchivers,
    sourceArchivers,
    decorators,
    connectors,
    dispatchers,
    deepDispatchers,
    alwaysDispatch,
    maxRecursion,
  } = flags;
  const given = {
    destArchivers,
    sourceArchivers,
    decorators,
    connectors,
    dispatchers,
    deepDispatchers,
    alwaysDispatch,
    maxRecursion,
  };
  return {
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    baseDir: stoqHome(),
    ...(flags.logLevel !== undefined && { logLevel: flags.logLevel }),
    ...(flags.configFile !== undefined && { configFile: flags.configFile }),
    ...(flags.pluginDir !== undefined && { pluginDirList: flags.pluginDir }),
    pluginOpts: pluginOptions(flags.pluginOpts ?? []),
    pluginLimits: pluginLimits(flags.pluginLimits ?? []),
  };
}

/** Whether neither flags nor stoq.cfg say what to do with the payload. */
function isNothingSelected(plugins: Config["plugins"], flags: ScanFlags): boolean {
  return [
    plugins.dispatchers,
    plugins.deepDispatchers,
    plugins.alwaysDispatch,
    flags.startDispatch ?? [],
    flags.startDeepDispatch ?? [],
  ].every((list) => list.length === 0);
}

async function readPayload(file: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const info = await Deno.stat(file);
    if (info.isDirectory) {
      throw new StoqError(`Cannot scan "${file}": it is a directory: name a file, or use "stoq run -P filedir"`);
    }
    return await Deno.readFile(file);
  } catch (error) {
    if (error instanceof StoqError) throw error;
    const reason = error instanceof Deno.errors.NotFound
      ? "no such file"
      : error instanceof Deno.errors.PermissionDenied
      ? "permission denied"
      : (error as Error).message;
    throw new StoqError(`Cannot read "${file}": ${reason}`, { cause: error });
  }
}

async function readInput(): Promise<Uint8Array<ArrayBuffer>> {
  if (Deno.stdin.isTerminal()) throw new StoqError(`nothing to scan: name a file, or pipe one in`);
  return new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer());
}
