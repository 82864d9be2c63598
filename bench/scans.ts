/**
 * stoQ at work, as the parts measure it: the command, and scans in one process.
 *
 * @module
 */
import { join } from "node:path";
import { inOrder } from "../core/in_order.ts";
import { Stoq, type StoqOptions } from "../mod.ts";
import type { FileList } from "./corpus.ts";
import { runCommand } from "./measure.ts";
import { TEN_RULES } from "./limits.ts";

/** Scans in flight in one process: enough that nothing waits for anything. */
export const IN_FLIGHT = 64;

/** A folder without stoq.cfg and plugins: what this machine's user has configured is not measured. */
export const NO_HOME = "/nonexistent/stoq-bench";

/** A choice of plugins. */
export interface Selection {
  readonly label: string;
  readonly dispatchers: readonly string[];
  readonly workers: readonly string[];
  readonly pluginOpts: Readonly<Record<string, Record<string, string>>>;
}

/** What is measured. */
export const SELECTIONS = {
  hash: { label: "hash", dispatchers: [], workers: ["hash"], pluginOpts: {} },
  three: {
    label: "hash, entropy, mimetype",
    dispatchers: [],
    workers: ["hash", "entropy", "mimetype"],
    pluginOpts: {},
  },
  yara: {
    label: "yara (ten rules) sends to pecarve, decompress",
    dispatchers: ["yara"],
    workers: [],
    pluginOpts: { yara: { dispatch_rules: TEN_RULES } },
  },
} as const satisfies Record<string, Selection>;

/** Arguments of Deno that start the command with its source as it is here. */
export const STOQ = ["run", "-A", "--no-check", "cli.ts"] as const;

/**
 * `stoq run` over a list, results as one line each to standard output.
 *
 * @throws {Error} If not every file was scanned and delivered.
 */
export async function runOver(
  { dispatchers, workers, pluginOpts }: Selection,
  { folder, names }: FileList,
): Promise<void> {
  const options = [
    `filedir:source_dir=${folder}`,
    "stdout:compactly=true",
    ...Object.entries(pluginOpts).flatMap(([plugin, values]) =>
      Object.entries(values).map(([name, value]) => `${plugin}:${name}=${value}`)
    ),
  ];
  const stderr = await runCommand(Deno.execPath(), [
    ...STOQ,
    ...["run", "-P", "filedir", "-C", "stdout", "--quiet", "--log-level", "critical"],
    ...(dispatchers.length > 0 ? ["-R", ...dispatchers] : []),
    ...(workers.length > 0 ? ["-a", ...workers] : []),
    ...["--plugin-opts", ...options],
  ], { env: { STOQ_HOME: NO_HOME } });
  if (!new RegExp(`^stoq: ${names.length} done .* 0 not delivered$`, "m").test(stderr)) {
    throw new Error(`stoq run did not scan all ${names.length} files of "${folder}": ${stderr.trim()}`);
  }
}

/** A `Stoq` for a selection, without anything that this machine's user has configured. */
export function openStoq(selection: Selection, options: StoqOptions = {}): Stoq {
  return new Stoq({
    baseDir: NO_HOME,
    logLevel: "critical",
    dispatchers: [...selection.dispatchers],
    alwaysDispatch: [...selection.workers],
    pluginOpts: selection.pluginOpts,
    ...options,
  });
}

/** Reads and scans every file of a list. */
export async function scanList(stoq: Stoq, { folder, names }: FileList): Promise<void> {
  await inOrder(names, IN_FLIGHT, async (name) => check(await stoq.scan(Deno.readFileSync(join(folder, name)))));
}

/** How many scans come before those that count: plugins are loaded by then, have prepared, and code has been optimised. */
export const WARM_UP = 500;

/** Scans a list, as often as it takes for what comes after to be as fast as it stays. */
export async function warmUp(stoq: Stoq, list: FileList): Promise<void> {
  for (let scans = 0; scans < WARM_UP; scans += list.names.length) await scanList(stoq, list);
}

/** Scans contents that are in memory already, `count` times one of them. */
export async function scanContents(
  stoq: Stoq,
  contents: readonly Uint8Array<ArrayBuffer>[],
  count: number,
  inFlight: number = IN_FLIGHT,
): Promise<void> {
  const indices = Array.from({ length: count }, (_, i) => i);
  await inOrder(indices, inFlight, async (i) => check(await stoq.scan(contents[i % contents.length]!)));
}

/** Contents of a list. */
export function contentsOf({ folder, names }: FileList): Uint8Array<ArrayBuffer>[] {
  return names.map((name) => Deno.readFileSync(join(folder, name)));
}

/** What a payload is to blame for is no failure; what a plugin could not do at all is: it would have been measured as work. */
function check({ results, errors }: { results: readonly unknown[]; errors: Record<string, string[]> }): void {
  const failed = Object.entries(errors).find(([name, messages]) =>
    name !== "decompress" || messages.some((message) => /cannot be loaded|crashed|timed out/.test(message))
  );
  if (failed !== undefined) throw new Error(`A scan failed: ${failed[0]}: ${failed[1].join("; ")}`);
  if (results.length === 0) throw new Error("A scan has no results");
}
