import assert from "node:assert/strict";
import { makeGate } from "./board.ts";
import { Home } from "./support.ts";

/** Samples by name and labels, as in the text format: `name{label="value"}`. */
async function scrape(port: number): Promise<Map<string, number>> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  const lines = (await response.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => {
    const at = line.lastIndexOf(" ");
    return [line.slice(0, at), Number(line.slice(at + 1))];
  }));
}

/** A port that nobody listens at. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("--metrics-port serves counters of calls, payloads and bytes, and where the time of calls went", async () => {
  await using home = new Home().addPlugin("source", "source", { count: 3 }).withPlugins("gate", "sink")
    .configure({ log_level: "critical" })
    .writePlugin("bad", "export default class { scan() { throw new Error('no'); } }");
  const { board } = home;
  const gate = makeGate();
  board.answer = (event) => event === "gate has source 2" ? gate.opened : "";
  const port = freePort();
  const command = home.start([
    ...["run", "-P", "source", "-C", "sink", "-a", "gate", "hash", "bad", "--metrics-port", String(port)],
  ]);
  await board.until("source hears of", 2);
  await board.until("gate has", 3);
  const samples = await scrape(port);
  const count = (plugin: string, method: string, status: string) =>
    samples.get(`stoq_plugin_calls_total{plugin="${plugin}",method="${method}",status="${status}"}`);
  assert.equal(count("gate", "scan", "ok"), 2);
  assert.equal(count("sink", "save", "ok"), 2);
  assert.ok(count("source", "ingest", "ok")! >= 3);
  assert.ok(count("bad", "scan", "failed")! >= 2);
  assert.equal(count("bad", "scan", "ok"), undefined);
  assert.equal(samples.get("stoq_payloads_total"), 2);
  assert.equal(samples.get("stoq_payload_bytes_total"), 2 * "source 0".length);
  assert.equal(samples.get("stoq_scans_in_flight"), 1);
  for (const phase of ["queue", "copy", "run"]) {
    const labels = `plugin="gate",method="scan",phase="${phase}"`;
    assert.equal(samples.get(`stoq_plugin_call_seconds_count{${labels}}`), 2, phase);
    assert.ok(samples.get(`stoq_plugin_call_seconds_sum{${labels}}`)! >= 0, phase);
    assert.ok(samples.has(`stoq_plugin_call_seconds_bucket{le="0.001",${labels}}`), phase);
  }
  const other = await fetch(`http://127.0.0.1:${port}/`);
  assert.equal(other.status, 404);
  await other.body?.cancel();
  gate.open();
  assert.equal((await command.ended()).code, 0);
});

Deno.test("a timeout and a crash are counted as such", async () => {
  await using home = new Home().withPlugins("source", "sink")
    .writePlugin("loop", "export default class { scan() { for (;;); } }", "[limits]\ntimeout = 3")
    .writePlugin(
      "die",
      "export default class { scan() { setTimeout(() => { throw 1; }); return new Promise(() => {}); } }",
    );
  await using stoq = home.open({ providers: ["source"], connectors: ["sink"], alwaysDispatch: ["loop", "die"] });
  const port = freePort();
  await using _ = await stoq.serveMetrics(port);
  await stoq.run();
  const samples = await scrape(port);
  assert.equal(samples.get(`stoq_plugin_calls_total{plugin="loop",method="scan",status="timedOut"}`), 1);
  assert.equal(samples.get(`stoq_plugin_calls_total{plugin="die",method="scan",status="crashed"}`), 1);
  assert.equal(samples.get(`stoq_plugin_calls_total{plugin="source",method="acknowledge",status="ok"}`), 1);
});

Deno.test("a metrics port that is taken is said in one line, with status 1, before anything is asked for", async () => {
  await using home = new Home().withPlugins("source", "sink");
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const { code, stderr } = await home.start([
    ...["run", "-P", "source", "-C", "sink", "--metrics-port", String(port), "--log-level", "error"],
  ]).ended();
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`^stoq: .*${port}.*\n$`));
  assert.deepEqual(home.board.events, []);
});

Deno.test("a metrics port that is none is bad usage", async () => {
  await using home = new Home();
  for (const port of ["0", "65536", "http"]) {
    const { code, stderr } = await home.start(["run", "-P", "source", "--metrics-port", port]).ended();
    assert.equal(code, 2);
    assert.equal(stderr, `stoq: "${port}" is not a port, 1 to 65535\n`);
  }
});
