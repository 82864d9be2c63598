import assert from "node:assert/strict";
import { makeGate } from "./board.ts";
import { Home } from "./support.ts";

/** Numbers from 0. */
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

Deno.test("several providers are asked at once, and a run ends when all are exhausted", async () => {
  await using home = new Home().addPlugin("source", "one", { count: 3 }).addPlugin("source", "two", { count: 5 })
    .withPlugins("sink");
  const { board } = home;
  // Neither goes on before the other has begun.
  const both = makeGate();
  board.answer = (event) => {
    if (board.those("one gives").length > 0 && board.those("two gives").length > 0) both.open();
    return event.includes(" gives ") ? both.opened : "";
  };
  const summary = await home.run({ providers: ["one", "two"], connectors: ["sink"], alwaysDispatch: ["hash"] });
  assert.deepEqual(
    board.those("sink saves").sort(),
    [...numbers(3).map((i) => `sink saves one ${i}`), ...numbers(5).map((i) => `sink saves two ${i}`)],
  );
  assert.equal(board.those("one hears of").length, 3);
  assert.equal(board.those("two hears of").length, 5);
  const { done, withErrors, deadLetters, inFlight, queued, unfinished, failures, stopped } = summary;
  assert.deepEqual(
    { done, withErrors, deadLetters, inFlight, queued, unfinished, failures, stopped },
    { done: 8, withErrors: 0, deadLetters: 0, inFlight: 0, queued: 0, unfinished: 0, failures: [], stopped: false },
  );
});

Deno.test("a provider is held back by the queue: it is never further ahead than queue and scans together", async () => {
  const [queue, consumers] = [3, 2];
  await using home = new Home().addPlugin("source", "source", { count: 40 }).withPlugins("gate", "sink")
    .configure({ max_queue: queue, provider_consumers: consumers });
  const { board } = home;
  const gate = makeGate();
  let most = 0;
  board.answer = (event) => {
    most = Math.max(most, board.those("source gives").length - board.those("sink saves").length);
    return event.startsWith("gate has") ? gate.opened : "";
  };
  const run = home.run({ providers: ["source"], connectors: ["sink"], alwaysDispatch: ["gate"] });
  await board.until("source gives", queue + consumers);
  gate.open();
  const { done } = await run;
  assert.equal(done, 40);
  assert.ok(most >= queue + consumers, `the queue was not used: ${most}`);
  // One more: a provider looks ahead by what it was asked for when there was room.
  assert.ok(most <= queue + consumers + 1, `${most} were brought before they were wanted`);
});

Deno.test("as many scans are in flight as provider_consumers says, and no more", async () => {
  await using home = new Home().addPlugin("source", "source", { count: 20 }).withPlugins("gate", "sink")
    .configure({ provider_consumers: 4 });
  const { board } = home;
  const gate = makeGate();
  let most = 0;
  board.answer = (event) => {
    most = Math.max(most, board.those("gate has").length - board.those("sink saves").length);
    return event.startsWith("gate has") ? gate.opened : "";
  };
  const run = home.run({ providers: ["source"], connectors: ["sink"], alwaysDispatch: ["gate"] });
  await board.until("gate has", 4);
  await board.until("source gives", 20);
  gate.open();
  assert.equal((await run).done, 20);
  assert.equal(most, 4);
});

Deno.test("what a provider says of an item's request goes over what is said of the run", async () => {
  await using home = new Home().withPlugins("sink", "store").addPlugin("source", "plain")
    .addPlugin("source", "mail", {
      request: `{"source": "mail", "extraData": {"from": "x"}, "archivePayloads": false}`,
    });
  await home.run(
    { providers: ["plain", "mail"], connectors: ["sink"], destArchivers: ["store"] },
    { requestMeta: { source: "run", extraData: { host: "h" } } },
  );
  const plain = home.saved("plain 0").request_meta;
  assert.deepEqual(plain, { archive_payloads: true, source: "run", extra_data: { host: "h" } });
  const mail = home.saved("mail 0").request_meta;
  assert.equal(mail.source, "mail");
  assert.equal(mail.archive_payloads, false);
  assert.equal(mail.extra_data["from"], "x");
  assert.deepEqual(home.board.those("store archives"), ["store archives plain 0"]);
});

Deno.test("request metadata that is not of its type is not taken from a provider", async () => {
  await using home = new Home().withPlugins("sink")
    .addPlugin("source", "wrong", { request: `{"source": 5, "extraData": "ab", "archivePayloads": "no", "more": 1}` })
    .addPlugin("source", "text", { request: `"ab"` });
  await home.run({ providers: ["wrong", "text"], connectors: ["sink"] });
  const nothing = { archive_payloads: true, source: null, extra_data: {} };
  assert.deepEqual(home.saved("text 0").request_meta, nothing);
  assert.deepEqual(home.saved("wrong 0").request_meta, nothing);
});

