/**
 * The run loop: providers to connectors. At least once: an item is acknowledged only when every archiver and connector has its
 * results, or a dead letter holds it.
 *
 * @module
 */
import type { Data, PayloadMeta, RequestMeta } from "../plugin.ts";
import type { Answer } from "../sandbox/sandbox.ts";
import { completePayloadMeta, givenRequestMeta } from "./answers.ts";
import { backoff } from "./backoff.ts";
import type { Errors, PluginCaller } from "./call.ts";
import type { Config } from "./config.ts";
import { writeDeadLetter } from "./dead_letter.ts";
import { StoqPluginError } from "./errors.ts";
import type { Log } from "./log.ts";
import { Payload } from "./payload.ts";
import { BoundedQueue } from "./queue.ts";
import type { StoqResponse } from "./response.ts";

/** Failures that a summary names. */
const MAX_FAILURES = 100;

/**
 * Items that a provider is asked for before the first of them has come, as far as there is room for them: one message each way would
 * otherwise be all that is under way, and no two could share a write. Never more than it has brought since it began: if it fails, what it
 * was asked for besides makes it begin anew, and that must not get it to where it failed.
 */
const MOST_ASKED = 16;

/** How a run is doing. */
export interface RunProgress {
  /** Payloads scanned and delivered, or put into a dead letter. */
  readonly done: number;
  /** Of these, how many have errors in their response. */
  readonly withErrors: number;
  /** Items that could not be delivered. */
  readonly deadLetters: number;
  /** Payloads being scanned. */
  readonly inFlight: number;
  /** Payloads waiting. */
  readonly queued: number;
  /** Since the start. */
  readonly seconds: number;
}

/** How a run ended. */
export interface RunSummary extends RunProgress {
  /** Items that were begun or queued when the run was stopped, and are not acknowledged. */
  readonly unfinished: number;
  /** What providers failed with, and letters that could not be written: the first hundred; the log has all. */
  readonly failures: readonly string[];
  /** Whether the run was stopped, rather than its providers exhausted. */
  readonly stopped: boolean;
}

/** What a run needs. */
export interface RunContext {
  readonly caller: PluginCaller;
  readonly config: Config;
  readonly log: Log;
  readonly requestMeta: Partial<RequestMeta>;
  /** Scans a payload; `undelivered` names the archivers and connectors that failed. */
  readonly scan: (
    payload: Payload,
    request: Partial<RequestMeta>,
  ) => Promise<{ response: StoqResponse; undelivered: string[] }>;
  /** Stops the run: what is in flight is finished, within the configured time. */
  readonly signal: AbortSignal;
  /** Told after each item. */
  readonly onProgress: (progress: RunProgress) => void;
}

/** One thing that a provider brought. */
interface Item {
  readonly provider: string;
  readonly payload: { readonly content: Uint8Array<ArrayBuffer>; readonly payloadMeta: PayloadMeta } | null;
  readonly task: Record<string, Data> | null;
  readonly request: Partial<RequestMeta>;
  /** Handed back to the provider when the item is done; null where it wants to hear nothing. */
  readonly acknowledge: string | null;
}

/** Runs until all providers are exhausted, or the signal stops it. */
export async function run(context: RunContext): Promise<RunSummary> {
  return await new Run(context).run();
}

class Run {
  readonly #context: RunContext;
  readonly #queue: BoundedQueue<Item>;
  readonly #failures: string[] = [];
  readonly #start = performance.now();
  readonly #inFlight = new Set<Item>();
  /** Set when nobody waits for items in flight any more: they are neither delivered nor buried, and come again. */
  #over = false;
  /** Items that came after the run was stopped. */
  #tooLate = 0;
  #done = 0;
  #withErrors = 0;
  #deadLetters = 0;

  constructor(context: RunContext) {
    this.#context = context;
    this.#queue = new BoundedQueue(context.config.maxQueue);
  }

