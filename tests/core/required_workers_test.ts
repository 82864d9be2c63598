import assert from "node:assert/strict";
import { only, openStoq, sharedStoq } from "./support.ts";

const stoq = sharedStoq();

Deno.test("a worker sees the results of those it requires, wherever they were named", async () => {
  for (const names of [["size", "needs_size"], ["needs_size", "size"]]) {
    const { results, errors } = await stoq.scan("data", { addStartDispatch: names });
    assert.deepEqual(errors, {});
    assert.deepEqual(only(results).workers, [{ size: { size: 4 }, needs_size: { saw: [{ size: { size: 4 } }] } }]);
  }
});

Deno.test("required workers that were not named are added, before the one that requires them", async () => {
  const { results, errors } = await stoq.scan("data", { addStartDispatch: ["needs_two"] });
  assert.deepEqual(errors, {});
  assert.deepEqual(only(results).pluginsRun.workers, [["size", "needs_size", "needs_two"]]);
  const { saw } = only(results).workers[0]?.["needs_two"] as { saw: unknown[] };
  assert.deepEqual(saw, [{ needs_size: { saw: [{ size: { size: 4 } }] } }]);
});

Deno.test("workers that require nothing do not see the results of their own pass", async () => {
  const { results } = await stoq.scan("data", { addStartDispatch: ["size", "witness"] });
  const { payload } = only(results).workers[0]?.["witness"] as { payload: { workers: unknown } };
  assert.deepEqual(payload.workers, []);
});

Deno.test("a required worker that returns nothing has run: the one that requires it runs", async () => {
  const { results, errors } = await stoq.scan("data", { addStartDispatch: ["needs_silent"] });
  assert.deepEqual(errors, {});
  assert.deepEqual(only(results).workers, [{ needs_silent: { saw: [{}] } }]);
});

Deno.test("a worker whose required worker fails is not called, and says so; others run", async () => {
  const { results, errors } = await stoq.scan("data", { addStartDispatch: ["needs_failing", "size"] });
  const { payloadId, workers } = only(results);
  assert.deepEqual(workers, [{ size: { size: 4 } }]);
  assert.deepEqual(errors["needs_failing"], [
    `scan was not called for payload ${payloadId}: it requires "throws", which failed`,
  ]);
  assert.equal(errors["throws"]?.length, 1);
});

Deno.test("a worker whose required worker does not exist is left out; both are errors", async () => {
  const { results, errors } = await stoq.scan("data", { addStartDispatch: ["needs_missing", "size"] });
  assert.deepEqual(only(results).pluginsRun.workers, [["size"]]);
  assert.match(only(errors["no_such_worker"] ?? []), /does not exist/);
  assert.deepEqual(errors["needs_missing"], ['it requires "no_such_worker", which cannot be used']);
});

Deno.test("required workers that go in a circle are left out, with the circle in the error", async () => {
  const { results, errors } = await stoq.scan("data", { addStartDispatch: ["circle_a", "needs_itself", "size"] });
  assert.deepEqual(only(results).pluginsRun.workers, [["size"]]);
  assert.deepEqual(errors["circle_a"], ["required_workers go in a circle: circle_a → circle_b → circle_a: remove one"]);
  assert.deepEqual(errors["needs_itself"], [
    "required_workers go in a circle: needs_itself → needs_itself: remove one",
  ]);
});

Deno.test("a required worker that ran in an earlier pass does not run again for the one that requires it", async () => {
  await using stoq = openStoq({ deepDispatchers: ["planner"] });
  const { results, errors } = await stoq.scan("data", {
    addStartDispatch: ["size"],
    payloadMeta: { extraData: { plan: [["needs_size"]] } },
  });
  assert.deepEqual(errors, {});
  assert.deepEqual(only(results).pluginsRun.workers, [["size"], ["needs_size"]]);
  assert.deepEqual(only(results).workers[1], { needs_size: { saw: [{ size: { size: 4 } }] } });
});
