/**
 * The host's side of one plugin's Web Worker.
 *
 * @module
 */
import { runCommand } from "./commands.ts";
import { GUEST_MODULE, hasModule, moduleUrl } from "./embedded.ts";
import { workerPermissions } from "./permissions.ts";
import {
  type FromGuest,
  grantedOf,
  type GuestCall,
  type GuestError,
  MAX_OPEN_QUESTIONS,
  type Method,
  oneLine,
  parseFromGuest,
  type ToGuest,
} from "./protocol.ts";
import {
  concurrencyOf,
  type Failure,
  type PluginSpec,
  type RawCall,
  type RawOutcome,
  type SandboxLog,
  sharesProcess,
} from "./sandbox.ts";

/** Log lines a second that a plugin may write before the rest of that second is dropped (and said to be). */
const LOG_LINES_PER_SECOND = 100;
const MIB = 1024 * 1024;
/** Longest delay that a timer takes, in milliseconds. */
const MAX_DELAY = 2 ** 31 - 1;
/** Milliseconds that `close()` of a plugin may take. */
const CLOSE_TIMEOUT = 2000;
/** Calls that a guest gets at once, where it may have some before their turn: a message costs more than a small call. */
const MAX_BATCH = 16;
/** Bytes of content that it gets ahead of their turn. */
const MAX_BATCH_SIZE = 1024 * 1024;

type Timer = ReturnType<typeof setTimeout>;

interface Pending {
  readonly call: RawCall;
  /** Milliseconds. */
  readonly timeout: number;
  readonly resolve: (outcome: RawOutcome) => void;
  /** When the call was made, as of `performance.now()`. */
  readonly made: number;
}

interface Running extends Pending {
  /** When its turn came, as of `performance.now()`; null for a call that the guest has, but whose turn has not come. */
  begun: number | null;
  /** Milliseconds that copying the content took. */
  readonly copy: number;
}

/** Reads an asset of a plugin. */
export type AssetReader = (plugin: PluginSpec, name: string) => Promise<Uint8Array<ArrayBuffer>>;

/**
 * One plugin in one Web Worker. Calls begin in order, at most `concurrency` at a time: one, unless the manifest says otherwise, so
 * that it is always known whose call it is that hangs or crashes. Waiting for a provider's next item is beside the count. After a
 * crash or a timeout the worker is gone, and the next call gets a fresh one.
 *
 * A plugin that can do nothing but compute gets some calls at once, to be made in turn. The turn of each comes, by the clock here, when
 * the one before it is answered: it has the time of one call from then on, is the one that a crash is charged to, and the only one
 * that can be answered. Those whose turn has not come when the worker ends wait for the next.
 */
export class PluginWorker {
  readonly #spec: PluginSpec;
  readonly #log: SandboxLog;
  readonly #assets: AssetReader;
  /** Whether the guest may have calls before their turn. */
  readonly #ahead: boolean;
  readonly #waiting: Pending[] = [];
  readonly #running = new Map<number, Running>();
  #worker: Worker | undefined;
  /** Methods of the loaded plugin. */
  #methods: readonly string[] | undefined;
  /** Set while the plugin loads. */
  #loading: { promise: Promise<Failure | null>; resolve: (failure: Failure | null) => void; timer: Timer } | undefined;
  #nextId = 1;
  #openQuestions = 0;
  #logWindow = { start: 0, lines: 0 };
  #closed: (() => void) | undefined;
  /** Closed for good. */
  #shut = false;
  #alarm: Timer | undefined;
  /** When it rings, as of `performance.now()`. */
  #alarmAt = Infinity;

  /** @param assets Reads an asset; rejects with a message for the plugin. */
  constructor(spec: PluginSpec, log: SandboxLog, assets: AssetReader) {
    this.#spec = spec;
    this.#ahead = sharesProcess(spec) && concurrencyOf(spec) === 1;
    this.#log = log;
    this.#assets = assets;
  }

  /** Loads the plugin if need be. Ok with the names of its methods as value. */
  async methods(): Promise<RawOutcome> {
    return await this.#start() ?? { status: "ok", answer: { json: JSON.stringify(this.#methods), parts: [] } };
  }

