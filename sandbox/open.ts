import type { Sandbox, SandboxLog } from "./sandbox.ts";
import { WorkerTier } from "./worker_tier.ts";

/** Opens the sandbox that plugins run in. */
export function openSandbox(log: SandboxLog): Sandbox {
  return new WorkerTier(log);
}
