/**
 * One sandbox process, seen from the core.
 *
 * @module
 */
import { readAsset } from "./assets.ts";
import { type BulkFiles, MAX_FILE, type Place } from "./bulk.ts";
import { embeddedParts } from "./embedded.ts";
import { FrameError, FrameReader, type FrameWriter } from "./frames.ts";
import { parseFromProcess, type ToProcess } from "./process_protocol.ts";
import { MAX_OPEN_QUESTIONS, MAX_RESULT_CHARS, oneLine, printable } from "./protocol.ts";
import { forgetProcess, residentMiB } from "./rss.ts";
import {
  type Call,
  concurrencyOf,
  type Outcome,
  parseOutcome,
  type PluginSpec,
  type SandboxLog,
  sharesProcess,
} from "./sandbox.ts";
import { startProcess } from "./start.ts";

/** Bytes of standard error that are kept, to say what a process died of. */
const STDERR_KEPT = 8 * 1024;
/** Longest envelope of a process, in bytes: what is long is in parts. */
const MAX_ANSWER_ENVELOPE = 32 * 1024 * 1024;
const MIB = 1024 * 1024;
/** Milliseconds without an answer after which a process with calls under way counts as hung. */
const UNRESPONSIVE = 10_000;
/** Exit status with which Deno says that it cannot run a program at all. */
const START_FAILED = 1;
/** Milliseconds that a process may take to close. */
const CLOSE_TIMEOUT = 3_000;

const encoder = new TextEncoder();

/** A call on its way, until it is settled. */
export interface Job {
  readonly plugin: PluginSpec;
  /** Null to load the plugin only. */
  readonly call: Call | null;
  /** Processes that ended while the job was in them, through no fault of its own. */
  interrupted: number;
  readonly settle: (outcome: Outcome) => void;
}

/** A payload's bytes that the process has. */
interface SentContent {
  readonly id: number;
  /** Where they are in the file, if they are there. */
  readonly at: number | null;
  /** Jobs that need them. */
  jobs: number;
  /** To be dropped once no job needs them. */
  forgotten: boolean;
}

/** Why a process ended. */
export type Death =
  /** A call is known to be the cause, and settled. */
  | { readonly kind: "replaced" }
  | { readonly kind: "closed" }
  | { readonly kind: "memory"; readonly used: number; readonly limit: number }
  | { readonly kind: "unresponsive" }
  /** By itself: an abort, an exit, a signal from elsewhere, nonsense on its output. */
  | { readonly kind: "ended"; readonly how: string }
  /** It never came to life: what it was to do has nothing to do with it. */
  | { readonly kind: "stillborn"; readonly how: string };

/** One line that says what a process died of. */
export function explainDeath(death: Death): string {
  switch (death.kind) {
    case "memory":
      return `used ${
        Math.round(death.used)
      } MiB of memory, the limit is ${death.limit} MiB: its sandbox process was killed`;
    case "unresponsive":
      return `its sandbox process did not answer for ${UNRESPONSIVE / 1000} s and was killed`;
    case "ended":
      return `its sandbox process ended: ${death.how}`;
    case "stillborn":
      return `its sandbox process could not be started: ${death.how}`;
    case "replaced":
      return "its sandbox process was replaced";
    case "closed":
      return "sandbox was closed";
  }
}

/** One process with the plugins in it. */
export class SandboxProcess {
  /** Jobs in it, in the order in which they were sent. */
  readonly jobs = new Map<number, Job>();
  /** Takes no more jobs: it is renewed once those in it are done. */
  draining = false;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #writer: FrameWriter;
  readonly #known = new Map<string, PluginSpec>();
  readonly #contents = new Map<Uint8Array, SentContent>();
  readonly #files: BulkFiles | null;
  readonly #ended: (process: SandboxProcess, death: Death) => void;
  readonly #log: SandboxLog;
  #death: Death | undefined;
  #exited = false;
  /** Whether the process has said what became of the files. */
  #filesSettled = false;
  /** Assets that it has asked for and not taken. */
  #assetsOpen = 0;
  #answered = false;
  #closing = false;
  #stderr = "";
  #nextCall = 1;
  #nextContent = 1;
  #heard = performance.now();
  #pinged = performance.now();
  /** MiB. */
  #limit = 0;
  #gone: Promise<void>;

  /**
   * @param plugin Plugin that the process is for, and whose permissions it has; nothing for those that share one.
   * @param log Takes what plugins log.
   * @param ended Called once, when the process is gone, with the jobs still in {@linkcode jobs}.
   */
  constructor(
    plugin: PluginSpec | undefined,
    log: SandboxLog,
    ended: (process: SandboxProcess, death: Death) => void,
  ) {
    this.#log = log;
    this.#ended = ended;
    const { child, files, input, writer } = startProcess(plugin);
    this.#child = child;
    this.#files = files;
    this.#input = input;
    this.#writer = writer;
    this.#gone = this.#serve();
    this.#keepAlive(false);
  }

