import type { Payload, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { ssdeep } from "./ctph.ts";

/** The payload's ssdeep hash, which stays similar where the content does. */
export default class HashSsdeep implements WorkerPlugin {
  scan(payload: Payload): WorkerResponse {
    return { results: { ssdeep: ssdeep(payload.content) } };
  }
}
