/**
 * Runs plugins in sandbox processes: a pool shared by those that can do nothing but compute, and one of its own for every other.
 *
 * @module
 */
import { type Death, explainDeath, type Job, SandboxProcess } from "./process.ts";
import { type Call, type Outcome, type PluginSpec, type Sandbox, type SandboxLog, sharesProcess } from "./sandbox.ts";

/** Milliseconds between looks at the processes that have calls under way. */
const WATCH_INTERVAL = 50;
/** The same where no process has any. */
const IDLE_INTERVAL = 1000;
/** Share of its memory limit past which a process is renewed when it has nothing to do: some WebAssembly leaks. */
const RENEW_AT = 0.6;
/**
 * Jobs in the least busy process at which another is started. Not at the first: its Workers already run beside each other, and
 * every plugin has to be loaded again in a new one.
 */
const SPREAD_AT = 8;
/** How often a job may be in a process that others bring down, before it runs alone, or is given up if it may act on the world. */
const MAX_INTERRUPTIONS = 5;

/** How many processes, and how large. */
export interface ProcessTierOptions {
  /** Most processes shared by plugins that can only compute. */
  readonly sandboxes: number;
}

/** Plugins in processes that can be killed. */
export class ProcessTier implements Sandbox {
  readonly #shared: SandboxProcess[] = [];
  readonly #own = new Map<string, SandboxProcess>();
  readonly #all = new Set<SandboxProcess>();
  /** Where a payload's bytes are. */
  readonly #place = new WeakMap<Uint8Array, SandboxProcess>();
  /** Suspects run one after the other, those of each plugin alone. */
  #line: Promise<unknown> = Promise.resolve();
  #watch: ReturnType<typeof setTimeout> | undefined;
  /** Whether the watch looks often. */
  #alert = false;
  #closed = false;

  constructor(private readonly options: ProcessTierOptions, private readonly log: SandboxLog) {}

  /** Methods of a plugin. */
  methods(plugin: PluginSpec): Promise<Outcome> {
    return this.#run(plugin, null);
  }

  /** Calls a plugin. */
  call(plugin: PluginSpec, call: Call): Promise<Outcome> {
    return this.#run(plugin, call);
  }

