import type { ScanResponse } from "../plugin.ts";
import type { ScanContext } from "./scan.ts";

/** Gives the response to each connector. */
export async function connect(
  response: ScanResponse,
  { caller, plugins, output, retries, undelivered }: ScanContext,
): Promise<void> {
  const call = { method: "save" as const, args: [{ ...response }] };
  for (const { name, answer } of await caller.callAll(plugins.connectors, call, { errors: response.errors, retries })) {
    if (answer === null) undelivered.add(name);
    if (typeof answer?.value === "string" && (await caller.find(name)).grant.stdout) output(answer.value);
  }
}
