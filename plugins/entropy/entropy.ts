import type { Payload, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { shannonEntropy } from "../lib/shannon.ts";

/** Shannon entropy of the payload's bytes. */
export default class Entropy implements WorkerPlugin {
  scan(payload: Payload): WorkerResponse {
    return { results: { entropy: shannonEntropy(payload.content) } };
  }
}
