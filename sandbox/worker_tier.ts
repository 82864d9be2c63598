import { readAsset } from "./assets.ts";
import { PluginWorker } from "./worker.ts";
import {
  type Call,
  inMemory,
  type Outcome,
  parseOutcome,
  type PluginSpec,
  type Sandbox,
  type SandboxLog,
} from "./sandbox.ts";

/** Runs every plugin in a Web Worker of this process. */
export class WorkerTier implements Sandbox {
  readonly #workers = new Map<string, PluginWorker>();

  constructor(private readonly log: SandboxLog) {}

  /** Methods of a plugin. */
  async methods(plugin: PluginSpec): Promise<Outcome> {
    return parseOutcome(await this.#worker(plugin).methods());
  }

  /** Calls a plugin. */
  async call(plugin: PluginSpec, call: Call): Promise<Outcome> {
    const { args, content, ...rest } = call;
    const raw = { ...rest, args: JSON.stringify(args), ...(content && { content: inMemory(content) }) };
    return parseOutcome(await this.#worker(plugin).call(raw));
  }

  /** Nothing is kept between calls. */
  forget(): void {}

  /** Closes all plugins. */
  async [Symbol.asyncDispose](): Promise<void> {
    const workers = [...this.#workers.values()];
    this.#workers.clear();
    await Promise.all(workers.map((worker) => worker.close()));
  }

  #worker(plugin: PluginSpec): PluginWorker {
    let worker = this.#workers.get(plugin.name);
    if (worker === undefined) this.#workers.set(plugin.name, worker = new PluginWorker(plugin, this.log, readAsset));
    return worker;
  }
}