  async run(): Promise<RunSummary> {
    const { config, signal } = this.#context;
    const { providers } = config.plugins;
    if (providers.length === 0) {
      throw new StoqPluginError("No provider is selected: name one with -P, or providers in stoq.cfg");
    }
    const provided = Promise.all(providers.map((name) => this.#provide(name)));
    const consumed = Promise.all(Array.from({ length: config.providerConsumers }, () => this.#consume()));
    await unlessStopped(provided, signal);
    this.#queue.close();
    await unlessStopped(consumed, signal);
    let unfinished = 0;
    if (signal.aborted) {
      unfinished = this.#queue.clear().length;
      const deadline = Promise.withResolvers<void>();
      const timer = setTimeout(deadline.resolve, config.shutdownTimeout * 1000);
      await Promise.race([consumed, deadline.promise]);
      clearTimeout(timer);
      this.#over = true;
      unfinished += this.#inFlight.size + this.#tooLate;
    }
    return { ...this.#progress(), unfinished, failures: this.#failures, stopped: signal.aborted };
  }

  /** Takes items of a provider for as long as there are some; a provider that fails is asked again, a few times. */
  async #provide(provider: string): Promise<void> {
    const { caller, signal, config } = this.#context;
    const ask = async () => {
      const errors: Errors = {};
      return {
        errors,
        answer: await caller.call(provider, { method: "ingest", args: [], timeout: Infinity }, { errors }),
      };
    };
    // What was asked for and has not come; it comes in the order of asking.
    const asked: ReturnType<typeof ask>[] = [];
    let failed = 0;
    let brought = 0;
    let most = 0;
    while (!signal.aborted) {
      // Only when there is room: the provider holds back what nobody can take. A run that is stopped closes the queue.
      await this.#queue.hasRoom();
      if (signal.aborted) return;
      const atOnce = Math.min(MOST_ASKED, Math.max(1, Math.min(brought, this.#queue.room)));
      while (asked.length < atOnce) asked.push(ask());
      const { errors, answer } = await asked.shift()!;
      if (answer === null) {
        if (signal.aborted) return;
        // One that gets no further than before, each time it begins anew, would go on for ever.
        failed = brought > most ? 1 : failed + 1;
        most = Math.max(most, brought);
        brought = 0;
        const late = await Promise.all(asked.splice(0));
        if (failed > config.retries) {
          // What it may have brought after a new beginning is not acknowledged: it comes again in the next run.
          this.#fail(`${provider}: ${errors[provider]?.join("; ")}`);
          return;
        }
        for (const { answer } of late) {
          if (answer === null) brought = 0;
          else if (answer.value !== null) {
            brought++;
            this.#take(provider, answer);
          }
        }
        await unlessStopped(backoff(failed), signal);
        continue;
      }
      if (answer.value === null) return;
      brought++;
      this.#take(provider, answer);
    }
    for (const late of asked) {
      const { answer } = await late;
      if (answer !== null && answer.value !== null) this.#tooLate++;
    }
  }

  /** Puts what a provider brought into the queue; once the run is stopped, it is only counted. */
  #take(provider: string, { value, parts: [content] }: Answer): void {
    const { payload, task, request, acknowledge } = value as Record<string, unknown>;
    const taken = this.#queue.put({
      provider,
      payload: payload === null || content === undefined
        ? null
        : { content, payloadMeta: completePayloadMeta(payload) },
      task: typeof task === "object" ? task as Record<string, Data> | null : null,
      request: givenRequestMeta(request),
      acknowledge: typeof acknowledge === "string" ? acknowledge : null,
    });
    if (!taken) this.#tooLate++;
  }

  async #consume(): Promise<void> {
    for (let item = await this.#queue.take(); item !== null; item = await this.#queue.take()) {
      this.#inFlight.add(item);
      try {
        await this.#handle(item);
      } catch (error) {
        // Nothing of ours should fail; if it does, the item is not acknowledged, and comes again.
        this.#fail(`${item.provider}: ${(error as Error).message}`);
        this.#context.log.write("error", "stoq", (error as Error).message, (error as Error).stack);
      }
      this.#inFlight.delete(item);
      this.#context.onProgress(this.#progress());
    }
  }

  async #handle(item: Item): Promise<void> {
    const errors: string[] = [];
    for (const payload of await this.#load(item, errors)) {
      // The payload lets go of its bytes when it has been scanned; a dead letter needs them.
      const { content } = payload;
      const payloadMeta = structuredClone(payload.payloadMeta);
      const request = { ...this.#context.requestMeta, ...item.request };
      const { response, undelivered } = await this.#context.scan(payload, request);
      if (this.#over) return;
      if (Object.keys(response.errors).length > 0) this.#withErrors++;
      if (undelivered.length > 0) {
        const reasons = undelivered.flatMap((name) =>
          (response.errors[name] ?? []).map((message) => `${name}: ${message}`)
        );
        if (!await this.#bury({ ...item, task: null, payload: { content, payloadMeta } }, reasons)) return;
      }
      this.#done++;
    }
    if (this.#over) return;
    if (errors.length > 0) {
      if (!await this.#bury({ ...item, payload: null }, errors)) return;
      this.#done++;
    }
    if (item.acknowledge !== null) {
      const { caller } = this.#context;
      await caller.call(item.provider, { method: "acknowledge", args: [item.acknowledge] }, { errors: {} });
    }
  }

  /** The item's payload, or what source archivers load for its task. */
  async #load(item: Item, failed: string[]): Promise<Payload[]> {
    if (item.payload !== null) return [new Payload(item.payload.content, item.payload.payloadMeta)];
    const { caller, config } = this.#context;
    const payloads: Payload[] = [];
    for (const [archiver, results] of Object.entries(item.task ?? {})) {
      if (!config.plugins.sourceArchivers.includes(archiver)) {
        failed.push(
          `${archiver}: is not selected as a source archiver: name it with -S, or source_archivers in stoq.cfg`,
        );
        continue;
      }
      const errors: Errors = {};
      const answer = await caller.call(archiver, { method: "get", args: [{ results }] }, {
        errors,
        retries: config.retries,
      });
      const [content] = answer?.parts ?? [];
      if (content !== undefined) payloads.push(new Payload(content, completePayloadMeta(answer?.value)));
      else failed.push(`${archiver}: ${errors[archiver]?.join("; ") ?? "has no payload for the task"}`);
    }
    if (Object.keys(item.task ?? {}).length === 0) {
      failed.push(`${item.provider}: brought neither a payload nor a task`);
    }
    return payloads;
  }

  /** Writes a dead letter. @returns Whether it was written: if not, the item must come again. */
  async #bury(item: Item, errors: readonly string[]): Promise<boolean> {
    const { config, log } = this.#context;
    try {
      const path = await writeDeadLetter(config.deadLetterDir, {
        time: new Date().toISOString(),
        errors,
        provider: item.provider,
        payloadMeta: completePayloadMeta(item.payload?.payloadMeta),
        requestMeta: {
          archivePayloads: true,
          source: null,
          extraData: {},
          ...this.#context.requestMeta,
          ...item.request,
        },
        task: item.task,
        content: item.payload?.content ?? null,
      });
      this.#deadLetters++;
      log.write("error", "stoq", `Not delivered, kept as "${path}": ${errors.join("; ")}`);
      return true;
    } catch (error) {
      const message = `Cannot write a dead letter into "${config.deadLetterDir}": ${(error as Error).message}`;
      this.#fail(message);
      log.write("critical", "stoq", `${message}: the item is not acknowledged`);
      return false;
    }
  }

  #fail(message: string): void {
    if (this.#failures.length < MAX_FAILURES) this.#failures.push(message);
  }

  #progress(): RunProgress {
    return {
      done: this.#done,
      withErrors: this.#withErrors,
      deadLetters: this.#deadLetters,
      inFlight: this.#inFlight.size,
      queued: this.#queue.length,
      seconds: (performance.now() - this.#start) / 1000,
    };
  }
}

/**
 * Waits for something, but not after the signal; `undefined` if that was first. Not a race with a promise of the signal: as long as
 * that is not settled, it would keep what every race that it was in ended with.
 */
function unlessStopped<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
