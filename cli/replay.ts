import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { loadConfig } from "../core/config.ts";
import { type DeadLetter, readDeadLetter } from "../core/dead_letter.ts";
import { StoqError } from "../core/errors.ts";
import { Payload } from "../core/payload.ts";
import { responseFromJson } from "../core/response.ts";
import { Stoq } from "../core/stoq.ts";
import type { Data, RequestMeta } from "../plugin.ts";
import { EXIT, report } from "./exit.ts";
import { type ScanFlags, scanOptions, stoqOptions } from "./flags.ts";
import { print } from "./print.ts";

/** What is to be scanned again. */
interface Again {
  readonly payload: Payload;
  readonly requestMeta: Partial<RequestMeta>;
}

/** Scans a dead letter or the payloads of a response again. @returns The exit status: 1 if results could not be delivered. */
export async function replayCommand(file: string, flags: ScanFlags): Promise<number> {
  const options = stoqOptions(flags);
  const { plugins } = loadConfig(options);
  const json = await readJson(file);
  const letter = await readDeadLetter(file, json);
  await using stoq = new Stoq(options);
  const again = letter !== null
    ? await ofLetter(letter, file, stoq, plugins.sourceArchivers)
    : await ofResponse(json, file, stoq, plugins.sourceArchivers);
  const about = scanOptions(flags);
  let failed = false;
  for (const { payload, requestMeta } of again) {
    const response = await stoq.scanPayload(payload, {
      ...about,
      requestMeta: { ...requestMeta, ...about.requestMeta },
    });
    failed ||= [...plugins.connectors, ...plugins.destArchivers].some((name) => response.errors[name] !== undefined);
    if (plugins.connectors.length === 0) print(response.toString(flags.compact ? 0 : undefined) + "\n");
  }
  if (failed) return report(`Results of "${file}" could not be delivered: it is kept`, EXIT.failed);
  if (flags.remove && letter !== null) {
    await rm(file);
    await rm(join(dirname(file), file.replace(/^.*[\\/]/, "").replace(/\.json$/, ".payload")), { force: true });
  }
  return EXIT.ok;
}

async function ofLetter(letter: DeadLetter, file: string, stoq: Stoq, archivers: readonly string[]): Promise<Again[]> {
  const { content, payloadMeta, requestMeta, task } = letter;
  if (content !== null) return [{ payload: new Payload(content, payloadMeta), requestMeta }];
  return (await load(Object.entries(task ?? {}), file, stoq, archivers)).map((payload) => ({ payload, requestMeta }));
}

async function ofResponse(json: unknown, file: string, stoq: Stoq, archivers: readonly string[]): Promise<Again[]> {
  let response;
  try {
    response = responseFromJson(json);
  } catch (error) {
    throw new StoqError(
      `Cannot replay "${file}": it is neither a dead letter nor a response: ${(error as Error).message}`,
      { cause: error },
    );
  }
  const [original] = response.results;
  const places = Object.entries(original?.archivers ?? {}).map(([name, results]) =>
    [name, results as Data] as [string, Data]
  );
  if (places.length === 0) {
    throw new StoqError(
      `Cannot replay "${file}": the response names no archive that has its payload: scan with -A to have one`,
    );
  }
  const [payload] = await load(places, file, stoq, archivers);
  if (payload === undefined) return [];
  return [{ payload: new Payload(payload.content, original?.payloadMeta), requestMeta: response.requestMeta }];
}

/** Loads payloads with those source archivers that are selected. */
async function load(
  places: readonly [string, Data][],
  file: string,
  stoq: Stoq,
  archivers: readonly string[],
): Promise<Payload[]> {
  if (places.length === 0) {
    throw new StoqError(`Cannot replay "${file}": it holds neither a payload nor where to find one`);
  }
  const usable = places.filter(([name]) => archivers.includes(name));
  if (usable.length === 0) {
    throw new StoqError(
      `Cannot replay "${file}": its payload is with ${places.map(([name]) => name).join(", ")}: name one with -S`,
    );
  }
  const payloads: Payload[] = [];
  for (const [name, results] of usable) {
    const payload = await (await stoq.loadPlugin(name)).get({ results });
    if (payload === null) throw new StoqError(`Cannot replay "${file}": "${name}" no longer has its payload`);
    payloads.push(payload);
  }
  return payloads;
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await Deno.readTextFile(file));
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "no such file"
      : error instanceof SyntaxError
      ? "it is not JSON"
      : (error as Error).message;
    throw new StoqError(`Cannot read "${file}": ${reason}`, { cause: error });
  }
}