  /** Whether a provider is in it, which would forget what it has brought already if the process were renewed. */
  provides = false;

  /** Process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Resident memory in MiB. */
  get memory(): number {
    return residentMiB(this.pid);
  }

  /** MiB that the process may use: the largest limit of the plugins in it. */
  get memoryLimit(): number {
    return this.#limit;
  }

  /** Sends a job. */
  send(job: Job): void {
    const { plugin, call } = job;
    // What cannot be sent throws here, before anything is under way.
    const args = encoder.encode(JSON.stringify(call?.args ?? []));
    if (this.jobs.size === 0) {
      this.#keepAlive(true);
      this.#heard = performance.now();
    }
    if (!this.#known.has(plugin.name)) {
      this.#known.set(plugin.name, plugin);
      this.#limit = Math.max(this.#limit, plugin.limits.memory);
      this.#post({ type: "plugin", spec: plugin }, embeddedParts(plugin.entry));
    }
    if (call?.method === "ingest") this.provides = true;
    const id = this.#nextCall++;
    this.jobs.set(id, job);
    const timeout = call?.timeout ?? plugin.limits.timeout;
    this.#post({
      type: "call",
      call: id,
      plugin: plugin.name,
      method: call?.method ?? "methods",
      content: call?.content === undefined ? null : this.#sendContent(call.content),
      timeout: Number.isFinite(timeout) ? timeout : null,
    }, [args]);
  }

  /** Drops a payload's bytes, if the process has them. */
  forget(content: Uint8Array): void {
    const sent = this.#contents.get(content);
    if (sent === undefined) return;
    // Two scans may have the same bytes: those of the other still wait for their turn.
    sent.forgotten = true;
    if (sent.jobs === 0) this.#drop(content, sent);
  }

  /**
   * The jobs that can be running: of a plugin that shares the process any, since it has some ahead of their turn, and answers to others can
   * be on their way; of another the first, or as many as it may have at once, and waiting for an item.
   */
  suspects(): Set<Job> {
    let running = 0;
    return new Set(
      [...this.jobs.values()].filter(({ plugin, call }) =>
        sharesProcess(plugin) || call?.method === "ingest" || running++ < concurrencyOf(plugin)
      ),
    );
  }

  /** Whether it is about to be gone. */
  get ending(): boolean {
    return this.#death !== undefined;
  }

  /** Looks at the process's memory and, with jobs in it, its life; kills it if need be. */
  watch(): void {
    const used = this.memory;
    if (this.#limit > 0 && used > this.#limit) return this.kill({ kind: "memory", used, limit: this.#limit });
    const written = this.#files?.answers.size ?? 0;
    if (written > MAX_FILE) return this.kill({ kind: "ended", how: `it wrote ${written} bytes of answers at once` });
    if (this.jobs.size === 0) return;
    const now = performance.now();
    if (now - this.#heard > UNRESPONSIVE) return this.kill({ kind: "unresponsive" });
    if (now - this.#pinged > 1000) {
      this.#pinged = now;
      this.#post({ type: "ping" });
    }
  }

  /** Ends the process now. */
  kill(death: Death): void {
    this.#death ??= death;
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has already ended.
    }
  }

  /** Lets the plugins close, then ends the process. */
  async close(): Promise<void> {
    if (this.#closing) return await this.#gone;
    this.#closing = true;
    // Waiting for a provider's next item ends by itself when the plugin is told to close.
    if ([...this.jobs.values()].some(({ call }) => call?.method !== "ingest")) this.kill({ kind: "closed" });
    this.#death ??= { kind: "closed" };
    this.#post({ type: "close" });
    this.#keepAlive(true);
    const timer = setTimeout(() => this.kill({ kind: "closed" }), CLOSE_TIMEOUT);
    await this.#gone;
    clearTimeout(timer);
  }

  /** Whether the core waits for this process before it can end: only while there is something to wait for. */
  #keepAlive(wanted: boolean): void {
    if (this.#exited) return;
    try {
      if (wanted) this.#child.ref();
      else this.#child.unref();
    } catch {
      // It has ended a moment ago.
    }
  }

  #sendContent(content: Uint8Array<ArrayBuffer>): number {
    const sent = this.#contents.get(content);
    if (sent !== undefined) {
      sent.jobs++;
      sent.forgotten = false;
      return sent.id;
    }
    const id = this.#nextContent++;
    const place = this.#files?.contents.put(content) ?? null;
    this.#contents.set(content, { id, at: place?.at ?? null, jobs: 1, forgotten: false });
    if (place === null) this.#post({ type: "content", content: id }, [content]);
    else this.#post({ type: "content", content: id, place });
    return id;
  }

  #drop(content: Uint8Array, { id, at }: SentContent): void {
    this.#contents.delete(content);
    if (at !== null) this.#files?.contents.free(at);
    this.#post({ type: "forget", content: id });
  }

  /** A job that had the content is done. */
  #release(content: Uint8Array | undefined): void {
    const sent = content && this.#contents.get(content);
    if (content === undefined || sent === undefined) return;
    sent.jobs--;
    if (sent.forgotten && sent.jobs === 0) this.#drop(content, sent);
  }

  #post(message: ToProcess, parts: readonly Uint8Array[] = []): void {
    this.#writer.send(message, parts);
  }

  async #serve(): Promise<void> {
    // An answer's JSON, and payloads that are no more than the memory of the plugin.
    const reader = new FrameReader({
      envelope: MAX_ANSWER_ENVELOPE,
      parts: () => 3 * MAX_RESULT_CHARS + this.#limit * MIB,
    });
    const stderr = this.#readStderr();
    try {
      for await (const chunk of this.#child.stdout) {
        this.#heard = performance.now();
        this.#answered = true;
        for (const frame of reader.push(chunk)) {
          // What a process says that is being killed is not even looked at.
          if (this.#death !== undefined && this.#death.kind !== "closed") break;
          this.#receive(parseFromProcess(frame, (place, call) => this.#read(place, call)));
        }
      }
    } catch (error) {
      this.kill({ kind: "ended", how: `it sent what is no answer (${oneLine((error as Error).message)})` });
    }
    const { code, signal } = await this.#child.status;
    this.#exited = true;
    this.#files?.close();
    // The pipe to it would stay open.
    void this.#input.abort().catch(() => {});
    await stderr;
    forgetProcess(this.pid);
    const kind = this.#answered || code !== START_FAILED ? "ended" : "stillborn";
    this.#ended(this, this.#death ?? { kind, how: this.#lastWords(code, signal) });
  }

  #read(place: Place, call: number): Uint8Array<ArrayBuffer> {
    if (!this.jobs.has(call)) throw new FrameError("answer is one that nobody asked for");
    if (this.#files === null) throw new FrameError("answer names a place in a file that there is not");
    return this.#files.answers.read(place);
  }

  #receive(message: ReturnType<typeof parseFromProcess>): void {
    if (message.type === "opened") return this.#opened(message.usable);
    if (message.type === "log") return this.#log(message.level, message.plugin, message.message);
    if (message.type === "asset") return void this.#sendAsset(message);
    if (message.type === "pong" || this.#death !== undefined) return;
    const job = this.jobs.get(message.call);
    if (job === undefined) return this.kill({ kind: "ended", how: "it answered what nobody asked" });
    const { outcome } = message;
    this.jobs.delete(message.call);
    this.#release(job.call?.content);
    if (message.places.length > 0) this.#post({ type: "read", places: message.places });
    // After terminate() a Worker's thread may run on: only the end of the process ends it (SANDBOX.md, row 11).
    if (outcome.status === "timedOut" || outcome.status === "crashed") this.kill({ kind: "replaced" });
    if (this.jobs.size === 0) this.#keepAlive(false);
    job.settle(parseOutcome(outcome));
  }

  /** The process has opened the files: they lose their names, and may be used. */
  #opened(usable: boolean): void {
    if (this.#files === null || this.#filesSettled) {
      return this.kill({ kind: "ended", how: "it opened files that there are not, or twice" });
    }
    this.#filesSettled = true;
    if (!usable) return this.#files.close();
    this.#files.unlink();
    this.#post({ type: "unlinked" });
  }

  async #sendAsset({ ask, plugin, name }: { ask: number; plugin: string; name: string }): Promise<void> {
    const spec = this.#known.get(plugin);
    if (spec === undefined) {
      return this.kill({ kind: "ended", how: "it asked for an asset of a plugin that it does not have" });
    }
    if (++this.#assetsOpen > MAX_OPEN_QUESTIONS * this.#known.size) {
      return this.kill({ kind: "ended", how: "it asked for more assets than its plugins can" });
    }
    try {
      this.#post({ type: "asset", ask }, [await readAsset(spec, name)]);
    } catch (error) {
      this.#post({ type: "asset", ask, error: (error as Error).message });
    }
    // One that does not read what it asked for gets no more.
    await this.#writer.flush();
    this.#assetsOpen--;
  }

  async #readStderr(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stderr) {
      this.#stderr = (this.#stderr + decoder.decode(chunk, { stream: true })).slice(-STDERR_KEPT);
    }
  }

  #lastWords(code: number, signal: string | null): string {
    if (this.#stderr !== "") {
      this.#log("debug", "stoq", `sandbox process ${this.pid} wrote: ${printable(this.#stderr, STDERR_KEPT)}`);
    }
    if (/out of memory|heap limit/i.test(this.#stderr)) return "it ran out of heap memory";
    if (/has panicked/i.test(this.#stderr)) return "Deno itself failed in it";
    if (signal !== null) return `signal ${signal}`;
    const words = this.#stderr.split("\n").find((line) => line.trim() !== "");
    return `exit status ${code}${words === undefined ? "" : ` (${oneLine(words, 200)})`}`;
  }
}
