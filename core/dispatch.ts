import { dispatcherAnswer } from "./answers.ts";
import { addErrors } from "./call.ts";
import type { Payload } from "./payload.ts";
import type { ScanContext } from "./scan.ts";

/** Asks each dispatcher once which workers the payload is sent to. */
export async function dispatch(payload: Payload, context: ScanContext): Promise<string[]> {
  return await ask(payload, "getDispatches", context.plugins.dispatchers, context);
}

/** Asks dispatchers at the same time; their names and metadata come in the order in which they are configured. */
export async function ask(
  payload: Payload,
  method: "getDispatches" | "getDeepDispatches",
  dispatchers: readonly string[],
  { caller, request, errors, deadline }: ScanContext,
): Promise<string[]> {
  const call = { method, args: [payload.describe(), request], content: payload.content };
  const names: string[] = [];
  for (const { name: dispatcher, answer } of await caller.callAll(dispatchers, call, { payload, errors, deadline })) {
    if (answer === null) continue;
    const { pluginNames, meta, shouldArchive, errors: reported } = dispatcherAnswer(answer);
    addErrors(errors, dispatcher, reported);
    names.push(...pluginNames);
    if (Object.keys(meta).length > 0) payload.dispatchMeta[dispatcher] = meta;
    if (shouldArchive !== null) payload.payloadMeta.shouldArchive = shouldArchive;
  }
  return names;
}
