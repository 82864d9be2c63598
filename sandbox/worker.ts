/**
 * The host's side of one plugin's Web Worker.
 *
 * @module
 */
import { runCommand } from "./commands.ts";
import { embeddedMain, embeddedName, moduleUrl } from "./embedded.ts";
import { workerPermissions } from "./permissions.ts";
import {
  type FromGuest,
  type GuestError,
  oneLine,
  parseFromGuest,
  type Permissions,
  type ToGuest,
} from "./protocol.ts";
import type { Failure, PluginSpec, RawCall, RawOutcome, SandboxLog } from "./sandbox.ts";

/** Log lines a second that a plugin may write before the rest of that second is dropped (and said to be). */
const LOG_LINES_PER_SECOND = 100;
/** Questions (assets, commands) that a guest may have open at once. */
const MAX_OPEN_QUESTIONS = 16;
const MIB = 1024 * 1024;
/** Longest delay that a timer takes, in milliseconds. */
const MAX_DELAY = 2 ** 31 - 1;
/** Milliseconds that `close()` of a plugin may take. */
const CLOSE_TIMEOUT = 2000;

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
  readonly begun: number;
  /** Milliseconds that copying the content took. */
  readonly copy: number;
}

/** Reads an asset of a plugin. */
export type AssetReader = (plugin: PluginSpec, name: string) => Promise<Uint8Array<ArrayBuffer>>;

/**
 * One plugin in one Web Worker. Calls begin in order, at most `concurrency` at a time: one, unless the manifest says otherwise, so
 * that it is always known whose call it is that hangs or crashes. Waiting for a provider's next item is beside the count. After a
 * crash or a timeout the worker is gone, and the next call gets a fresh one.
 */
export class PluginWorker {
  readonly #spec: PluginSpec;
  readonly #log: SandboxLog;
  readonly #assets: AssetReader;
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
  #alarm: Timer | undefined;
  /** When it rings, as of `performance.now()`. */
  #alarmAt = Infinity;

  /** @param assets Reads an asset; rejects with a message for the plugin. */
  constructor(spec: PluginSpec, log: SandboxLog, assets: AssetReader) {
    this.#spec = spec;
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
      this.#pump();
    });
  }

  /** Lets the plugin close, then ends the worker. Calls under way end as crashed. */
  async close(): Promise<void> {
    if (this.#worker === undefined) return;
    if (this.#methods !== undefined) {
      const closed = Promise.withResolvers<void>();
      this.#closed = closed.resolve;
      this.#post({ type: "close" });
      const timer = setTimeout(closed.resolve, CLOSE_TIMEOUT);
      await closed.promise;
      clearTimeout(timer);
    }
    this.#end({ status: "crashed", message: "sandbox was closed", stack: "" });
  }

  /** Begins what can begin. */
  #pump(): void {
    while (this.#waiting.length > 0) {
      if (this.#methods === undefined) {
        // Several may wait for the same start.
        if (this.#loading === undefined) void this.#start().then((failure) => this.#started(failure));
        return;
      }
      const counted = [...this.#running.values()].filter(({ call }) => call.method !== "ingest").length;
      const full = counted >= (this.#spec.limits.concurrency ?? 1);
      const index = full ? this.#waiting.findIndex(({ call }) => call.method === "ingest") : 0;
      if (index === -1) return;
      this.#send(this.#waiting.splice(index, 1)[0]!);
    }
  }

  /** After a start: a failure is that of the call which the start was for. */
  #started(failure: Failure | null): void {
    if (failure !== null) this.#waiting.shift()?.resolve(failure);
    this.#pump();
  }

  #send(pending: Pending): void {
    const { call, timeout } = pending;
    const id = this.#nextId++;
    const begun = performance.now();
    // The guest's own copy: nothing that it does to the bytes reaches anyone else (row 16).
    const content = call.content === undefined ? undefined : new Uint8Array(call.content).buffer;
    this.#running.set(id, { ...pending, begun, copy: performance.now() - begun });
    if (begun + timeout < this.#alarmAt) this.#setAlarm(begun, timeout);
    this.#post(
      { type: "call", id, method: call.method, args: call.args, ...(content && { content }) },
      content ? [content] : [],
    );
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
      worker = new Worker(guestUrl(), {
        type: "module",
        name: this.#spec.name,
        deno: { permissions: workerPermissions(this.#spec) },
      });
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
    const kinds = Object.keys(permissions) as (keyof Permissions)[];
    this.#post({
      type: "init",
      setup: {
        name: this.#spec.name,
        entry: moduleUrl(this.#spec.entry),
        options: this.#spec.options,
        granted: kinds.filter((kind) => permissions[kind] === true || (permissions[kind] as string[]).length > 0),
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
      case "result": {
        if (!this.#running.has(message.id)) {
          return this.#crashed("broke the sandbox protocol: a result that nobody asked for");
        }
        // Buffers that were never touched cost the plugin no memory, but whoever gets them.
        const size = message.parts.reduce((sum, part) => sum + part.byteLength, 0) / MIB;
        const { memory } = this.#spec.limits;
        if (size > memory) {
          const what = `returned ${Math.ceil(size)} MiB of payloads, more than its limit of memory (${memory} MiB)`;
          return this.#settle(message.id, { status: "failed", message: what, stack: "" });
        }
        return this.#settle(message.id, {
          status: "ok",
          answer: { json: message.json, parts: message.parts.map((part) => new Uint8Array(part)) },
        });
      }
      case "error":
        if (!this.#running.has(message.id)) {
          return this.#crashed("broke the sandbox protocol: an error that nobody asked for");
        }
        return this.#settle(message.id, fromGuestError(message.error, ""));
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
    if (id !== null) this.#settle(id, { status: "timedOut", message });
    this.#end({ status: "timedOut", message: id === null ? message : `another call ${message}` });
  }

  #crashed(message: string, stack = ""): void {
    if (this.#running.size === 0 && this.#loading === undefined) {
      this.#log("error", this.#spec.name, `failed outside of any call: ${message}: its sandbox was replaced`);
    }
    this.#end({ status: "crashed", message, stack });
  }

  /** Ends the worker and with it what was under way. */
  #end(failure: Failure): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    clearTimeout(this.#alarm);
    this.#alarmAt = Infinity;
    this.#methods = undefined;
    this.#closed?.();
    this.#loaded(failure);
    for (const id of [...this.#running.keys()]) this.#settle(id, failure);
  }

  #loaded(failure: Failure | null): void {
    const loading = this.#loading;
    this.#loading = undefined;
    clearTimeout(loading?.timer);
    loading?.resolve(failure);
  }

  #settle(id: number, outcome: RawOutcome): void {
    const running = this.#running.get(id);
    if (running === undefined) return;
    this.#running.delete(id);
    const { made, begun, copy } = running;
    running.resolve({ ...outcome, timing: { queue: begun - made, copy, run: performance.now() - begun - copy } });
    this.#pump();
  }
}

function fromGuestError({ message, stack, denied }: GuestError, prefix: string): Failure {
  return denied === null
    ? { status: "failed", message: prefix + message, stack }
    : { status: "denied", message: prefix + message, stack, denied };
}

/** The module that every Worker starts with. */
function guestUrl(): string {
  return embeddedMain() === undefined
    ? new URL("./guest_main.ts", import.meta.url).href
    : moduleUrl(embeddedName("sandbox/guest_main.js"));
}
