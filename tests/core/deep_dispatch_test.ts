import assert from "node:assert/strict";
import { item, only, openStoq, puppet, sharedStoq } from "./support.ts";

const stoq = sharedStoq({ deepDispatchers: ["planner"], maxDispatchPasses: 3 });

/** Metadata by which the deep dispatcher names these workers, pass by pass. */
function plan(...passes: string[][]) {
  return { payloadMeta: { extraData: { plan: passes } } };
}

Deno.test("max_dispatch_passes is 1 by default: one pass of deep dispatchers; 0 is none", async () => {
  await using one = openStoq({ deepDispatchers: ["planner"] });
  const { results, errors } = await one.scan("data", { ...plan(["size"], ["text"]), addStartDispatch: ["nothing"] });
  assert.deepEqual(only(results).pluginsRun.workers, [["nothing"], ["size"]]);
  assert.deepEqual(only(results).workers, [{}, { size: { size: 4 } }]);
  assert.deepEqual(errors, {});
  await using none = openStoq({ deepDispatchers: ["planner"], maxDispatchPasses: 0 });
  assert.deepEqual(only((await none.scan("data", plan(["size"]))).results).pluginsRun.workers, [[]]);
});

Deno.test("every pass adds an entry, at most max_dispatch_passes, and ends when nothing is named", async () => {
  const all = await stoq.scan("data", plan(["size"], ["text"], ["size"], ["text"]));
  assert.deepEqual(only(all.results).pluginsRun.workers, [[], ["size"], ["text"], ["size"]]);
  const gap = await stoq.scan("data", plan(["size"], [], ["text"]));
  assert.deepEqual(only(gap.results).pluginsRun.workers, [[], ["size"]]);
});

Deno.test("a deep dispatcher sees the results so far, and workers of its pass see what it said", async () => {
  const { results } = await stoq.scan("data", { ...plan(["witness"], ["witness"]), addStartDispatch: ["size"] });
  const [size, once, twice] = only(results).workers;
  assert.deepEqual(size, { size: { size: 4 } });
  const seen = (pass: Record<string, unknown> | undefined) =>
    (pass?.["witness"] as { payload: { dispatchMeta: { planner: unknown }; workers: unknown[] } }).payload;
  assert.deepEqual(seen(once).dispatchMeta.planner, { pass: 1, saw: [size] });
  assert.deepEqual(seen(once).workers, [size]);
  assert.deepEqual(seen(twice).dispatchMeta.planner, { pass: 2, saw: [size, once] });
});

Deno.test("start deep dispatch names workers for the original's first deep pass, with no deep dispatcher at all", async () => {
  await using stoq = openStoq({ maxDispatchPasses: 2, alwaysDispatch: ["puppet"] });
  const { results } = await stoq.scan(puppet({ extracted: [item("inner")] }), {
    addStartDispatch: ["nothing"],
    addStartDeepDispatch: ["size"],
  });
  assert.deepEqual(results.map(({ pluginsRun }) => pluginsRun.workers), [
    [["nothing", "puppet"], ["size"]],
    [["puppet"]],
  ]);
});

Deno.test("start deep dispatch comes before what deep dispatchers name; one named twice runs once", async () => {
  const { results } = await stoq.scan("data", {
    ...plan(["size", "text"]),
    addStartDeepDispatch: ["text", "nothing"],
  });
  assert.deepEqual(only(results).pluginsRun.workers, [[], ["text", "nothing", "size"]]);
});

Deno.test("a worker may run again in a later pass: each pass has its own results", async () => {
  const { results } = await stoq.scan("data", { ...plan(["size"], ["size"]), addStartDispatch: ["size"] });
  const size = { size: { size: 4 } };
  assert.deepEqual(only(results).workers, [size, size, size]);
});

Deno.test("deep dispatchers are asked about extracted payloads too, and their workers may extract", async () => {
  const inner = item("inner", { extraData: { plan: [["text"]] } });
  const { results } = await stoq.scan(puppet({ extracted: [inner] }), plan(["puppet"]));
  assert.deepEqual(results.map(({ pluginsRun }) => pluginsRun.workers), [[[], ["puppet"]], [[], ["text"]]]);
  assert.equal(results[1]?.extractedBy, "puppet");
});

Deno.test("a deep-dispatch pass in which no worker can be used runs none and says why", async () => {
  const { results, errors } = await stoq.scan("data", { ...plan(["no_such_worker"]), addStartDispatch: ["size"] });
  assert.deepEqual(only(results).pluginsRun.workers.flat(), ["size"]);
  assert.deepEqual(Object.keys(errors), ["no_such_worker"]);
});

Deno.test("one plugin is dispatcher, worker, deep dispatcher, archiver and decorator at once", async () => {
  await using stoq = openStoq({
    dispatchers: ["multiclass"],
    deepDispatchers: ["multiclass"],
    destArchivers: ["multiclass"],
    decorators: ["multiclass"],
    maxDispatchPasses: 2,
  });
  const { results, decorators, errors } = await stoq.scan("data");
  const result = only(results);
  assert.deepEqual(errors, {});
  assert.deepEqual(result.pluginsRun, { workers: [["multiclass"], ["multiclass"]], archivers: ["multiclass"] });
  assert.deepEqual(result.workers, [
    { multiclass: { because: "dispatched" } },
    { multiclass: { because: "deep dispatched" } },
  ]);
  assert.deepEqual(result.archivers, { multiclass: { archived: true } });
  assert.deepEqual(decorators, { multiclass: { payloads: 1 } });
  const info = (await stoq.loadPlugin("multiclass")).methods;
  assert.deepEqual([...info].sort(), ["archive", "decorate", "getDeepDispatches", "getDispatches", "scan"]);
});