  /** Calls a method; never rejects. */
  call(call: RawCall): Promise<RawOutcome> {
    return new Promise((resolve) => {
      const timeout = (call.timeout ?? this.#spec.limits.timeout) * 1000;
      this.#waiting.push({ call, timeout, resolve, made: performance.now() });
      // At the end of what goes on now: more that is asked for in it can go with it.
      if (this.#waiting.length === 1) queueMicrotask(() => this.#pump());
    });
  }

  /** Lets the plugin close, then ends the worker. Calls under way end as crashed. */
  async close(): Promise<void> {
    if (this.#methods !== undefined) {
      const closed = Promise.withResolvers<void>();
      this.#closed = closed.resolve;
      this.#post({ type: "close" });
      const timer = setTimeout(closed.resolve, CLOSE_TIMEOUT);
      await closed.promise;
      clearTimeout(timer);
    }
    this.#shut = true;
    const failure: Failure = { status: "crashed", message: "sandbox was closed", stack: "" };
    this.#end(failure);
    for (const { resolve } of this.#waiting.splice(0)) resolve(failure);
  }

  /** Begins what can begin. */
  #pump(): void {
    while (this.#waiting.length > 0 && !this.#shut) {
      if (this.#methods === undefined) {
        // Several may wait for the same start.
        if (this.#loading === undefined) void this.#start().then((failure) => this.#started(failure));
        return;
      }
      const batch = this.#nextBatch();
      if (batch.length === 0) return;
      this.#send(batch);
    }
  }

  /** Takes what can go to the guest now from those that wait: one, or the first few where it may have some ahead. */
  #nextBatch(): Pending[] {
    const counted = [...this.#running.values()].filter(({ call }) => call.method !== "ingest").length;
    if (counted >= concurrencyOf(this.#spec)) {
      const index = this.#waiting.findIndex(({ call }) => call.method === "ingest");
      return index === -1 ? [] : this.#waiting.splice(index, 1);
    }
    let count = 0;
    let size = 0;
    for (const { call } of this.#waiting) {
      size += call.content?.size ?? 0;
      // Whoever waits for an item may do so for long.
      if (count > 0 && (!this.#ahead || count === MAX_BATCH || size > MAX_BATCH_SIZE || call.method === "ingest")) {
        break;
      }
      count++;
      if (call.method === "ingest") break;
    }
    return this.#waiting.splice(0, count);
  }

  /** After a start: a failure is that of the call which the start was for. */
  #started(failure: Failure | null): void {
    if (failure !== null) this.#waiting.shift()?.resolve(failure);
    this.#pump();
  }

  #send(batch: readonly Pending[]): void {
    const calls = batch.map((pending): GuestCall => {
      const { call: { method, args, content: source } } = pending;
      const id = this.#nextId++;
      const before = performance.now();
      // The guest's own copy: nothing that it does to the bytes reaches anyone else (row 16).
      const content = source?.copy();
      this.#running.set(id, { ...pending, begun: null, copy: performance.now() - before });
      return { id, method, args, ...(content && { content }) };
    });
    this.#nextTurn();
    const transfer = calls.flatMap(({ content }) => content ?? []);
    this.#post(calls.length === 1 ? { type: "call", ...calls[0]! } : { type: "calls", calls }, transfer);
  }

  /** It is the turn of the first of those that have not begun. */
  #nextTurn(): void {
    for (const running of this.#running.values()) {
      if (running.begun !== null) continue;
      running.begun = performance.now();
      if (running.begun + running.timeout < this.#alarmAt) this.#setAlarm(running.begun, running.timeout);
      return;
    }
  }

  /** Starts the worker and loads the plugin, unless it is there. @returns How that failed, or null. */
  #start(): Promise<Failure | null> {
    if (this.#methods !== undefined) return Promise.resolve(null);
    if (this.#loading !== undefined) return this.#loading.promise;
    const { promise, resolve } = Promise.withResolvers<Failure | null>();
    const timeout = this.#spec.limits.timeout * 1000;
    this.#loading = { promise, resolve, timer: setTimeout(() => this.#timedOut(timeout, null), timeout) };
    let worker: Worker;
    try {
      worker = takeGuest(workerPermissions(this.#spec));
    } catch (error) {
      const message = `cannot be loaded: its sandbox cannot be made: ${oneLine((error as Error).message)}`;
      this.#end({ status: "failed", message, stack: "" });
      return promise;
    }
    this.#worker = worker;
    worker.onmessage = (event) => worker === this.#worker && this.#receive(event.data);
    worker.onmessageerror = () => worker === this.#worker && this.#crashed("sent a message that cannot be read");
    worker.onerror = (event) => {
      // Not prevented, the error would end the whole process (row 13).
      event.preventDefault();
      if (worker === this.#worker) this.#crashed(event.message);
    };
    const { permissions } = this.#spec;
    this.#post({
      type: "init",
      setup: {
        name: this.#spec.name,
        entry: moduleUrl(this.#spec.entry),
        options: this.#spec.options,
        granted: grantedOf(permissions).map(([kind]) => kind),
        env: Array.isArray(permissions.env) ? permissions.env : [],
      },
    });
    return promise;
  }

  #post(message: ToGuest, transfer: ArrayBuffer[] = []): void {
    this.#worker?.postMessage(message, transfer);
  }

  #receive(data: unknown): void {
    let message: FromGuest;
    try {
      message = parseFromGuest(data);
    } catch (error) {
      return this.#crashed(`broke the sandbox protocol: ${(error as Error).message}`);
    }
    switch (message.type) {
      case "ready":
        if (this.#loading === undefined) return this.#crashed("broke the sandbox protocol: ready twice");
        this.#methods = message.methods;
        return this.#loaded(null);
      case "unusable":
        if (this.#loading === undefined) {
          return this.#crashed("broke the sandbox protocol: failed to load after it was loaded");
        }
        return this.#end(fromGuestError(message.error, "cannot be loaded: "));
      case "result":
      case "error": {
        const running = this.#running.get(message.id);
        if (running === undefined || running.begun === null) {
          const what = message.type === "result" ? "a result" : "an error";
          const why = running === undefined ? "that nobody asked for" : "of a call that has not begun";
          return this.#crashed(`broke the sandbox protocol: ${what} ${why}`);
        }
        if (message.type === "error") return this.#settle(message.id, fromGuestError(message.error, ""));
        // Untouched, they are no memory of the process (row 10), but would be of whoever reads them.
        const size = message.parts.reduce((sum, { byteLength }) => sum + byteLength, 0) / MIB;
        const { memory } = this.#spec.limits;
        if (size > memory) {
          return this.#crashed(`returned ${Math.round(size)} MiB of payloads, the limit is ${memory} MiB`);
        }
        return this.#settle(message.id, {
          status: "ok",
          answer: { json: message.json, parts: message.parts.map((part) => new Uint8Array(part)) },
        });
      }
      case "log":
        return this.#writeLog(message.level, message.message);
      case "late":
        return this.#crashed(`uncaught ${message.error.message}`, message.error.stack);
      case "ask":
        return void this.#answer(message);
      case "closed":
        return this.#closed?.();
    }
  }

  async #answer({ id, what, name, input }: FromGuest & { type: "ask" }): Promise<void> {
    const worker = this.#worker;
    let reply: ToGuest;
    if (this.#openQuestions >= MAX_OPEN_QUESTIONS) {
      reply = {
        type: "answer",
        id,
        error: `more than ${MAX_OPEN_QUESTIONS} requests at once: wait for the earlier ones`,
      };
    } else {
      this.#openQuestions++;
      try {
        const value = what === "asset"
          ? await this.#assets(this.#spec, name)
          : await runCommand(this.#spec, name, new Uint8Array(input ?? new ArrayBuffer(0)));
        reply = { type: "answer", id, value };
      } catch (error) {
        reply = { type: "answer", id, error: (error as Error).message };
      } finally {
        this.#openQuestions--;
      }
    }
    if (worker === this.#worker) this.#post(reply);
  }

  #writeLog(level: Parameters<SandboxLog>[0], message: string): void {
    const now = Date.now();
    if (now - this.#logWindow.start >= 1000) {
      const dropped = this.#logWindow.lines - LOG_LINES_PER_SECOND;
      if (dropped > 0) {
        this.#log(
          "warning",
          this.#spec.name,
          `${dropped} log lines were dropped: more than ${LOG_LINES_PER_SECOND} a second`,
        );
      }
      this.#logWindow = { start: now, lines: 0 };
    }
    if (++this.#logWindow.lines <= LOG_LINES_PER_SECOND) this.#log(level, this.#spec.name, message);
  }

  /** One alarm for all calls, at the earliest of their ends; most are over long before, so it is not set anew for each. */
  #setAlarm(now: number, delay: number): void {
    clearTimeout(this.#alarm);
    this.#alarmAt = now + delay;
    if (delay === Infinity) return;
    this.#alarm = setTimeout(() => {
      const now = performance.now();
      let next = Infinity;
      for (const [id, { begun, timeout }] of this.#running) {
        if (begun === null) continue;
        if (now - begun >= timeout) return this.#timedOut(timeout, id);
        next = Math.min(next, begun + timeout - now);
      }
      this.#setAlarm(now, next);
    }, Math.min(delay, MAX_DELAY));
  }

  /** @param id The call that took too long, or null for loading. */
  #timedOut(timeout: number, id: number | null): void {
    const what = id === null ? "loading " : "";
    const message = `${what}took longer than the limit of ${timeout / 1000} s: its sandbox was replaced`;
    if (id !== null) this.#finish(id, { status: "timedOut", message });
    this.#end({ status: "timedOut", message: id === null ? message : `another call ${message}` });
    if (id !== null) this.#pump();
  }

