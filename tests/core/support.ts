/**
 * What the tests of the core share.
 *
 * @module
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ExtractedPayload, type PayloadMeta, type PayloadResults, Stoq, type StoqOptions } from "../../mod.ts";

/** Folder of the plugins that work. */
export const FIXTURES: string = fileURLToPath(new URL("../fixtures/plugins/", import.meta.url));
/** Folder of the plugins that cannot be used, each named after what is wrong with it. */
export const BROKEN: string = fileURLToPath(new URL("../fixtures/broken/", import.meta.url));

/**
 * `pluginLimits` by which plugins run in Workers of the core: the flow of a scan is the same in every tier (see tiers_test.ts),
 * and a Worker starts in a fraction of the time of a process.
 */
export function inCore(...names: string[]): NonNullable<StoqOptions["pluginLimits"]> {
  return Object.fromEntries(names.map((name) => [name, { isolation: "worker" }]));
}

/** Fixtures run in the core where a test does not say otherwise. */
const FIXTURES_IN_CORE = inCore(...[FIXTURES, BROKEN].flatMap(manifestsIn));

/** A Stoq with the fixture plugins, no stoq.cfg, and a quiet log. */
export function openStoq(options: StoqOptions = {}): Stoq {
  return new Stoq({
    baseDir: FIXTURES,
    pluginDirList: [FIXTURES],
    logLevel: "critical",
    pluginLimits: FIXTURES_IN_CORE,
    ...options,
  });
}

function manifestsIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name }) =>
    [...Deno.readDirSync(join(folder, name))].flatMap(({ name: file }) =>
      file.endsWith(".stoq") ? [file.slice(0, -".stoq".length)] : []
    )
  );
}

/** A Stoq for all tests of a file: starting a plugin's sandbox costs more than a scan. */
export function sharedStoq(options: StoqOptions = {}): Stoq {
  const stoq = openStoq(options);
  Deno.test.afterAll(() => stoq[Symbol.asyncDispose]());
  return stoq;
}

/** A folder that is gone after the test. */
export interface TempFolder extends AsyncDisposable {
  readonly path: string;
}

/** Makes a temporary folder. @param files Texts by path inside it. */
export async function tempFolder(files: Record<string, string> = {}): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), "stoq_test_"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** What is written to standard error while this is in scope. */
export interface StandardError extends Disposable {
  text(): string;
  lines(): string[];
}

/** Catches what the log writes to standard error. */
export function catchStandardError(): StandardError {
  const original = Deno.stderr.writeSync;
  const decoder = new TextDecoder();
  let text = "";
  Deno.stderr.writeSync = (bytes) => {
    text += decoder.decode(bytes);
    return bytes.length;
  };
  return {
    text: () => text,
    lines: () => text.split("\n").slice(0, -1),
    [Symbol.dispose]: () => void (Deno.stderr.writeSync = original),
  };
}

/** What the worker `puppet` is to return: an extracted `text` becomes bytes. */
export interface PuppetResponse {
  results?: unknown;
  errors?: unknown;
  dispatchTo?: unknown;
  extracted?: unknown;
}

/** The payload that makes the worker `puppet` return a response. */
export function puppet(response: PuppetResponse): string {
  return JSON.stringify(response);
}

/** An item that the worker `puppet` extracts. */
export function item(
  text: string,
  payloadMeta?: Partial<PayloadMeta>,
): { text: string } & Omit<ExtractedPayload, "content"> {
  return { text, ...(payloadMeta && { payloadMeta }) };
}

/** The only one of a list. */
export function only<T>(list: readonly T[]): T {
  const [first] = list;
  if (first === undefined || list.length !== 1) throw new Error(`there are ${list.length}, not one`);
  return first;
}

/** The first of a list: of the results, that is the original payload. */
export function first<T>(list: readonly T[]): T {
  const [first] = list;
  if (first === undefined) throw new Error("there is none");
  return first;
}

/** Results of a payload in its first pass. */
export function firstPass(result: PayloadResults): Record<string, unknown> {
  return first(result.workers);
}
