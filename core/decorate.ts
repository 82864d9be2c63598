import type { ScanResponse } from "../plugin.ts";
import { resultsAnswer } from "./answers.ts";
import { addErrors } from "./call.ts";
import type { ScanContext } from "./scan.ts";

/** Shows the complete response to each decorator once, all of them the same; adds what they say. */
export async function decorate(
  response: ScanResponse,
  { caller, plugins }: Pick<ScanContext, "caller" | "plugins">,
): Promise<void> {
  const call = { method: "decorate" as const, args: [{ ...response }] };
  for (const { name, answer } of await caller.callAll(plugins.decorators, call, { errors: response.errors })) {
    if (answer === null) continue;
    const { results, errors } = resultsAnswer(answer);
    addErrors(response.errors, name, errors);
    if (results !== undefined && results !== null) response.decorators[name] = results;
  }
}
