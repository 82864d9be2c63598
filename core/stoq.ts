import type { PayloadMeta, RequestMeta, ScanResponse } from "../plugin.ts";
import { openSandbox } from "../sandbox/open.ts";
import { grantedOf, type PluginMethod, ROLES } from "../sandbox/protocol.ts";
import { type PluginSpec, type Sandbox, sharesProcess } from "../sandbox/sandbox.ts";
import { completeRequestMeta } from "./answers.ts";
import { addErrors, type Errors, PluginCaller } from "./call.ts";
import { type Config, loadConfig, type StoqOptions } from "./config.ts";
import { decorate } from "./decorate.ts";
import { type Log, openLog } from "./log.ts";
import { LoadedPlugin } from "./loaded_plugin.ts";
import { StoqPluginError } from "./errors.ts";
import { classesOf, type PluginClass } from "./manifest.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { Payload } from "./payload.ts";
import { RateLimit } from "./rate_limit.ts";
import { type RegisteredPlugin, Registry } from "./registry.ts";
import { StoqResponse } from "./response.ts";
import { run, type RunProgress, type RunSummary } from "./run.ts";
import { scan } from "./scan.ts";
import { traced } from "./trace.ts";
import type { Metrics } from "./metrics.ts";

/** What may be said about one scan. */
export interface ScanOptions {
  /** Metadata of the request. */
  requestMeta?: Partial<RequestMeta>;
  /** Workers that the original payload is sent to. */
  addStartDispatch?: readonly string[];
  /** Workers that the original payload is sent to in the first pass of deep dispatchers. */
  addStartDeepDispatch?: readonly string[];
  /** At most so many scans in so many seconds, `count/seconds`: a scan waits for its turn. */
  ratelimit?: string;
}

/** What may be said about a run. */
export interface RunOptions extends Omit<ScanOptions, "ratelimit"> {
  /** Stops the run: what is in flight is finished first. */
  signal?: AbortSignal;
  /** Told after each item. */
  onProgress?: (progress: RunProgress) => void;
}

/** What `stoq list` shows of a plugin. */
export interface PluginInfo {
  /** Name, as in the manifest. */
  readonly name: string;
  /** Version, as in the manifest. */
  readonly version: string;
  /** Description, as in the manifest. */
  readonly description: string;
  /** Author, as in the manifest. */
  readonly author: string;
  /** None where it cannot be loaded. */
  readonly classes: readonly PluginClass[];
  /** Whether it ships with stoQ. */
  readonly builtin: boolean;
  /** Absolute path of the plugin's folder; `embedded:` and its name where the command is one file. */
  readonly folder: string;
  /** What it is granted, by kind; kinds of which nothing is granted are left out. */
  readonly permissions: Readonly<Record<string, readonly string[] | true>>;
  /** Command lines that the host runs for it. */
  readonly commands: readonly string[];
  /** Where it runs. */
  readonly isolation: "shared" | "process" | "worker";
  /** Seconds of a call, and MiB of its process. */
  readonly limits: { readonly timeout: number; readonly memory: number };
}

/**
 * An analysis framework: scans payloads with plugins, each in its own sandbox.
 *
 * @example
 * ```ts
 * import { Stoq } from "@stoq/cli";
 *
 * await using stoq = new Stoq({ alwaysDispatch: ["hash"] });
 * const response = await stoq.scan(new TextEncoder().encode("data"));
 * console.log(String(response));
 * ```
 */
export class Stoq implements AsyncDisposable {
  readonly #config: Config;
  readonly #log: Log;
  readonly #sandbox: Sandbox;
  readonly #ready: Promise<PluginCaller>;
  readonly #rateLimit = new RateLimit();
  #metrics: Metrics | undefined;
  #output: (text: string) => void = (text) => writeAll(Deno.stdout, text);

