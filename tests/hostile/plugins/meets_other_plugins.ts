/** Row 9: channels, caches, locks, storage, shared workers: ways in which a plugin that may read could hand to one that may connect. Stopped by taking them away. */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class Meets implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const gained: string[] = [];
    const of = (name: string) => Reflect.get(globalThis, name);
    const attempts: (() => unknown)[] = [
      () => new BroadcastChannel("meet").postMessage("here"),
      () => caches.open("meet"),
      () => of("caches").open("meet"),
      () => Reflect.get(navigator, "locks").request("meet", () => {}),
      () => Reflect.get(navigator, "storage").getDirectory(),
      () => Reflect.get(navigator, "serviceWorker").register("x"),
      () => of("localStorage").setItem("a", "b"),
      () => of("sessionStorage").setItem("a", "b"),
      () => Reflect.construct(of("SharedWorker"), ["x"]),
      () => of("indexedDB").open("meet"),
      () => Reflect.construct(of("Worker"), ["data:text/javascript,", { type: "module" }]),
      () => import("node:worker_threads").then(({ BroadcastChannel }) => new BroadcastChannel("meet")),
      async () => Reflect.construct((await import(["node:worker", "threads"].join("_"))).MessageChannel, []),
    ];
    for (const attempt of attempts) {
      try {
        await attempt();
        gained.push(String(attempt));
      } catch (error) {
        refused.push(String(error).replaceAll("\n", " "));
      }
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused, attempts: attempts.length } };
  }
}
