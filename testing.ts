/**
 * Runs one plugin on given bytes in the real sandbox, for tests of plugins.
 *
 * @example
 * ```ts
 * import { openPlugin } from "@stoq/cli/testing";
 *
 * await using hash = await openPlugin("hash");
 * const { results } = await hash.scan("data");
 * ```
 *
 * @module
 */
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  completePayloadMeta,
  completeRequestMeta,
  dispatcherAnswer,
  resultsAnswer,
  workerAnswer,
} from "./core/answers.ts";
import { BUILTIN_FOLDER, prepareBuiltin, readBuiltinManifest } from "./core/builtin.ts";
import { loadConfig } from "./core/config.ts";
import { StoqPluginError } from "./core/errors.ts";
import { grant } from "./core/grant.ts";
import { type Manifest, parseManifest } from "./core/manifest.ts";
import { Payload } from "./core/payload.ts";
import { openSandbox } from "./sandbox/open.ts";
import type { Answer, Call } from "./sandbox/sandbox.ts";
import type {
  ArchiverResponse,
  Data,
  DecoratorResponse,
  DispatcherResponse,
  LogLevel,
  NewPayload,
  PayloadMeta,
  ProviderItem,
  RequestMeta,
  ScanResponse,
} from "./plugin.ts";

/** What a worker returned, every field filled in. */
export interface WorkerOutcome {
  /** `undefined` where it returned none. */
  results: unknown;
  extracted: { content: Uint8Array<ArrayBuffer>; payloadMeta: PayloadMeta }[];
  errors: string[];
  dispatchTo: string[];
}

/** What a test may say about the payload besides its bytes. */
export interface PayloadSetup {
  payloadMeta?: Partial<PayloadMeta>;
  request?: Partial<RequestMeta>;
  dispatchMeta?: Record<string, Data>;
  workers?: Record<string, unknown>[];
}

/** How to open a plugin. */
export interface PluginSetup {
  /** Options, over those of the manifest. */
  options?: Record<string, unknown>;
  /** Gets what the plugin logs. Default: nobody. */
  log?: (level: LogLevel, message: string) => void;
}

/** One plugin, opened for a test. Methods reject with {@linkcode StoqPluginError} where the call fails. */
export interface PluginUnderTest extends AsyncDisposable {
  scan(content: Uint8Array | string, setup?: PayloadSetup): Promise<WorkerOutcome>;
  getDispatches(content: Uint8Array | string, setup?: PayloadSetup): Promise<DispatcherResponse>;
  getDeepDispatches(content: Uint8Array | string, setup?: PayloadSetup): Promise<DispatcherResponse>;
  archive(content: Uint8Array | string, setup?: PayloadSetup): Promise<ArchiverResponse>;
  get(task: ArchiverResponse): Promise<NewPayload | null>;
  decorate(response: ScanResponse): Promise<DecoratorResponse>;
  /** @returns The text for standard output, of a plugin that has the permission `stdout`. */
  save(response: ScanResponse): Promise<string | null>;
  ingest(): AsyncIterable<ProviderItem>;
}

/**
 * Opens a plugin in a sandbox of its own, with what its manifest asks for.
 *
 * @param plugin Name of a built-in plugin, or path or `file:` URL of a plugin's folder.
 * @throws {StoqError} If it cannot be loaded.
 */
