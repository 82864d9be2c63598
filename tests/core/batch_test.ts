/** Plugins that can do nothing but compute get calls ahead of their turn. Whose fault something is, is known all the same. */
import assert from "node:assert/strict";
import { inMemory, type PluginSpec, type RawOutcome } from "../../sandbox/sandbox.ts";
import { PluginWorker } from "../../sandbox/worker.ts";
import { fromFileUrl } from "../support.ts";

const NOTHING = { net: [], read: [], write: [], run: [], env: [], sys: [] };
const COUNT = 12;
const CULPRIT = 5;

/** A plugin that would share a process: `scan` gets the first byte of the payload as `n`, and `calls`, how many it had before. */
function plugin(scan: string, limits: Partial<PluginSpec["limits"]> = {}): PluginSpec {
  const module = `let calls = 0;
    const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    export default class {
      async scan(payload) { const n = payload.content[0]; const before = calls++; ${scan}; return { results: n }; }
    }`;
  return {
    name: "batch",
    entry: `data:text/javascript,${encodeURIComponent(module)}`,
    folder: fromFileUrl("../plugins/hash"),
    options: {},
    permissions: NOTHING,
    code: [],
    assets: {},
    commands: {},
    limits: { timeout: 20, memory: 300, isolation: "shared", ...limits },
  };
}

/** Makes {@linkcode COUNT} calls in one turn of the event loop: so they go to the guest in one message. */
async function batch(spec: PluginSpec, timeoutOf: (n: number) => number | undefined = () => undefined) {
  const worker = new PluginWorker(spec, () => {}, () => Promise.reject(new Error("no assets")));
  // Loaded before: all are made of a plugin that is there.
  assert.equal((await worker.methods()).status, "ok");
  const outcomes = await Promise.all(Array.from({ length: COUNT }, (_, n) => {
    const timeout = timeoutOf(n);
    const content = inMemory(new Uint8Array([n]));
    return worker.call({ method: "scan", args: "[{},{}]", content, ...(timeout !== undefined && { timeout }) });
  }));
  await worker.close();
  return outcomes;
}

/** The value of an answer, or how the call ended. */
function resultOf(outcome: RawOutcome): unknown {
  if (outcome.status !== "ok") return `${outcome.status}: ${outcome.message}`;
  return (JSON.parse(outcome.answer.json) as { results: unknown }).results;
}

/** All but the culprit have their own result. @returns How the culprit's call ended. */
function checkOthers(outcomes: readonly RawOutcome[]): string {
  for (const [n, outcome] of outcomes.entries()) if (n !== CULPRIT) assert.equal(resultOf(outcome), n);
  return String(resultOf(outcomes[CULPRIT]!));
}

Deno.test("calls of a batch are made one after the other, in order", async () => {
  const outcomes = await batch(plugin("await rest(1); if (calls !== before + 1) throw new Error('beside another')"));
  assert.deepEqual(outcomes.map(resultOf), Array.from({ length: COUNT }, (_, n) => n));
});

Deno.test("a call of a batch that throws is the only one that fails", async () => {
  const outcomes = await batch(plugin(`if (n === ${CULPRIT}) throw new RangeError("on purpose")`));
  assert.equal(checkOthers(outcomes), "failed: RangeError: on purpose");
});

Deno.test("a call of a batch that never ends is the only one that times out", async () => {
  // The others have all the time that there is.
  const spec = plugin(`if (n === ${CULPRIT}) await new Promise(() => {})`);
  const outcomes = await batch(spec, (n) => n === CULPRIT ? 2 : undefined);
  assert.match(checkOthers(outcomes), /^timedOut: took longer than the limit of 2 s/);
});

Deno.test("an error that comes late is charged to the call whose turn it was", async () => {
  const late = `setTimeout(() => { throw new RangeError("late") }); await new Promise(() => {})`;
  const outcomes = await batch(plugin(`if (n === ${CULPRIT}) { ${late} }`));
  assert.match(checkOthers(outcomes), /^crashed: uncaught .*RangeError: late/);
});

Deno.test("an answer to a call of the batch whose turn has not come breaks the protocol", async () => {
  // Numbers of calls go up by one: the guest's own listener is told of a later one of the same batch, as if the host had called.
  const forged = `const data = { type: "call", id: before + 3, method: "scan", args: "[{},{}]" };
    dispatchEvent(new MessageEvent("message", { data })); await new Promise(() => {})`;
  const outcomes = await batch(plugin(`if (n === ${CULPRIT}) { ${forged} }`));
  assert.equal(
    checkOthers(outcomes),
    "crashed: broke the sandbox protocol: a result of a call that has not begun",
  );
});

Deno.test("an error for a call of the batch whose turn has not come breaks the protocol", async () => {
  const forged = `const data = { type: "call", id: before + 3, method: "get", args: "[{}]" };
    dispatchEvent(new MessageEvent("message", { data })); await new Promise(() => {})`;
  const outcomes = await batch(plugin(`if (n === ${CULPRIT}) { ${forged} }`));
  assert.equal(
    checkOthers(outcomes),
    "crashed: broke the sandbox protocol: an error of a call that has not begun",
  );
});

Deno.test("a second answer to a call of the batch breaks the protocol", async () => {
  // Its own number: the forged call is answered, then the real one again.
  const forged = `if (before === ${CULPRIT}) {
    const data = { type: "call", id: before + 1, method: "scan", args: "[{},{}]", content: new ArrayBuffer(1) };
    dispatchEvent(new MessageEvent("message", { data })); await rest(100);
  }`;
  const outcomes = await batch(plugin(forged));
  // The plugin has lied about its own call; that it did shows at the next.
  const failed = outcomes.filter(({ status }) => status !== "ok").map(resultOf);
  assert.deepEqual(failed, ["crashed: broke the sandbox protocol: a result that nobody asked for"]);
});

Deno.test("each call of a batch has the time of one call, from when the one before it is answered", async () => {
  const outcomes = await batch(plugin("await rest(n === 0 ? 0 : 500)", { timeout: 4 }));
  // Together they take longer than one may.
  assert.deepEqual(outcomes.map(resultOf), Array.from({ length: COUNT }, (_, n) => n));
});

Deno.test("calls of a plugin that is closed end, those ahead of their turn as well", async () => {
  const worker = new PluginWorker(plugin("await new Promise(() => {})"), () => {}, () => Promise.reject(new Error()));
  await worker.methods();
  const content = inMemory(new Uint8Array([1]));
  const calls = Array.from({ length: 40 }, () => worker.call({ method: "scan", args: "[{},{}]", content }));
  await Promise.resolve();
  await worker.close();
  for (const outcome of await Promise.all(calls)) assert.equal(resultOf(outcome), "crashed: sandbox was closed");
});

Deno.test("payloads that are more than the plugin's memory are refused, touched or not", async () => {
  const spec = plugin(
    `if (n === ${CULPRIT}) return { extracted: [1, 2, 3].map(() => ({ content: new Uint8Array(2 ** 25) })) }`,
    { memory: 80 },
  );
  assert.equal(checkOthers(await batch(spec)), "crashed: returned 96 MiB of payloads, the limit is 80 MiB");
});
