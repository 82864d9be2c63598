/**
 * Which plugins are fuzzed, how they are called, and with which real files.
 *
 * @module
 */
import { basename, join, resolve } from "node:path";
import { parseManifest } from "../../core/manifest.ts";
import { BUILTIN_PLUGINS_FOLDER } from "../support.ts";
import type { Data } from "../../plugin.ts";
import { BUILTIN_PLUGINS } from "../../plugins/builtin.ts";
import { stored } from "./stored.ts";

/** They hand the payload to another program, which is fuzzed by others: only when they are named. */
export const EXTERNAL: readonly string[] = ["exif", "trid"];

/** Samples of others, for plugins that have none of their own or too few; relative to the folder of the plugins. */
const BORROWED: Readonly<Record<string, readonly string[]>> = {
  peinfo: ["lib/testdata/pe"],
  pecarve: ["lib/testdata/pe", "ole/testdata"],
  lief: ["lib/testdata/pe", "lib/testdata/elf", "lib/testdata/macho"],
  symhash: ["lib/testdata/macho"],
  iocextract: ["smtp/testdata", "triage/testdata"],
  rtf: ["rtf/testdata"],
  mraptor: ["msoffice/testdata", "ole/testdata"],
  ole: ["msg/testdata"],
  xdpcarve: ["triage/testdata"],
};

/** For every other plugin without samples: a little of everything. */
const EVERYTHING = "triage/testdata";

/** Options with which more of a plugin's code runs: each of them in its turn. */
const OPTIONS: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  lief: [{ abstract: true }, { abstract: false }],
  pdf: [{ extract_streams: true }],
  smtp: [{ extract_iocs: true }],
  yara: [{ xor_first_match: true }, { xor_first_match: false }],
};

/** What dispatchers said, for plugins that do nothing without. */
export const DISPATCH_META: Readonly<Record<string, Record<string, Data>>> = {
  xordecode: { yara: { meta: { xorkey: [85, 170, 18], plugin: "xordecode" } } },
};

/** What is beside the samples: how they were made, and what is expected of them. */
const NO_SAMPLE = /\.(md|json|py|sh|java|javap\.txt|expected\.txt|ya?ra?)$|^make/;

/** Bytes of the largest sample: larger ones cost more time than they find. */
const MAX_SAMPLE = 192 * 1024;

/** A real file, or one made from it. */
export interface Sample {
  /** Where it is, and what was done to it. */
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** One way to call a plugin. */
export interface Target {
  readonly method: "scan" | "getDispatches";
  readonly options: Record<string, unknown>;
}

/**
 * The ways to call a plugin with a payload; none for one that only brings or delivers.
 *
 * @param plugin Name of a built-in plugin, or absolute path of a plugin's folder.
 */
export async function targets(plugin: string): Promise<Target[]> {
  const path = resolve(BUILTIN_PLUGINS_FOLDER, plugin, `${basename(plugin)}.stoq`);
  const classes = (await parseManifest(await Deno.readTextFile(path), path)).classes ?? [];
  const methods = [
    ...(classes.includes("worker") ? ["scan" as const] : []),
    ...(classes.includes("dispatcher") ? ["getDispatches" as const] : []),
  ];
  return methods.flatMap((method) => (OPTIONS[plugin] ?? [{}]).map((options) => ({ method, options })));
}

/** Names of the plugins that are fuzzed when none is named. */
export async function fuzzedPlugins(): Promise<string[]> {
  const names = [];
  for (const name of BUILTIN_PLUGINS) {
    if (!EXTERNAL.includes(name) && (await targets(name)).length > 0) names.push(name);
  }
  return names;
}

/** The samples of a plugin, in a fixed order. */
export function samples(plugin: string): Sample[] {
  const folders = [`${plugin}/testdata`, ...BORROWED[plugin] ?? []];
  const own = folders.flatMap((folder) => [...filesIn(resolve(BUILTIN_PLUGINS_FOLDER, folder))]);
  const found = own.length > 0 ? own : [...filesIn(join(BUILTIN_PLUGINS_FOLDER, EVERYTHING))];
  const unpacked = found.flatMap(({ path, bytes }) => {
    const archive = stored(bytes);
    return archive === undefined ? [] : [{ path: `${path}, its members stored`, bytes: archive }];
  });
  return [...found, ...unpacked];
}

function* filesIn(folder: string): Generator<Sample> {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  for (const { name, isDirectory } of entries) {
    const path = join(folder, name);
    if (isDirectory) yield* filesIn(path);
    else if (!NO_SAMPLE.test(name) && Deno.statSync(path).size <= MAX_SAMPLE) {
      yield { path, bytes: Deno.readFileSync(path) };
    }
  }
}
