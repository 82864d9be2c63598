/**
 * The types that a plugin author needs. Everything here is erased at run time: a plugin imports it with
 * `import type` and needs no other file of this project.
 *
 * A plugin is a module whose default export is a class. It is constructed once per sandbox with a
 * {@linkcode PluginContext} and has the methods of every plugin class that it implements.
 *
 * @example A worker
 * ```ts
 * import type { Payload, PluginContext, WorkerPlugin, WorkerResponse } from "@stoq/cli/plugin";
 *
 * export default class Size implements WorkerPlugin {
 *   constructor(private readonly context: PluginContext) {}
 *   scan(payload: Payload): WorkerResponse {
 *     return { results: { size: payload.content.length } };
 *   }
 * }
 * ```
 *
 * @module
 */

/** Data under names, as it appears in the JSON of a response. */
export type Data = Record<string, unknown>;

/** A value, or a promise of it: every plugin method may be async. */
export type MaybePromise<T> = T | Promise<T>;

/** What is known about a payload besides its bytes. */
export interface PayloadMeta {
  /** Whether destination archivers may save the payload. Default: true. */
  shouldArchive: boolean;
  /** Whether plugins scan the payload; if not it is only recorded (and archived). Default: true. */
  shouldScan: boolean;
  /** Anything worth knowing: `filename`, `offset`, ... Default: empty. */
  extraData: Data;
  /** Workers that this payload is sent to, besides those that dispatchers name. Default: none. */
  dispatchTo: string[];
}

/** What is known about the request that a payload came with. */
export interface RequestMeta {
  /** Whether payloads of this request may be archived at all. Default: true. */
  archivePayloads: boolean;
  /** Where the request came from, as the operator calls it. Default: null. */
  source: string | null;
  /** Anything worth keeping beside the results. Default: empty. */
  extraData: Data;
}

/** Names of the plugins that ran for a payload: workers by pass, and archivers. */
export interface PluginsRun {
  /** Names of workers: one entry a pass. */
  workers: string[][];
  /** Names of archivers. */
  archivers: string[];
}

/** A payload as a plugin sees it: a private copy, changes to it reach nobody. */
export interface Payload {
  /** UUID of the payload in this scan. */
  readonly payloadId: string;
  /** The bytes: a copy that is the plugin's own. */
  readonly content: Uint8Array<ArrayBuffer>;
  /** Metadata of the payload. */
  readonly payloadMeta: PayloadMeta;
  /** What each dispatcher that chose plugins for this payload had to say, by dispatcher name. */
  readonly dispatchMeta: Record<string, Data>;
  /** Results of the workers that ran before this call: one entry a pass, by worker name. */
  readonly workers: Record<string, unknown>[];
  /** Which plugins ran for this payload so far. */
  readonly pluginsRun: PluginsRun;
  /** `payloadId` of the payload that this one was extracted from, if any. */
  readonly extractedFrom: string | null;
  /** Name of the worker that extracted this payload, if any. */
  readonly extractedBy: string | null;
}

/** A payload that a worker found inside another. */
export interface ExtractedPayload {
  /** The bytes. They are moved out of the plugin: don't use the array afterwards. */
  content: Uint8Array;
  /** Metadata; what is left out has its default. */
  payloadMeta?: Partial<PayloadMeta>;
}

/** What a worker returns. */
export interface WorkerResponse {
  /** Results, under the worker's name in the response. Must be representable as JSON. */
  results?: unknown;
  /** Payloads to be scanned next. */
  extracted?: ExtractedPayload[];
  /** What went wrong, for the analyst. */
  errors?: string[];
  /** Further workers that this same payload is sent to, in the next pass. */
  dispatchTo?: string[];
}

/** What a dispatcher or a deep dispatcher returns. */
export interface DispatcherResponse {
  /** Workers that the payload is sent to. */
  pluginNames?: string[];
  /** Seen by those workers as `payload.dispatchMeta[dispatcher]`. */
  meta?: Data;
  /** What went wrong, for the analyst. */
  errors?: string[];
  /** Overrides the payload's `shouldArchive`. */
  shouldArchive?: boolean;
}