  /**
   * Reads the configuration. Plugins are loaded when they are first needed.
   *
   * @throws {StoqConfigError} If the configuration cannot be used.
   */
  constructor(options: StoqOptions = {}) {
    this.#config = loadConfig(options);
    this.#log = openLog(this.#config.log);
    this.#sandbox = openSandbox(
      this.#config.sandboxes,
      (level, plugin, message) => this.#log.write(level, plugin, message),
    );
    this.#ready = Registry.open(this.#config.pluginDirList, this.#log).then((registry) =>
      new PluginCaller(
        registry,
        this.#config,
        this.#sandbox,
        this.#log,
        (plugin, method, outcome) => this.#metrics?.call(plugin, method, outcome),
      )
    );
    // A failure is reported by whoever waits for it.
    this.#ready.catch(() => {});
  }

  /** The configuration in use. */
  get config(): Config {
    return this.#config;
  }

  /**
   * Scans bytes.
   *
   * @param content The bytes, or text (as UTF-8).
   * @param options Metadata of the payload besides what {@linkcode ScanOptions} holds.
   * @returns The complete response, already decorated and saved.
   */
  async scan(
    content: Uint8Array<ArrayBuffer> | string,
    { payloadMeta, ...options }: ScanOptions & { payloadMeta?: Partial<PayloadMeta> } = {},
  ): Promise<StoqResponse> {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    return await this.scanPayload(new Payload(bytes, payloadMeta), options);
  }

  /**
   * Scans a payload. A payload can be scanned once.
   *
   * @returns The complete response, already decorated and saved. What failed is in its `errors`: a plugin cannot make a scan fail.
   */
  async scanPayload(payload: Payload, options: ScanOptions = {}): Promise<StoqResponse> {
    await this.#rateLimit.turn(options.ratelimit);
    return (await this.#scan(payload, options, 0)).response;
  }

  /**
   * Scans what the configured providers bring, until they are exhausted. An item is acknowledged once every archiver and connector
   * has its results; what cannot be delivered goes into a dead letter.
   *
   * @throws {StoqPluginError} If a configured plugin cannot be used.
   */
  async run(options: RunOptions = {}): Promise<RunSummary> {
    const caller = await this.#ready;
    await this.#checkPlugins(caller, options);
    return await run({
      caller,
      config: this.#config,
      log: this.#log,
      requestMeta: options.requestMeta ?? {},
      scan: (payload, requestMeta) => this.#scan(payload, { ...options, requestMeta }, this.#config.retries),
      signal: options.signal ?? new AbortController().signal,
      onProgress: options.onProgress ?? (() => {}),
    });
  }

  async #scan(
    payload: Payload,
    options: ScanOptions,
    retries: number,
  ): Promise<{ response: StoqResponse; undelivered: string[] }> {
    const { budget, plugins } = this.#config;
    const errors: Errors = {};
    if (payload.size > budget.maxPayloadSize) {
      payload.payloadMeta.shouldScan = false;
      addErrors(errors, "stoq", [
        `max_payload_size = ${budget.maxPayloadSize}: payload ${payload.payloadId} of ${payload.size} bytes was not scanned: ` +
        "raise the limit in [core] of stoq.cfg to scan it",
      ]);
    }
    const undelivered = new Set<string>();
    let resultsLeft = budget.maxResultsSize;
    this.#metrics?.begin();
    let response: StoqResponse | undefined;
    try {
      response = await traced(
        "scan",
        { "stoq.payload_id": payload.payloadId, "stoq.size": payload.size },
        async () =>
          await scan(payload, {
            caller: await this.#ready,
            plugins,
            budget,
            request: completeRequestMeta(options.requestMeta),
            errors,
            deadline: performance.now() + budget.scanTimeout * 1000,
            startDispatch: options.addStartDispatch ?? [],
            startDeepDispatch: options.addStartDeepDispatch ?? [],
            results: { take: (size) => size <= resultsLeft && (resultsLeft -= size, true) },
            retries,
            undelivered,
            output: this.#output,
          }),
      );
    } finally {
      this.#metrics?.end(response?.results ?? []);
    }
    return { response, undelivered: [...undelivered] };
  }

  /** A run that could do nothing must not begin: every configured plugin has to be there and of its class. */
  async #checkPlugins(caller: PluginCaller, { addStartDispatch, addStartDeepDispatch }: ScanOptions): Promise<void> {
    const { plugins } = this.#config;
    const wanted: [names: readonly string[], method: PluginMethod][] = [
      [plugins.providers, "ingest"],
      [plugins.sourceArchivers, "get"],
      [plugins.destArchivers, "archive"],
      [plugins.connectors, "save"],
      [plugins.dispatchers, "getDispatches"],
      [plugins.deepDispatchers, "getDeepDispatches"],
      [plugins.decorators, "decorate"],
      [[...plugins.alwaysDispatch, ...addStartDispatch ?? [], ...addStartDeepDispatch ?? []], "scan"],
    ];
    await Promise.all(wanted.flatMap(([names, method]) =>
      names.map(async (name) => {
        if ((await caller.load(name)).includes(method)) return;
        throw new StoqPluginError(`Plugin "${name}" is no ${ROLES[method]}: it has no method "${method}"`);
      })
    ));
  }

  /**
   * Loads a plugin, to use it by hand.
   *
   * @throws {StoqPluginError} If it does not exist or cannot be loaded.
   */
  async loadPlugin(name: string): Promise<LoadedPlugin> {
    const caller = await this.#ready;
    return new LoadedPlugin(name, await caller.load(name), caller, this.#output);
  }

  /** Lists the plugins that can be used. One whose manifest does not say its classes is loaded, in its sandbox. */
  async listPlugins(): Promise<PluginInfo[]> {
    const caller = await this.#ready;
    return await Promise.all((await caller.registry.list()).map((plugin) => this.#describe(plugin, caller)));
  }

  /**
   * Describes one plugin, as `listPlugins` does.
   *
   * @throws {StoqPluginError} If it does not exist.
   */
  async describePlugin(name: string): Promise<PluginInfo> {
    const caller = await this.#ready;
    return await this.#describe(await caller.registry.find(name), caller);
  }

  async #describe({ manifest, builtin }: RegisteredPlugin, caller: PluginCaller): Promise<PluginInfo> {
    let classes: readonly PluginClass[] = [];
    let spec: PluginSpec | null = null;
    let stdout = false;
    try {
      ({ spec, stdout } = (await caller.find(manifest.name)).grant);
      classes = manifest.classes ?? classesOf(await caller.load(manifest.name));
    } catch (error) {
      this.#log.write("warning", "stoq", (error as Error).message);
    }
    const { name, version, description, author, folder } = manifest;
    const { timeout, memory } = spec?.limits ?? { ...DEFAULT_LIMITS, ...manifest.limits };
    return {
      ...{ name, version, description, author, classes, builtin, folder },
      permissions: Object.fromEntries([
        ...(spec === null ? [] : grantedOf(spec.permissions)),
        ...(stdout ? [["stdout", true]] : []),
      ]),
      commands: Object.values(spec?.commands ?? {}).map((words) => words.join(" ")),
      isolation: spec === null ? builtin ? "shared" : "process" : whereItRuns(spec),
      limits: { timeout, memory },
    };
  }

  /**
   * Makes a response of its own of each result, as if its payload had been the original, with all that came out of it; each
   * is decorated anew.
   */
  async *reconstructAllSubresponses(response: ScanResponse): AsyncGenerator<StoqResponse> {
    const caller = await this.#ready;
    for (const [index, root] of response.results.entries()) {
      const family = new Set([root.payloadId]);
      const results = [root];
      for (const result of response.results.slice(index + 1)) {
        if (result.extractedFrom === null || !family.has(result.extractedFrom)) continue;
        family.add(result.payloadId);
        results.push(result);
      }
      const part = new StoqResponse({ ...response, results, errors: structuredClone(response.errors), decorators: {} });
      await decorate(part, { caller, plugins: this.#config.plugins });
      yield part;
    }
  }

  /**
   * Counts from now on what happens, and serves it to Prometheus at `http://127.0.0.1:PORT/metrics`.
   *
   * @returns What ends the serving.
   */
  async serveMetrics(port: number): Promise<AsyncDisposable> {
    // Loaded only where it is wanted.
    this.#metrics ??= new (await import("./metrics.ts")).Metrics();
    return this.#metrics.serve(port);
  }

  /** Ends all sandboxes. */
  async [Symbol.asyncDispose](): Promise<void> {
    // A registry that could not be opened has been reported by whoever needed it.
    await this.#ready.then((caller) => caller.closing = true, () => {});
    await this.#sandbox[Symbol.asyncDispose]();
  }
}

function whereItRuns(spec: PluginSpec): PluginInfo["isolation"] {
  return sharesProcess(spec) ? "shared" : spec.limits.isolation === "worker" ? "worker" : "process";
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
}
