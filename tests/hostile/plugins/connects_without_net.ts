/** Row 14: the network by every API: fetch, sockets, WebSocket, EventSource, names looked up, a secret in a name. Stopped by permissions and stubs. */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class Connects implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const gained: string[] = [];
    const port = Number("%CANARY_PORT%");
    const event = (target: EventTarget) =>
      new Promise((resolve, reject) => {
        target.addEventListener("open", () => resolve("open"));
        target.addEventListener("error", () => reject(new Error("error event: not available")));
      });
    const imported = (name: string) => import(name);
    const attempts: (() => unknown)[] = [
      () => fetch(`http://127.0.0.1:${port}/`),
      () => fetch(`http://localhost:${port}/`),
      () => fetch(`http://[::ffff:127.0.0.1]:${port}/`),
      () => fetch(`http://2130706433:${port}/`),
      () => fetch("http://secret.invalid/"),
      () => event(new WebSocket(`ws://127.0.0.1:${port}/`)),
      () => event(new EventSource(`http://127.0.0.1:${port}/`)),
      () => Deno.connect({ port }),
      () => Deno.listen({ port: 0 }),
      () => Deno.serve(() => new Response()),
      () => Deno.resolveDns("secret.invalid", "A"),
      () => Deno.connect({ transport: "unix", path: "/var/run/docker.sock" }),
      () => Reflect.construct(Reflect.get(globalThis, "WebSocketStream"), [`ws://127.0.0.1:${port}/`]),
      async () => (await imported("node:net")).connect(port, "127.0.0.1"),
      async () => (await imported("node:http")).get(`http://127.0.0.1:${port}/`),
      async () => (await imported("node:https")).request(`https://127.0.0.1:${port}/`),
      async () => (await imported("node:http2")).connect(`http://127.0.0.1:${port}/`),
      async () => (await imported("node:tls")).connect(port),
      async () => (await imported("node:dgram")).createSocket("udp4").send("x", port),
      async () => (await imported("node:dns")).lookup("secret.invalid", () => {}),
      async () => (await imported("node:dns/promises")).resolve("secret.invalid"),
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