  #crashed(message: string, stack = ""): void {
    if (this.#running.size === 0 && this.#loading === undefined) {
      this.#log("error", this.#spec.name, `failed outside of any call: ${message}: its sandbox was replaced`);
    }
    this.#end({ status: "crashed", message, stack });
  }

  /** Ends the worker and with it what was under way; what it only had ahead of its turn waits for the next one. */
  #end(failure: Failure): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    clearTimeout(this.#alarm);
    this.#alarmAt = Infinity;
    this.#methods = undefined;
    this.#closed?.();
    this.#loaded(failure);
    const running = [...this.#running];
    const early = running.filter(([, { begun }]) => begun === null);
    for (const [id] of early) this.#running.delete(id);
    this.#waiting.unshift(...early.map(([, pending]) => pending));
    for (const id of [...this.#running.keys()]) this.#finish(id, failure);
    if (running.length > 0) this.#pump();
  }

  #loaded(failure: Failure | null): void {
    const loading = this.#loading;
    this.#loading = undefined;
    clearTimeout(loading?.timer);
    loading?.resolve(failure);
  }

  /** A call has been answered: the next one's turn. */
  #settle(id: number, outcome: RawOutcome): void {
    const method = this.#finish(id, outcome);
    if (method !== "ingest") this.#nextTurn();
    this.#pump();
  }

  /** @returns The call's method. */
  #finish(id: number, outcome: RawOutcome): Method | undefined {
    const running = this.#running.get(id);
    if (running === undefined) return;
    this.#running.delete(id);
    const { call, made, copy, resolve } = running;
    const begun = running.begun ?? performance.now();
    resolve({ ...outcome, timing: { queue: begun - made, copy, run: performance.now() - begun } });
    return call.method;
  }
}

function fromGuestError({ message, stack, denied }: GuestError, prefix: string): Failure {
  return denied === null
    ? { status: "failed", message: prefix + message, stack }
    : { status: "denied", message: prefix + message, stack, denied };
}

/** A Worker that waits for its plugin, and the permissions that it has, as JSON. */
let ready: { readonly permissions: string; readonly worker: Worker } | undefined;

/** Starts a Worker before it is known which plugin it is for. */
export function prepareGuest(permissions: Deno.PermissionOptionsObject): void {
  ready = { permissions: JSON.stringify(permissions), worker: startGuest(permissions) };
}

/** The Worker that was prepared, if it has just these permissions; else a new one. */
function takeGuest(permissions: Deno.PermissionOptionsObject): Worker {
  if (ready?.permissions !== JSON.stringify(permissions)) return startGuest(permissions);
  const { worker } = ready;
  ready = undefined;
  return worker;
}

function startGuest(permissions: Deno.PermissionOptionsObject): Worker {
  const url = hasModule(GUEST_MODULE) ? moduleUrl(GUEST_MODULE) : new URL("./guest_main.ts", import.meta.url).href;
  return new Worker(url, { type: "module", deno: { permissions } });
}
