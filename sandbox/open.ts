import { ProcessTier } from "./process_tier.ts";
import type { Call, Outcome, PluginSpec, Sandbox, SandboxLog } from "./sandbox.ts";
import { WorkerTier } from "./worker_tier.ts";

/**
 * Opens the sandbox that plugins run in: processes, or Workers in the core for those with `isolation = worker`.
 *
 * @param sandboxes Most processes shared by plugins that can only compute.
 */
export function openSandbox(sandboxes: number, log: SandboxLog): Sandbox {
  return new BothTiers(new ProcessTier({ sandboxes }, log), new WorkerTier(log));
}

class BothTiers implements Sandbox {
  constructor(private readonly processes: Sandbox, private readonly workers: Sandbox) {}

  methods(plugin: PluginSpec): Promise<Outcome> {
    return this.#tier(plugin).methods(plugin);
  }

  call(plugin: PluginSpec, call: Call): Promise<Outcome> {
    return this.#tier(plugin).call(plugin, call);
  }

  forget(content: Uint8Array<ArrayBuffer>): void {
    this.processes.forget(content);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.processes[Symbol.asyncDispose](), this.workers[Symbol.asyncDispose]()]);
  }

  #tier({ limits }: PluginSpec): Sandbox {
    return limits.isolation === "worker" ? this.workers : this.processes;
  }
}
