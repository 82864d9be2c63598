import type { Payload, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { MIN_LENGTH, tlsh } from "./digest.ts";

/** The payload's TLSH digest; null, with the reason, where TLSH has none to give. */
export default class Tlsh implements WorkerPlugin {
  scan(payload: Payload): WorkerResponse {
    const { length } = payload.content;
    if (length < MIN_LENGTH) {
      return { results: { tlsh: null, reason: `too small: ${length} bytes, TLSH needs ${MIN_LENGTH}` } };
    }
    const digest = tlsh(payload.content);
    return { results: digest === null ? { tlsh: null, reason: "too little variance in its bytes" } : { tlsh: digest } };
  }
}