export async function openPlugin(plugin: string | URL, setup: PluginSetup = {}): Promise<PluginUnderTest> {
  await prepareBuiltin();
  const named = typeof plugin === "string" && !isAbsolute(plugin) && !plugin.includes("/");
  const manifest = named ? await readBuiltinManifest(plugin) : await readManifest(plugin);
  const { folder } = manifest;
  const config = loadConfig({ baseDir: folder, pluginOpts: { [manifest.name]: setup.options ?? {} } });
  const builtin = named || BUILTIN_FOLDER !== undefined && folder.startsWith(BUILTIN_FOLDER);
  const { spec } = grant({ manifest, builtin }, config);
  const sandbox = openSandbox(1, (level, _, message) => setup.log?.(level, message));
  const call = async (request: Call): Promise<Answer> => {
    const outcome = await sandbox.call(spec, request);
    if (outcome.status === "ok") return outcome.answer;
    throw new StoqPluginError(outcome.message, { cause: outcome });
  };
  const withPayload = (method: Call["method"], content: Uint8Array | string, given: PayloadSetup = {}) => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : new Uint8Array(content);
    const payload = new Payload(bytes, given.payloadMeta);
    Object.assign(payload.dispatchMeta, given.dispatchMeta);
    payload.workers.push(...given.workers ?? []);
    return call({ method, args: [payload.describe(), completeRequestMeta(given.request)], content: bytes });
  };
  const loaded = await sandbox.methods(spec);
  if (loaded.status !== "ok") {
    await sandbox[Symbol.asyncDispose]();
    throw new StoqPluginError(`Plugin "${manifest.name}" ${loaded.message}`, { cause: loaded });
  }
  return {
    scan: async (content, given) => {
      const { results, extracted, errors, dispatchTo } = workerAnswer(await withPayload("scan", content, given));
      return { results, extracted: [...extracted], errors: [...errors], dispatchTo: [...dispatchTo] };
    },
    getDispatches: async (content, given) => dispatcher(await withPayload("getDispatches", content, given)),
    getDeepDispatches: async (content, given) => dispatcher(await withPayload("getDeepDispatches", content, given)),
    archive: async (content, given) => {
      const { results, errors } = resultsAnswer(await withPayload("archive", content, given));
      return { results: (results ?? {}) as Data, errors: [...errors] };
    },
    get: async (task) => newPayload(await call({ method: "get", args: [task] })),
    decorate: async (response) => {
      const { results, errors } = resultsAnswer(await call({ method: "decorate", args: [{ ...response }] }));
      return { results, errors: [...errors] };
    },
    save: async (response) => {
      const { value } = await call({ method: "save", args: [{ ...response }] });
      return typeof value === "string" ? value : null;
    },
    async *ingest() {
      for (;;) {
        const answer = await call({ method: "ingest", args: [], timeout: Infinity });
        if (answer.value === null) return;
        const { payload, task, request, acknowledge } = answer.value as Record<string, unknown>;
        yield {
          ...(payload !== null && { payload: newPayload({ ...answer, value: payload })! }),
          ...(task !== null && { task: task as Record<string, Data> }),
          ...(request !== null && { request: request as Partial<RequestMeta> }),
          ...(acknowledge !== null && {
            acknowledge: async () => void await call({ method: "acknowledge", args: [acknowledge] }),
          }),
        };
      }
    },
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

/** Reads the one manifest of a folder, named by path or `file:` URL. */
async function readManifest(plugin: string | URL): Promise<Manifest> {
  const folder = resolve(plugin instanceof URL ? fileURLToPath(plugin) : plugin);
  const manifests: string[] = [];
  for await (const entry of Deno.readDir(folder)) if (entry.name.endsWith(".stoq")) manifests.push(entry.name);
  if (manifests.length !== 1) {
    throw new StoqPluginError(`Folder "${folder}" has ${manifests.length} manifests: a plugin has one`);
  }
  const path = join(folder, manifests[0]!);
  return await parseManifest(await Deno.readTextFile(path), path);
}

function dispatcher(answer: Answer): DispatcherResponse {
  const { pluginNames, meta, shouldArchive, errors } = dispatcherAnswer(answer);
  return { pluginNames: [...pluginNames], meta, errors: [...errors], ...(shouldArchive !== null && { shouldArchive }) };
}

function newPayload({ value, parts: [content] }: Answer): NewPayload | null {
  return content === undefined ? null : { content, payloadMeta: completePayloadMeta(value) };
}
