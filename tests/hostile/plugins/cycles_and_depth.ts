/**
 * Row 15: results that go in circles and that nest 100,000 deep, which would overflow the stack of whoever writes them as JSON. They become texts that
 * say so.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class CyclesAndDepth implements WorkerPlugin {
  scan(): WorkerResponse {
    const cycle: Record<string, unknown> = { gained: null };
    cycle["cycle"] = cycle;
    let deep: unknown = "bottom";
    for (let i = 0; i < 100_000; i++) deep = [deep];
    cycle["deep"] = deep;
    return { results: cycle };
  }
}
