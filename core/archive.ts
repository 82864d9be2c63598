import { resultsAnswer } from "./answers.ts";
import { addErrors } from "./call.ts";
import type { Payload } from "./payload.ts";
import type { ScanContext } from "./scan.ts";

/** Saves a payload with every destination archiver, if both the request and the payload allow it. */
export async function archive(payload: Payload, context: ScanContext): Promise<void> {
  const { caller, plugins, request, errors, deadline, retries, undelivered } = context;
  if (!request.archivePayloads || !payload.payloadMeta.shouldArchive) return;
  const call = { method: "archive" as const, args: [payload.describe(), request], content: payload.content };
  for (
    const { name, answer } of await caller.callAll(plugins.destArchivers, call, { payload, errors, deadline, retries })
  ) {
    payload.pluginsRun.archivers.push(name);
    if (answer === null) {
      undelivered.add(name);
      continue;
    }
    const { results, errors: reported } = resultsAnswer(answer);
    addErrors(errors, name, reported);
    if (results !== undefined && results !== null) payload.archivers[name] = results;
  }
}