Deno.test("what a provider brought before it failed is scanned; the failure is said", async () => {
  await using home = new Home().addPlugin("source", "source", { count: 9 }).withPlugins("sink");
  home.board.answer = (event) => event === "source gives source 3" ? "fail" : "";
  const summary = await home.run({ providers: ["source"], connectors: ["sink"], retries: 0 });
  assert.deepEqual(home.board.those("sink saves").sort(), numbers(3).map((i) => `sink saves source ${i}`));
  assert.equal(home.board.those("source hears of").length, 3);
  assert.equal(summary.done, 3);
  assert.deepEqual(summary.failures, ["source: ingest failed: Error: the source broke"]);
});

Deno.test("a provider that fails is asked again as often as retries says, and goes on if it can", async () => {
  await using home = new Home().addPlugin("source", "source", { count: 2 }).withPlugins("sink");
  let failures = 2;
  home.board.answer = (event) => event === "source gives source 0" && failures-- > 0 ? "fail" : "";
  const summary = await home.run({ providers: ["source"], connectors: ["sink"], retries: 2 });
  assert.equal(summary.done, 2);
  assert.deepEqual(summary.failures, []);
});

Deno.test("a provider that fails at the same item each time does not bring those before it for ever", async () => {
  await using home = new Home().addPlugin("source", "source", { count: 3 }).withPlugins("sink");
  let asked = 0;
  home.board.answer = (event) => {
    if (event !== "source gives source 2") return "";
    // So that the test ends where the run would not.
    return ++asked > 4 ? "end" : "fail";
  };
  const summary = await home.run({ providers: ["source"], connectors: ["sink"], retries: 1 });
  assert.ok(asked <= 2, `it was asked ${asked} times, with retries = 1`);
  assert.match(summary.failures.join(), /source: ingest failed: Error: the source broke/);
});

Deno.test("a provider keeps its place when it has used much of its memory", async () => {
  await using home = new Home().withPlugins("sink");
  // A short queue: most of the time the provider is asked for nothing.
  home.configure({ max_queue: 1, provider_consumers: 1 });
  const { board } = home;
  // 225 MiB of 420: more than the share past which a sandbox process is renewed. Written to, so that they are really there.
  home.writePlugin(
    "heavy",
    `export default class {
      constructor({ options }) { this.board = options.getString("board"); this.held = []; }
      async *ingest() {
        for (let i = 0; i < 300; i++) {
          if (i < 5) this.held.push(new Uint8Array(45 << 20).fill(1));
          const tell = (event) => fetch("http://" + this.board, { method: "POST", body: JSON.stringify({ event }) });
          await (await tell("heavy gives " + i)).text();
          yield {
            payload: { content: new Uint8Array([i]), payloadMeta: { extraData: { filename: String(i) } } },
            acknowledge: async () => void await (await tell("heavy hears of " + i)).text(),
          };
        }
      }
    }`,
    `[options]\nboard = ${board.address}\n[permissions]\nnet = {board}\n[limits]\nmemory = 420`,
  );
  const stop = new AbortController();
  board.answer = () => {
    // Should it begin anew, it might do so without end.
    if (board.those("heavy gives 0").length > 1) stop.abort();
    return "";
  };
  const summary = await home.run({ providers: ["heavy"], connectors: ["sink"] }, { signal: stop.signal });
  assert.equal(summary.stopped, false, "it began anew");
  assert.deepEqual(board.those("heavy gives"), numbers(300).map((i) => `heavy gives ${i}`));
  assert.equal(board.those("heavy hears of").length, 300);
});

Deno.test("a source_dir that is missing is said, and is no reason to drop what another provider brings", async () => {
  await using home = new Home().addPlugin("source", "source", { count: 3 }).withPlugins("sink");
  const summary = await home.run({
    providers: ["filedir", "source"],
    connectors: ["sink"],
    retries: 0,
    pluginOpts: { filedir: { source_dir: `${home.path}/missing` } },
  });
  assert.equal(summary.done, 3);
  assert.equal(summary.failures.length, 1);
  assert.match(
    summary.failures[0]!,
    /^filedir: ingest failed: Error: Cannot read source_dir ".*\/missing": no such file/,
  );
});

Deno.test("a run without a provider is refused, with what to do", async () => {
  await using home = new Home();
  await assert.rejects(home.run({}), /No provider is selected: name one with -P, or providers in stoq.cfg/);
});