/** What an archiver returns after saving a payload. */
export interface ArchiverResponse {
  /** Enough to find the payload again: handed back to `get`. */
  results?: Data;
  /** What went wrong, for the analyst. */
  errors?: string[];
}

/** What a decorator returns. */
export interface DecoratorResponse {
  /** Results, under the decorator's name in the response. */
  results?: unknown;
  /** What went wrong, for the analyst. */
  errors?: string[];
}

/** The bytes and metadata of a payload that a provider or a source archiver brings. */
export interface NewPayload {
  /** The bytes. */
  content: Uint8Array;
  /** Metadata; what is left out has its default. */
  payloadMeta?: Partial<PayloadMeta>;
}

/** The results of one payload of a scan. */
export interface PayloadResults {
  /** UUID of the payload in this scan. */
  payloadId: string;
  /** Bytes. */
  size: number;
  /** Metadata of the payload. */
  payloadMeta: PayloadMeta;
  /** Results by worker name, one entry a pass. */
  workers: Record<string, unknown>[];
  /** Results by archiver name. */
  archivers: Record<string, unknown>;
  /** Which plugins ran for it. */
  pluginsRun: PluginsRun;
  /** `payloadId` of the payload that it came out of, if any. */
  extractedFrom: string | null;
  /** Name of the worker that took it out, if any. */
  extractedBy: string | null;
  /** Where else in the scan the same bytes came out; left out when nowhere. */
  duplicates?: { extractedFrom: string; extractedBy: string; payloadMeta: PayloadMeta }[];
}

/** The whole outcome of a scan, as decorators and connectors see it. */
export interface ScanResponse {
  /** RFC 3339 time at which the scan began, UTC. */
  time: string;
  /** One entry a payload, the original first. */
  results: PayloadResults[];
  /** Metadata of the request. */
  requestMeta: RequestMeta;
  /** Messages by plugin name; `stoq` for those of the framework itself. */
  errors: Record<string, string[]>;
  /** Results by decorator name. */
  decorators: Record<string, unknown>;
  /** UUID of the scan. */
  scanId: string;
}

/** A {@linkcode ScanResponse} with the ways that a connector may want to write it. */
export interface Response extends ScanResponse {
  /** The documented JSON form, snake_case names. */
  toJSON(): Data;
  /** The documented JSON text. @param indent Spaces a level; 0 for one line. Default: 4. */
  toString(indent?: number): string;
  /** One response for each result of each worker. */
  split(): Response[];
}

/** Message levels, least to most severe. */
export type LogLevel = "debug" | "info" | "warning" | "error" | "critical";

/** Writes to the log of the core, never to standard output. */
export type PluginLog = Record<LogLevel, (message: string) => void>;

/** Options of a plugin, after command line > constructor > stoq.cfg > manifest. */
export interface PluginOptions {
  /** Text. @throws {TypeError} If the option is not set and there is no fallback. */
  getString(name: string, fallback?: string): string;
  /** A number. @throws {TypeError} If the value is not a number, or not set without a fallback. */
  getNumber(name: string, fallback?: number): number;
  /** `true`/`yes`/`on`/`1` or `false`/`no`/`off`/`0`. @throws {TypeError} If it is something else. */
  getBoolean(name: string, fallback?: boolean): boolean;
  /** Comma-separated or multi-line text, or a JSON array of strings, as a list. @throws {TypeError} See above. */
  getList(name: string, fallback?: readonly string[]): string[];
  /** A JSON value. @throws {TypeError} If the text is not JSON. */
  getJson(name: string, fallback?: unknown): unknown;
  /** Whether the option is set at all, to anything but nothing. */
  has(name: string): boolean;
}

