/**
 * Rows 5 and 14: a plugin that may connect to one address tries others, and uses the modules that come with the grant to open descriptors of the process by
 * number. Stopped by permissions, and by handles that no longer open numbers (harden.ts, `closeRawDescriptors`).
 */
import { connect as connectHttp2 } from "node:http2";
import { get } from "node:http";
import { connect, createServer, Server, Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { WorkerPlugin, WorkerResponse } from "../../../../plugin.ts";

const NOISE = "NOISE OF A PLUGIN\n";

interface Emitter {
  on(event: string, listener: (value: unknown) => void): unknown;
}

export default class NetGrant implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const gained: string[] = [];
    const port = Number("%CANARY_PORT%");
    const outcome = (emitter: Emitter, good: string) =>
      new Promise((resolve, reject) => {
        emitter.on(good, () => resolve(good));
        emitter.on("error", reject);
      });
    const attempts: (() => unknown)[] = [
      () => fetch(`http://127.0.0.1:${port}/`),
      () => Deno.connect({ hostname: "127.0.0.1", port }),
      () => Deno.listen({ hostname: "127.0.0.1", port }),
      () => Deno.connect({ transport: "unix", path: "%ROOT%/socket" }),
      () => outcome(connect(port, "127.0.0.1"), "connect"),
      () => outcome(get(`http://127.0.0.1:${port}/`), "response"),
      () => outcome(connectTls(port, "127.0.0.1"), "secureConnect"),
      () => outcome(connectHttp2(`http://127.0.0.1:${port}/`), "connect"),
      () => outcome(connect("%ROOT%/socket"), "connect"),
      () => new Promise((resolve, reject) => new Socket({ fd: 1 }).on("error", reject).write(NOISE, resolve)),
      () => new Promise((resolve, reject) => new Socket({ fd: 2 }).on("error", reject).write(NOISE, resolve)),
      () => outcome(new Socket({ fd: 0 }), "data"),
      () => outcome(createServer().listen({ fd: 0 }), "listening"),
      () => outcome(new Server().listen("%ROOT%/socket"), "listening"),
      () => Reflect.get(new Socket(), "_handle")?.open(1) ?? Promise.reject(new Error("no handle")),
      () => import(`http://127.0.0.1:${port}/code.ts`),
    ];
    for (const attempt of attempts) {
      try {
        gained.push(`${attempt}: ${await attempt()}`);
      } catch (error) {
        refused.push(String(error).replaceAll("\n", " "));
      }
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused, attempts: attempts.length } };
  }
}
