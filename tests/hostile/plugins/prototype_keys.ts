/**
 * Row 15: `__proto__`, `constructor` and `prototype` as keys of results, metadata and dispatches, to change objects of the core. Stopped by JSON, whose
 * keys are own properties, and by copying none of them with an assignment.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

const POISON =
  '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"hasOwnProperty":1,"toString":1}';

export default class PrototypeKeys implements WorkerPlugin {
  scan(): WorkerResponse {
    const poison = JSON.parse(POISON);
    return {
      results: { gained: null, ...poison, nested: poison },
      extracted: [{ content: new Uint8Array([1]), payloadMeta: { extraData: poison } }],
    };
  }
}
