import type { ArchiverResponse, Data, DecoratorResponse, PayloadMeta, RequestMeta, ScanResponse } from "../plugin.ts";
import {
  completePayloadMeta,
  completeRequestMeta,
  type DispatcherAnswer,
  dispatcherAnswer,
  resultsAnswer,
  type WorkerAnswer,
  workerAnswer,
} from "./answers.ts";
import type { Errors, PluginCaller } from "./call.ts";
import { StoqPluginError } from "./errors.ts";
import { Payload } from "./payload.ts";
import type { Answer, Call } from "../sandbox/sandbox.ts";

/** A plugin in its sandbox, to be called by hand. Each method rejects with {@linkcode StoqPluginError} if the call fails. */
export class LoadedPlugin {
  /** Made by `Stoq.loadPlugin`. */
  constructor(
    /** Name, as in the manifest. */
    readonly name: string,
    /** Names of the plugin's methods. */
    readonly methods: readonly string[],
    private readonly caller: PluginCaller,
    private readonly output: (text: string) => void,
  ) {}

  /** Scans a payload with a worker. */
  async scan(payload: Payload, request?: Partial<RequestMeta>): Promise<WorkerAnswer> {
    return workerAnswer(await this.#withPayload("scan", payload, request));
  }

  /** Asks a dispatcher. */
  async getDispatches(payload: Payload, request?: Partial<RequestMeta>): Promise<DispatcherAnswer> {
    return dispatcherAnswer(await this.#withPayload("getDispatches", payload, request));
  }

  /** Asks a deep dispatcher. */
  async getDeepDispatches(payload: Payload, request?: Partial<RequestMeta>): Promise<DispatcherAnswer> {
    return dispatcherAnswer(await this.#withPayload("getDeepDispatches", payload, request));
  }

  /** Saves a payload with an archiver. */
  async archive(payload: Payload, request?: Partial<RequestMeta>): Promise<ArchiverResponse> {
    const { results, errors } = resultsAnswer(await this.#withPayload("archive", payload, request));
    return { results: (results ?? {}) as Data, errors: [...errors] };
  }

  /** Loads a payload with an archiver; null if it has none for the task. */
  async get(task: ArchiverResponse): Promise<Payload | null> {
    const { value, parts: [content] } = await this.#call({ method: "get", args: [task] });
    return content === undefined ? null : new Payload(content, completePayloadMeta(value) as PayloadMeta);
  }

  /** Decorates a response. */
  async decorate(response: ScanResponse): Promise<DecoratorResponse> {
    const { results, errors } = resultsAnswer(await this.#call({ method: "decorate", args: [{ ...response }] }));
    return { results, errors: [...errors] };
  }

  /** Saves a response with a connector. */
  async save(response: ScanResponse): Promise<void> {
    const { value } = await this.#call({ method: "save", args: [{ ...response }] });
    if (typeof value === "string" && (await this.caller.find(this.name)).grant.stdout) this.output(value);
  }

  /** Calls any method, untyped: for `ingest` and `acknowledge`. */
  async call(call: Call): Promise<Answer> {
    return await this.#call(call);
  }

  #withPayload(
    method: "scan" | "getDispatches" | "getDeepDispatches" | "archive",
    payload: Payload,
    request?: Partial<RequestMeta>,
  ) {
    return this.#call(
      { method, args: [payload.describe(), completeRequestMeta(request)], content: payload.content },
      payload,
    );
  }

  async #call(call: Call, payload?: Payload): Promise<Answer> {
    const errors: Errors = {};
    const answer = await this.caller.call(this.name, call, { errors, ...(payload && { payload }) });
    if (payload !== undefined) this.caller.forget(payload);
    if (answer === null) throw new StoqPluginError(`Plugin "${this.name}": ${errors[this.name]?.join("; ")}`);
    return answer;
  }
}
