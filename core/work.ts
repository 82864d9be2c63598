import { workerAnswer } from "./answers.ts";
import { addErrors, mergeErrors } from "./call.ts";
import type { Extraction } from "./extract.ts";
import type { Payload } from "./payload.ts";
import type { ScanContext } from "./scan.ts";

/** How long a chain of required workers may be. */
const MAX_REQUIRED_DEPTH = 10;

/**
 * One pass: sends a payload to workers, all at once except where one requires others. Results, extracted payloads and errors
 * come in the order in which the workers were named, whichever finished first.
 *
 * @param names Workers; a repeated name counts once.
 * @param extracted Gets what the workers found.
 * @returns Workers that these workers name for the next pass, without those that have run for the payload.
 */
export async function work(
  payload: Payload,
  names: readonly string[],
  extracted: Extraction[],
  context: ScanContext,
): Promise<string[]> {
  const { caller, errors, request, deadline } = context;
  const ranBefore = new Set(payload.pluginsRun.workers.flat());
  const required = await withRequired(names, ranBefore, context);
  const before = [...payload.workers];
  const results: Record<string, unknown> = {};
  // Each worker gets a place for its own messages, so that their order does not depend on who finishes first.
  const runs = new Map<string, Promise<Run>>();
  for (const name of required.keys()) {
    const run = async (): Promise<Run> => {
      const own: Run = { errors: {}, answer: null };
      // All promises are in the map before the first of them continues.
      await Promise.resolve();
      const seen: Record<string, unknown> = {};
      for (const needed of required.get(name)!) {
        const answer = (await runs.get(needed))?.answer;
        if (!answer) {
          addErrors(own.errors, name, [
            `scan was not called for payload ${payload.payloadId}: it requires "${needed}", which failed`,
          ]);
          return own;
        }
        if (answer.results !== undefined) seen[needed] = answer.results;
      }
      const workers = required.get(name)!.length > 0 ? [...before, seen] : before;
      const call = { method: "scan" as const, args: [payload.describe(workers), request], content: payload.content };
      const answer = await caller.call(name, call, { payload, errors: own.errors, deadline });
      if (answer !== null) own.answer = workerAnswer(answer);
      return own;
    };
    runs.set(name, run());
  }
  const dispatchTo = new Set<string>();
  for (const [name, run] of runs) {
    const { answer, errors: failed } = await run;
    mergeErrors(errors, failed);
    if (answer === null) continue;
    addErrors(errors, name, answer.errors);
    if (answer.results !== undefined && answer.results !== null) {
      if (context.results.take(answer.size)) results[name] = answer.results;
      else {
        addErrors(errors, name, [
          `results for payload ${payload.payloadId} (${answer.size} characters) were left out: ` +
          `max_results_size = ${context.budget.maxResultsSize} is used up: raise the limit in [core] of stoq.cfg to have them`,
        ]);
      }
    }
    for (const next of answer.dispatchTo) dispatchTo.add(next);
    for (const found of answer.extracted) extracted.push({ ...found, parent: payload, by: name });
  }
  payload.workers.push(results);
  payload.pluginsRun.workers.push([...runs.keys()]);
  const ran = new Set(payload.pluginsRun.workers.flat());
  return [...dispatchTo].filter((name) => !ran.has(name));
}

interface Run {
  readonly errors: Record<string, string[]>;
  answer: ReturnType<typeof workerAnswer> | null;
}

/**
 * The workers of a pass and, by name, those that each requires, which are added where they were not named. A worker that does
 * not exist, or that requires itself through others, is left out with an error.
 */
async function withRequired(
  names: readonly string[],
  ran: ReadonlySet<string>,
  { caller, errors }: ScanContext,
): Promise<Map<string, readonly string[]>> {
  const result = new Map<string, readonly string[]>();
  const visit = async (name: string, above: readonly string[]): Promise<boolean> => {
    if (above.includes(name)) {
      addErrors(errors, above[0]!, [`required_workers go in a circle: ${[...above, name].join(" → ")}: remove one`]);
      return false;
    }
    if (above.length >= MAX_REQUIRED_DEPTH) {
      addErrors(errors, above[0]!, [
        `required_workers are more than ${MAX_REQUIRED_DEPTH} levels deep: ${above.join(" → ")}`,
      ]);
      return false;
    }
    if (result.has(name)) return true;
    const found = await caller.tryFind(name, errors);
    if (found === null) return false;
    const required = found.plugin.manifest.requiredWorkers;
    for (const needed of required) {
      if (ran.has(needed)) continue;
      if (!await visit(needed, [...above, name])) {
        if (!above.length && !errors[name]) addErrors(errors, name, [`it requires "${needed}", which cannot be used`]);
        return false;
      }
    }
    result.set(name, required.filter((needed) => !ran.has(needed)));
    return true;
  };
  for (const name of names) await visit(name, []);
  return result;
}
