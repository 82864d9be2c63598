import { createHash } from "node:crypto";
import type { Payload, WorkerPlugin, WorkerResponse } from "../../plugin.ts";

/** Algorithms in the order of the result's keys. */
const ALGORITHMS = ["sha256", "md5", "sha1", "sha512"] as const;

/** Hashes of the payload's bytes, lower-case hexadecimal. */
export default class Hash implements WorkerPlugin {
  scan(payload: Payload): WorkerResponse {
    const results: Record<string, string> = {};
    for (const algorithm of ALGORITHMS) {
      results[algorithm] = createHash(algorithm).update(payload.content).digest("hex");
    }
    return { results };
  }
}
