import assert from "node:assert/strict";
import { Home } from "./support.ts";

/** A collector of OpenTelemetry data. */
class Collector implements AsyncDisposable {
  /** Bodies by path, as Latin-1 text: in protobuf, names are there as they are. */
  readonly posts: { path: string; text: string }[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
      const text = new TextDecoder("latin1").decode(await request.arrayBuffer());
      this.posts.push({ path: new URL(request.url).pathname, text });
      return new Response(null, { status: 200 });
    });
  }

  /** What Deno's exporter is told. */
  get env(): Record<string, string> {
    return {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#server.addr.port}`,
      OTEL_SERVICE_NAME: "stoq-test",
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

async function run(env: Record<string, string>): Promise<void> {
  await using home = new Home().withPlugins("source", "sink")
    .writePlugin("bad", "export default class { scan() { throw new Error('no spans'); } }");
  const { code, stderr } = await home.start(["run", "-P", "source", "-C", "sink", "-a", "hash", "bad"], env).ended();
  assert.equal(code, 0, stderr);
}

Deno.test("with OTEL_DENO, scans and calls of plugins are spans that say what they were about", async () => {
  await using collector = new Collector();
  await run({ ...collector.env, OTEL_DENO: "true" });
  const spans = collector.posts.filter(({ path }) => path === "/v1/traces").map(({ text }) => text).join();
  // In protobuf a text follows its length: so the name is "scan", and does not only begin so.
  for (const name of ["scan", "scan hash", "scan bad", "ingest source", "save sink", "acknowledge source"]) {
    assert.ok(spans.includes(String.fromCharCode(name.length) + name), name);
  }
  for (const attribute of ["stoq.payload_id", "stoq.plugin", "stoq.method", "stoq.size"]) {
    assert.ok(spans.includes(attribute), attribute);
  }
  assert.ok(spans.includes("no spans"), "what a call failed with");
});

Deno.test("without OTEL_DENO nothing is sent", async () => {
  await using collector = new Collector();
  await run(collector.env);
  await run({ ...collector.env, OTEL_DENO: "false" });
  assert.deepEqual(collector.posts, []);
});
