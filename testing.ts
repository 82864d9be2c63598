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
import { isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { assemble, place, type Placed } from "./authoring/assemble.ts";
import { readPluginFolder } from "./authoring/folder.ts";
import { findImports } from "./authoring/imports.ts";
import {
  completePayloadMeta,
  completeRequestMeta,
  dispatcherAnswer,
  resultsAnswer,
  workerAnswer,
} from "./core/answers.ts";
import { BUILTIN_FOLDER, prepareBuiltin, readBuiltinManifest } from "./core/builtin.ts";
import { type Config, loadConfig } from "./core/config.ts";
import { StoqPluginError } from "./core/errors.ts";
import { grant } from "./core/grant.ts";
import { classesOf, type PermissionKind, type PluginClass } from "./core/manifest.ts";
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
  PayloadResults,
  PluginsRun,
  ProviderItem,
  RequestMeta,
  ScanResponse,
} from "./plugin.ts";

export type * from "./plugin.ts";
export type { PermissionKind, PluginClass } from "./core/manifest.ts";
export { StoqConfigError, StoqError, StoqPluginError } from "./core/errors.ts";

/** What a worker returned, every field filled in. */
export interface WorkerOutcome {
  /** `undefined` where it returned none. */
  results: unknown;
  /** Payloads that it took out, their metadata complete. */
  extracted: {
    /** The bytes. */
    content: Uint8Array<ArrayBuffer>;
    /** Metadata, with defaults where the worker gave none. */
    payloadMeta: PayloadMeta;
  }[];
  /** What it said went wrong, and what of its answer does not fit. */
  errors: string[];
  /** Further workers that it sends the payload to. */
  dispatchTo: string[];
}

/** What a test may say about the payload besides its bytes. */
export interface PayloadSetup {
  /** Metadata of the payload, over the defaults. */
  payloadMeta?: Partial<PayloadMeta>;
  /** Metadata of the request, over the defaults. */
  request?: Partial<RequestMeta>;
  /** What dispatchers said, by dispatcher name. */
  dispatchMeta?: Record<string, Data>;
  /** Results of earlier workers: one entry a pass, by worker name. */
  workers?: Record<string, unknown>[];
  /** Names of the plugins that ran before. Default: none. */
  pluginsRun?: Partial<PluginsRun>;
  /** For a payload that came out of another: `payloadId` of that one, and the worker that took it out. */
  parent?: {
    /** `payloadId` of the payload that it came out of. */
    extractedFrom: string;
    /** Name of the worker. */
    extractedBy: string;
  };
}

/** What a test says of a response, for decorators and connectors: the rest has defaults, the same every time. */
export interface ResponseSetup extends Partial<Omit<ScanResponse, "results" | "requestMeta">> {
  /** Results of payloads, the original first. */
  results?: Partial<PayloadResults>[];
  /** Metadata of the request. */
  requestMeta?: Partial<RequestMeta>;
}

/** How to open a plugin. */
export interface PluginSetup {
  /** Options, over those of the manifest. */
  options?: Record<string, unknown>;
  /** What an operator would write under `[permissions.NAME]`: replaces what the manifest asks for, kind by kind. */
  permissions?: Partial<Record<PermissionKind, readonly string[]>>;
  /** What an operator would write under `[limits.NAME]`: `timeout` in seconds, `memory` in MiB … */
  limits?: Record<string, unknown>;
  /** Gets what the plugin logs. Default: nobody. */
  log?: (level: LogLevel, message: string) => void;
}

/** One plugin, opened for a test. Methods reject with {@linkcode StoqPluginError} where the call fails. */
export interface PluginUnderTest extends AsyncDisposable {
  /** Its name, as in its manifest. */
  readonly name: string;
  /** What its methods make it. */
  readonly classes: readonly PluginClass[];
  /** Calls a worker. */
  scan(content: Uint8Array | string, setup?: PayloadSetup): Promise<WorkerOutcome>;
  /** Calls a dispatcher. */
  getDispatches(content: Uint8Array | string, setup?: PayloadSetup): Promise<DispatcherResponse>;
  /** Calls a deep dispatcher; `setup.workers` is what it looks at. */
  getDeepDispatches(content: Uint8Array | string, setup?: PayloadSetup): Promise<DispatcherResponse>;
  /** Calls an archiver as a destination. */
  archive(content: Uint8Array | string, setup?: PayloadSetup): Promise<ArchiverResponse>;
  /** Calls an archiver as a source. @returns Null where it has nothing. */
  get(task: ArchiverResponse): Promise<NewPayload | null>;
  /** Calls a decorator. */
  decorate(response: ResponseSetup): Promise<DecoratorResponse>;
  /** Calls a connector. @returns The text for standard output, of a plugin that has the permission `stdout`. */
  save(response: ResponseSetup): Promise<string | null>;
  /** What a provider brings, until it is exhausted or you stop asking. */
  ingest(): AsyncIterable<ProviderItem>;
}

