/**
 * Prometheus metrics: counters and histograms of what plugins do. Text format 0.0.4 by the `prom-client` package.
 *
 * @module
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { StoqError } from "./errors.ts";
import type { Outcome } from "../sandbox/sandbox.ts";

/** Upper bounds of the histograms' buckets, in seconds: from a hash of a small file to a hostile archive. */
const BUCKETS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];

/** Collects what is told to it, and serves it. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #calls = new Counter({
    name: "stoq_plugin_calls_total",
    help: "Calls of plugins, by how they ended",
    labelNames: ["plugin", "method", "status"],
    registers: [this.#registry],
  });
  readonly #seconds = new Histogram({
    name: "stoq_plugin_call_seconds",
    help: "Where the time of calls went: queue (waiting for its turn), copy (of the payload), run",
    labelNames: ["plugin", "method", "phase"],
    buckets: BUCKETS,
    registers: [this.#registry],
  });
  readonly #payloads = new Counter({
    name: "stoq_payloads_total",
    help: "Payloads scanned",
    registers: [this.#registry],
  });
  readonly #bytes = new Counter({
    name: "stoq_payload_bytes_total",
    help: "Bytes of payloads scanned",
    registers: [this.#registry],
  });
  readonly #inFlight = new Gauge({
    name: "stoq_scans_in_flight",
    help: "Scans under way",
    registers: [this.#registry],
  });

  /** One call of a plugin has ended. */
  call(plugin: string, method: string, outcome: Outcome): void {
    this.#calls.inc({ plugin, method, status: outcome.status });
    for (const [phase, ms] of Object.entries(outcome.timing ?? {})) {
      this.#seconds.observe({ plugin, method, phase }, ms / 1000);
    }
  }

  /** One scan begins. */
  begin(): void {
    this.#inFlight.inc();
  }

  /** One scan has ended. */
  end(results: readonly { readonly size: number }[]): void {
    this.#inFlight.dec();
    this.#payloads.inc(results.length);
    this.#bytes.inc(results.reduce((sum, { size }) => sum + size, 0));
  }

  /** Serves `/metrics` on the loopback interface. */
  serve(port: number): AsyncDisposable {
    const server = this.#listen(port);
    return { [Symbol.asyncDispose]: () => server.shutdown() };
  }

  #listen(port: number): Deno.HttpServer {
    try {
      return this.#serveOn(port);
    } catch (error) {
      throw new StoqError(
        `Cannot serve metrics on 127.0.0.1:${port}: ${(error as Error).message}: name another --metrics-port`,
        { cause: error },
      );
    }
  }

  #serveOn(port: number): Deno.HttpServer {
    return Deno.serve(
      { hostname: "127.0.0.1", port, onListen: () => {} },
      async ({ url }) =>
        new URL(url).pathname === "/metrics"
          ? new Response(await this.#registry.metrics(), { headers: { "content-type": this.#registry.contentType } })
          : new Response("metrics are at /metrics\n", { status: 404 }),
    );
  }
}
