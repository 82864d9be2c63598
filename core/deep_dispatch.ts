import { ask } from "./dispatch.ts";
import type { Payload } from "./payload.ts";
import type { ScanContext } from "./scan.ts";

/** Asks each deep dispatcher, who sees the results so far, which workers the payload is sent to next. */
export async function deepDispatch(payload: Payload, context: ScanContext): Promise<string[]> {
  return await ask(payload, "getDeepDispatches", context.plugins.deepDispatchers, context);
}