  /** Drops a payload's bytes everywhere. */
  forget(content: Uint8Array<ArrayBuffer>): void {
    for (const process of this.#all) process.forget(content);
  }

  /** Closes all plugins and ends all processes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#watch);
    await Promise.all([...this.#all].map((process) => process.close()));
  }

  #run(plugin: PluginSpec, call: Call | null): Promise<Outcome> {
    return new Promise((settle) => this.#submit({ plugin, call, interrupted: 0, settle }));
  }

  #submit(job: Job): void {
    this.#submitTo(job, () => sharesProcess(job.plugin) ? this.#sharedFor(job.call?.content) : this.#ownOf(job.plugin));
  }

  /** Gives a job to the process that `choose` finds or starts. */
  #submitTo(job: Job, choose: () => SandboxProcess): void {
    if (this.#closed) return job.settle({ status: "crashed", message: "sandbox was closed", stack: "" });
    let process: SandboxProcess;
    try {
      process = choose();
    } catch (error) {
      return job.settle({
        status: "crashed",
        message: `cannot start a sandbox process: ${(error as Error).message}`,
        stack: "",
      });
    }
    try {
      process.send(job);
    } catch (error) {
      return job.settle({ status: "failed", message: `cannot be called: ${(error as Error).message}`, stack: "" });
    }
    if (!this.#alert) this.#lookIn(WATCH_INTERVAL);
  }

  /** The process that has the payload's bytes, else the one with least to do; one more is started while all have much to do. */
  #sharedFor(content: Uint8Array | undefined): SandboxProcess {
    const place = content && this.#place.get(content);
    if (place !== undefined && this.#shared.includes(place)) return place;
    let best: SandboxProcess | undefined;
    for (const process of this.#shared) if (best === undefined || process.jobs.size < best.jobs.size) best = process;
    if (best === undefined || best.jobs.size >= SPREAD_AT && this.#shared.length < this.options.sandboxes) {
      this.#shared.push(best = this.#start());
    }
    if (content !== undefined) this.#place.set(content, best);
    return best;
  }

  #ownOf(plugin: PluginSpec): SandboxProcess {
    let process = this.#own.get(plugin.name);
    if (process === undefined) this.#own.set(plugin.name, process = this.#start(plugin));
    return process;
  }

  #start(plugin?: PluginSpec): SandboxProcess {
    const process = new SandboxProcess(plugin, this.log, (ended, death) => this.#ended(ended, death));
    this.#all.add(process);
    return process;
  }

  #lookIn(delay: number): void {
    clearTimeout(this.#watch);
    this.#alert = delay === WATCH_INTERVAL;
    this.#watch = setTimeout(() => this.#look(), delay);
    // Processes without calls are no reason to stay.
    if (!this.#alert) this.#watch.unref();
  }

  /** Looks at every process: also at one without calls, since a plugin may go on after its answer. */
  #look(): void {
    let busy = false;
    for (const process of this.#all) {
      busy ||= process.jobs.size > 0 || process.draining;
      process.watch();
      if (!process.provides && process.memory > RENEW_AT * process.memoryLimit) this.#retire(process);
      if (process.draining && process.jobs.size === 0) void process.close();
    }
    if (this.#closed || this.#all.size === 0) this.#alert = false;
    else this.#lookIn(busy ? WATCH_INTERVAL : IDLE_INTERVAL);
  }

  /** Gives a process no more jobs. */
  #retire(process: SandboxProcess): void {
    if (process.memoryLimit === 0) return;
    process.draining = true;
    this.#remove(process);
  }

  #remove(process: SandboxProcess): void {
    const index = this.#shared.indexOf(process);
    if (index !== -1) this.#shared.splice(index, 1);
    for (const [name, own] of this.#own) if (own === process) this.#own.delete(name);
  }

  /** Settles what was in a process that is gone: the culprit gets its error, everyone else runs again. */
  #ended(process: SandboxProcess, death: Death): void {
    this.#remove(process);
    this.#all.delete(process);
    const suspects = death.kind === "replaced" ? new Set<Job>() : process.suspects();
    const suspected = new Map<string, Job[]>();
    for (const job of process.jobs.values()) {
      const shared = sharesProcess(job.plugin);
      if (
        death.kind === "closed" || death.kind === "stillborn" || suspects.has(job) && (suspects.size === 1 || !shared)
      ) {
        job.settle({ status: "crashed", message: explainDeath(death), stack: "" });
      } else if (shared && (suspects.has(job) || job.interrupted >= MAX_INTERRUPTIONS)) {
        const jobs = suspected.get(job.plugin.name);
        if (jobs === undefined) suspected.set(job.plugin.name, [job]);
        else jobs.push(job);
      } else this.#again(job);
    }
    process.jobs.clear();
    for (const jobs of suspected.values()) this.#line = this.#line.then(() => this.#oneByOne(jobs));
  }

  #again(job: Job): void {
    job.interrupted++;
    // One that acts on the world may have done so already: only what waited behind another is sent again.
    if (job.interrupted <= MAX_INTERRUPTIONS) return this.#submit(job);
    job.settle({
      status: "crashed",
      message: `was interrupted ${job.interrupted} times by other calls' failures`,
      stack: "",
    });
  }

  /** Runs jobs of a plugin in a process of their own, one after the other, so that it is known whose fault it is if that ends too. */
  async #oneByOne(jobs: readonly Job[]): Promise<void> {
    let process: SandboxProcess | undefined;
    for (const job of jobs) {
      const settled = Promise.withResolvers<void>();
      const settle = (outcome: Outcome) => {
        job.settle(outcome);
        settled.resolve();
      };
      this.#submitTo({ ...job, settle }, () => {
        if (process === undefined || process.ending || !this.#all.has(process)) {
          process = this.#start(job.plugin);
          process.draining = true;
        }
        return process;
      });
      await settled.promise;
    }
  }
}
