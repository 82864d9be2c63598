/**
 * Row 15: looks for the function that posts to the host everywhere it could be, and posts an answer of its own with each that it finds. Stopped by
 * taking them away: the guest keeps the only one in a private field.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class PostMessage implements WorkerPlugin {
  scan(): WorkerResponse {
    const gained: string[] = [];
    const refused: string[] = [];
    const forged = { type: "result", id: 1, json: '{"results":{"gained":"forged"}}', parts: [] };
    const places: [string, () => unknown][] = [
      ["self", () => Reflect.get(self, "postMessage")],
      ["globalThis", () => Reflect.get(globalThis, "postMessage")],
      ["prototype", () => Reflect.get(DedicatedWorkerGlobalScope.prototype, "postMessage")],
      ["scope's prototype", () => Reflect.get(Object.getPrototypeOf(globalThis), "postMessage")],
      ["WorkerGlobalScope", () => Reflect.get(WorkerGlobalScope.prototype, "postMessage")],
      ["indirect eval", () => new Function("return postMessage")()],
      ["parentPort", () => Reflect.get(globalThis, Symbol.for("stoq.stubs")).worker_threads.parentPort?.postMessage],
      ["close", () => Reflect.get(globalThis, "close")],
      ["onmessage", () => Reflect.get(globalThis, "onmessage")],
      ["port of a message", () => new MessageEvent("message").ports[0]?.postMessage],
    ];
    for (const [place, find] of places) {
      try {
        const post = find();
        if (typeof post !== "function") refused.push(`${place}: ${typeof post}`);
        else {
          Reflect.apply(post, globalThis, [forged]);
          gained.push(place);
        }
      } catch (error) {
        refused.push(`${place}: ${error}`);
      }
    }
    try {
      // A port is nobody's but the plugin's: that its method works on the scope would be the hole.
      MessagePort.prototype.postMessage.call(Reflect.get(globalThis, "self"), forged);
      gained.push("MessagePort's method on the scope");
    } catch (error) {
      refused.push(`port: ${error}`);
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused } };
  }
}

declare class DedicatedWorkerGlobalScope {}
declare class WorkerGlobalScope {}