/**
 * Opens a plugin in a sandbox of its own, with what its manifest asks for. A module that imports npm packages is bundled first, as
 * `stoq pack` does.
 *
 * @param plugin Name of a built-in plugin, or path or `file:` URL of a plugin's folder.
 * @throws {StoqError} If it cannot be loaded.
 */
export async function openPlugin(plugin: string | URL, setup: PluginSetup = {}): Promise<PluginUnderTest> {
  await prepareBuiltin();
  const named = typeof plugin === "string" && !isAbsolute(plugin) && !plugin.includes("/") ? plugin : undefined;
  const folder = resolve(plugin instanceof URL ? fileURLToPath(plugin) : plugin);
  const builtin = named !== undefined || BUILTIN_FOLDER !== undefined && folder.startsWith(BUILTIN_FOLDER);
  const placed = builtin ? null : await bundled(folder);
  const manifest = named === undefined
    ? (await readPluginFolder(placed?.folder ?? folder)).manifest
    : await readBuiltinManifest(named);
  const { name } = manifest;
  const { spec } = grant({ manifest, builtin }, configOf(name, named === undefined ? folder : manifest.folder, setup));
  const sandbox = openSandbox(1, (level, _, message) => setup.log?.(level, message));
  const dispose = async () => {
    await sandbox[Symbol.asyncDispose]();
    await placed?.[Symbol.asyncDispose]();
  };
  const call = async (request: Call): Promise<Answer> => {
    const outcome = await sandbox.call(spec, request);
    if (outcome.status === "ok") return outcome.answer;
    throw new StoqPluginError(outcome.message, { cause: outcome });
  };
  const withPayload = (method: Call["method"], content: Uint8Array | string, given: PayloadSetup = {}) => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : new Uint8Array(content);
    const payload = new Payload(bytes, given.payloadMeta, given.parent);
    Object.assign(payload.dispatchMeta, given.dispatchMeta);
    Object.assign(payload.pluginsRun, given.pluginsRun);
    payload.workers.push(...given.workers ?? []);
    return call({ method, args: [payload.describe(), completeRequestMeta(given.request)], content: bytes });
  };
  const loaded = await sandbox.methods(spec);
  if (loaded.status !== "ok") {
    await dispose();
    throw new StoqPluginError(`Plugin "${name}" ${loaded.message}`, { cause: loaded });
  }
  return {
    name,
    classes: classesOf(loaded.answer.value as string[]),
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
      const { results, errors } = resultsAnswer(await call({ method: "decorate", args: [completeResponse(response)] }));
      return { results, errors: [...errors] };
    },
    save: async (response) => {
      const { value } = await call({ method: "save", args: [completeResponse(response)] });
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
    [Symbol.asyncDispose]: dispose,
  };
}

/** Options, permissions and limits of the plugin under test; nothing of the user's own. */
function configOf(name: string, folder: string, { options = {}, permissions, limits = {} }: PluginSetup): Config {
  const config = loadConfig({ baseDir: folder, pluginOpts: { [name]: options }, pluginLimits: { [name]: limits } });
  return { ...config, ...(permissions !== undefined && { pluginPermissions: () => permissions }) };
}

/** A copy of the plugin with its packages in its module; null where it needs none. */
async function bundled(folder: string): Promise<Placed | null> {
  const plugin = await readPluginFolder(folder);
  const { outside } = await findImports(plugin.module, folder);
  if (outside.length === 0) return null;
  return await place((await assemble(plugin)).files);
}

/** Ids and time of the defaults: the same in each test, so that results can be compared whole. */
const NO_ID = "00000000-0000-4000-8000-000000000000";
const NO_TIME = "1970-01-01T00:00:00.000Z";

function completeResponse({ results = [], requestMeta, ...given }: ResponseSetup): Data {
  return {
    ...{ time: NO_TIME, errors: {}, decorators: {}, scanId: NO_ID },
    ...given,
    requestMeta: completeRequestMeta(requestMeta),
    results: results.map((result, index): PayloadResults => ({
      payloadId: NO_ID.slice(0, -4) + String(index).padStart(4, "0"),
      size: 0,
      workers: [],
      archivers: {},
      extractedFrom: null,
      extractedBy: null,
      ...result,
      payloadMeta: completePayloadMeta(result.payloadMeta),
      pluginsRun: { workers: [], archivers: [], ...result.pluginsRun },
    })),
  };
}

function dispatcher(answer: Answer): DispatcherResponse {
  const { pluginNames, meta, shouldArchive, errors } = dispatcherAnswer(answer);
  return { pluginNames: [...pluginNames], meta, errors: [...errors], ...(shouldArchive !== null && { shouldArchive }) };
}

function newPayload({ value, parts: [content] }: Answer): NewPayload | null {
  return content === undefined ? null : { content, payloadMeta: completePayloadMeta(value) };
}
