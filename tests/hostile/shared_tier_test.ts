/** Plugins that really share a process: what one does to it, the others do not notice. */
import assert from "node:assert/strict";
import { ProcessTier } from "../../sandbox/process_tier.ts";
import type { Outcome, PluginSpec } from "../../sandbox/sandbox.ts";
import { fromFileUrl } from "../support.ts";

const NOTHING = { net: [], read: [], write: [], run: [], env: [], sys: [] };
const PAYLOAD = { payloadMeta: {}, workers: [], dispatchMeta: {} };

/** A plugin in the shared process; its module is part of the address, since that process reads no other code. */
function plugin(name: string, scan: string): PluginSpec {
  const module = `export default class { async scan(payload) { ${scan} } }`;
  return {
    name,
    entry: `data:text/javascript,${encodeURIComponent(module)}`,
    folder: fromFileUrl("../plugins/hash"),
    options: {},
    permissions: NOTHING,
    code: [],
    assets: {},
    commands: {},
    limits: { timeout: 3, memory: 300, isolation: "shared" },
  };
}

const SIZE = plugin("size", "return { results: payload.content.length };");
const SUM = plugin("sum", "await 0; return { results: payload.content.reduce((a, b) => a + b, 0) };");
const SLOW = plugin("slow", "await new Promise((resolve) => setTimeout(resolve, 300)); return { results: 'done' };");

/** Lets a hostile plugin and good ones loose on the same payload in the same process, twice. */
async function beside(hostile: PluginSpec): Promise<Outcome[]> {
  await using tier = new ProcessTier({ sandboxes: 1 }, () => {});
  const content = new Uint8Array([1, 2, 3]);
  const scan = (spec: PluginSpec) => tier.call(spec, { method: "scan", args: [PAYLOAD, {}], content });
  // The process and its good plugins are there before the hostile one comes.
  await Promise.all([SIZE, SUM, SLOW].map(scan));
  const outcomes: Outcome[] = [];
  for (let round = 0; round < 2; round++) {
    const [culprit, ...good] = await Promise.all([hostile, SIZE, SUM, SLOW].map(scan));
    outcomes.push(culprit!);
    assert.deepEqual(good.map((outcome) => outcome.status === "ok" ? outcome.answer.value : outcome), [
      { results: 3 },
      { results: 6 },
      { results: "done" },
    ]);
  }
  return outcomes;
}

Deno.test("a loop in a shared process ends its own call only", async () => {
  for (const outcome of await beside(plugin("loop", "for (;;);"))) assert.equal(outcome.status, "timedOut");
});

Deno.test("a full heap in a shared process ends the call that filled it only", async () => {
  const hostile = plugin("heap", "const a = []; for (;;) a.push(new Array(1000).fill({}));");
  for (const outcome of await beside(hostile)) {
    assert.ok(outcome.status === "crashed" || outcome.status === "timedOut", outcome.status);
  }
});

Deno.test("buffers without end in a shared process end the call that made them only", async () => {
  const hostile = plugin("buffers", "const a = []; for (;;) { a.push(new Uint8Array(1e7).fill(1)); await 0; }");
  for (const outcome of await beside(hostile)) {
    assert.ok(outcome.status === "crashed" || outcome.status === "timedOut", outcome.status);
  }
});

Deno.test("a late error in a shared process is charged to its plugin", async () => {
  const hostile = plugin("late", "setTimeout(() => { throw new Error('late'); }); await new Promise(() => {});");
  for (const outcome of await beside(hostile)) {
    assert.equal(outcome.status, "crashed");
    assert.match((outcome as { message: string }).message, /late/);
  }
});

/** Calls of one plugin at the same time, of which those with these first bytes are hostile. */
async function among(attack: string, culprits: readonly number[]): Promise<void> {
  await using tier = new ProcessTier({ sandboxes: 1 }, () => {});
  const scan = `const n = payload.content[0]; if ([${culprits}].includes(n)) { ${attack} } return { results: n };`;
  const spec = plugin("crowd", scan);
  const calls = Array.from(
    { length: 40 },
    (_, n) => tier.call(spec, { method: "scan", args: [PAYLOAD, {}], content: new Uint8Array([n]) }),
  );
  const outcomes = await Promise.all(calls);
  for (const [n, outcome] of outcomes.entries()) {
    if (!culprits.includes(n)) {
      assert.deepEqual(outcome.status === "ok" ? outcome.answer.value : outcome, { results: n });
    } else assert.ok(outcome.status === "timedOut" || outcome.status === "crashed", `${n}: ${outcome.status}`);
  }
}

Deno.test("a loop among calls of the same plugin ends its own call only", async () => {
  await among("for (;;);", [5, 23]);
});

Deno.test("a full heap among calls of the same plugin ends the call that filled it only", async () => {
  await among("const a = []; for (;;) a.push(new Array(1000).fill({}));", [21]);
});

Deno.test("a late error among calls of the same plugin ends the call whose turn it was only", async () => {
  await among("setTimeout(() => { throw new Error('late'); }); await new Promise(() => {});", [0, 19]);
});

Deno.test("many that end their sandbox do not cost the others of the same plugin their results", async () => {
  const throwing = "setTimeout(() => { throw new Error('late'); }); await new Promise(() => {});";
  await among(throwing, [1, 3, 8, 11, 17, 20, 21, 30]);
});

Deno.test("a shared process that is killed from outside costs the calls in it nothing", async () => {
  await using tier = new ProcessTier({ sandboxes: 1 }, () => {});
  const scan = (spec: PluginSpec) =>
    tier.call(spec, { method: "scan", args: [PAYLOAD, {}], content: new Uint8Array([1, 2, 3]) });
  // Told by a variable that it gets: other test files have sandboxes in this process too.
  const mark = `/tmp/${crypto.randomUUID()}`;
  const { get } = Deno.env;
  Deno.env.get = (name) => name === "TMPDIR" ? mark : get.call(Deno.env, name);
  try {
    await scan(SIZE);
  } finally {
    Deno.env.get = get;
  }
  const calls = [SLOW, SIZE, SUM].map(scan);
  const [process] = processesWith(`TMPDIR=${mark}`);
  assert.ok(process !== undefined);
  Deno.kill(process, "SIGKILL");
  for (const outcome of await Promise.all(calls)) assert.equal(outcome.status, "ok");
});

/** Ids of processes that have a variable (Linux). */
function processesWith(variable: string): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((pid) => {
    try {
      return pid > 0 && Deno.readTextFileSync(`/proc/${pid}/environ`).split("\0").includes(variable);
    } catch {
      // It has ended, or is another user's.
      return false;
    }
  });
}