/** How a program that the host ran for the plugin ended. */
export interface CommandResult {
  /** Exit status. */
  code: number;
  /** Bytes of standard output. */
  stdout: Uint8Array<ArrayBuffer>;
  /** Text of standard error, its first 64 KiB. */
  stderr: string;
}

/** What a plugin gets when it is constructed. */
export interface PluginContext {
  /** The plugin's name, as in its manifest. */
  readonly name: string;
  /** The plugin's options. */
  readonly options: PluginOptions;
  /** The core's log. */
  readonly log: PluginLog;
  /** Aborted when the sandbox is closed. */
  readonly signal: AbortSignal;
  /**
   * The bytes of a file in the plugin's own folder, or of one that its manifest lists in `[assets]`. Needs no permission.
   * @param path Relative to the plugin's folder, or a name in `[assets]`.
   */
  asset(path: string): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Runs a command line of the manifest's `[commands]`, outside the sandbox, as the operator granted it.
   * @param name Its name in `[commands]`.
   * @param input Bytes for its standard input, or for `{file}`.
   */
  command(name: string, input?: Uint8Array): Promise<CommandResult>;
}

/** Any plugin: `close` is called when its sandbox is closed. */
export interface Plugin {
  /** Lets go of what the plugin holds; it is not called again afterwards. */
  close?(): MaybePromise<void>;
}

/** Produces results and payloads from a payload. */
export interface WorkerPlugin extends Plugin {
  /** Looks at a payload. @returns Nothing when there is nothing to say about it. */
  scan(payload: Payload, request: RequestMeta): MaybePromise<WorkerResponse | null | undefined | void>;
}

/** Chooses the workers for a payload, before any has run. */
export interface DispatcherPlugin extends Plugin {
  /** Chooses workers. @returns Nothing when the payload is none that it knows workers for. */
  getDispatches(payload: Payload, request: RequestMeta): MaybePromise<DispatcherResponse | null | undefined | void>;
}

/** Chooses more workers for a payload, seeing the results of those that ran (`payload.workers`). */
export interface DeepDispatcherPlugin extends Plugin {
  /** Chooses more workers. @returns Nothing when the results give no reason for more workers. */
  getDeepDispatches(payload: Payload, request: RequestMeta): MaybePromise<DispatcherResponse | null | undefined | void>;
}

/** Saves payloads (destination), brings them back (source), or both. */
export interface ArchiverPlugin extends Plugin {
  /** Saves a payload. @returns What `get` needs to find it again. */
  archive?(payload: Payload, request: RequestMeta): MaybePromise<ArchiverResponse | null | undefined | void>;
  /** Loads a payload. @returns Nothing when there is none for the task. */
  get?(task: ArchiverResponse): MaybePromise<NewPayload | null | undefined | void>;
}

/** Adds to a response when all its payloads are done. */
export interface DecoratorPlugin extends Plugin {
  /** Adds to a response. @returns Nothing when there is nothing to add. */
  decorate(response: Response): MaybePromise<DecoratorResponse | null | undefined | void>;
}

/** Delivers responses. */
export interface ConnectorPlugin extends Plugin {
  /** Delivers a response. @returns Nothing; or, with the permission `stdout`, text that the core writes to standard output. */
  save(response: Response): MaybePromise<string | void>;
}

/** A payload, or a task for source archivers, that a provider brings. */
export interface ProviderItem {
  /** A payload to scan. */
  payload?: NewPayload;
  /** Or: what the named source archivers need to load it, by archiver name. */
  task?: Record<string, Data>;
  /** Request metadata of this payload, over that of the run. */
  request?: Partial<RequestMeta>;
  /** Called once the results of this item are saved everywhere. */
  acknowledge?(): MaybePromise<void>;
}

/** Brings payloads until its source is exhausted. */
export interface ProviderPlugin extends Plugin {
  /** What the source has, one item after another; the next is asked for when there is room for it. */
  ingest(): AsyncIterable<ProviderItem>;
}
