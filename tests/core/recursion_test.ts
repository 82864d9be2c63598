import assert from "node:assert/strict";
import { first, item, only, openStoq, puppet, sharedStoq } from "./support.ts";

const stoq = sharedStoq({ alwaysDispatch: ["puppet"] });

/** A payload with another in it, `levels` deep. */
function nested(levels: number): string {
  return levels === 0 ? "core" : puppet({ extracted: [item(nested(levels - 1))] });
}

Deno.test("an extracted payload is scanned in the next round; its parent and extractor are recorded", async () => {
  const { results, errors } = await stoq.scan(nested(2));
  assert.deepEqual(errors, {});
  const [root, middle, core] = results;
  assert.equal(results.length, 3);
  assert.deepEqual([root?.extractedFrom, root?.extractedBy], [null, null]);
  assert.deepEqual([middle?.extractedFrom, middle?.extractedBy], [root?.payloadId, "puppet"]);
  assert.deepEqual([core?.extractedFrom, core?.extractedBy], [middle?.payloadId, "puppet"]);
  assert.equal(core?.size, 4);
});

Deno.test("a worker that looks at an extracted payload is told where it came from", async () => {
  const { results } = await stoq.scan(puppet({ extracted: [item("inner", { dispatchTo: ["witness"] })] }));
  const { payload } = results[1]?.workers[0]?.["witness"] as { payload: Record<string, unknown> };
  assert.equal(payload["extractedFrom"], first(results).payloadId);
  assert.equal(payload["extractedBy"], "puppet");
});

Deno.test("results come round by round, in the order of extraction", async () => {
  const { results } = await stoq.scan(puppet({
    extracted: [
      item(puppet({ results: "a", extracted: [item("aa"), item("ab")] })),
      item(puppet({ results: "b", extracted: [item("bab")] })),
      item("c1234"),
    ],
  }));
  assert.deepEqual(results.slice(3).map(({ size }) => size), [5, 2, 2, 3]);
  assert.deepEqual(results.slice(1, 3).map(({ workers }) => workers[0]), [{ puppet: "a" }, { puppet: "b" }]);
  assert.equal(results[5]?.extractedFrom, results[1]?.payloadId);
  assert.equal(results[6]?.extractedFrom, results[2]?.payloadId);
});

for (const maxRecursion of [0, 1, 3]) {
  Deno.test(`max_recursion = ${maxRecursion} scans ${maxRecursion + 1} rounds and says what it cut off`, async () => {
    await using stoq = openStoq({ alwaysDispatch: ["puppet"], maxRecursion });
    const whole = await stoq.scan(nested(maxRecursion));
    assert.equal(whole.results.length, maxRecursion + 1);
    assert.deepEqual(whole.errors, {});
    const cut = await stoq.scan(puppet({ extracted: [item(nested(maxRecursion)), item("x")] }));
    const message = only(cut.errors["stoq"] ?? []);
    const parent = maxRecursion === 0 ? first(cut.results) : cut.results.findLast(({ size }) => size > 1);
    assert.deepEqual(Object.keys(cut.errors), ["stoq"]);
    assert.ok(
      message.startsWith(`max_recursion = ${maxRecursion}: ${maxRecursion === 0 ? 2 : 1} extracted payload`),
      message,
    );
    assert.match(message, /were not scanned.*by "puppet".*raise the limit in \[core\] of stoq\.cfg/);
    assert.ok(message.includes(`from payload ${parent?.payloadId} `), message);
  });
}

Deno.test("the default of max_recursion is 3", async () => {
  const { results, errors } = await stoq.scan(nested(5));
  assert.equal(results.length, 4);
  assert.match(only(errors["stoq"] ?? []), /^max_recursion = 3: 1 /);
});

Deno.test("an extracted payload seen before is not scanned twice; the repeat is recorded", async () => {
  const { results, errors } = await stoq.scan(puppet({
    extracted: [
      item("twin", { extraData: { n: 1 } }),
      item(puppet({ extracted: [item("twin", { extraData: { n: 2 }, shouldArchive: false })] })),
      item("twin", { extraData: { n: 3 } }),
    ],
  }));
  assert.deepEqual(errors, {});
  const [root, twin, holder] = results;
  assert.equal(results.length, 3);
  assert.deepEqual(twin?.payloadMeta.extraData, { n: 1 });
  assert.deepEqual(twin?.duplicates, [
    {
      extractedFrom: root?.payloadId,
      extractedBy: "puppet",
      payloadMeta: { shouldArchive: true, shouldScan: true, extraData: { n: 3 }, dispatchTo: [] },
    },
    {
      extractedFrom: holder?.payloadId,
      extractedBy: "puppet",
      payloadMeta: { shouldArchive: false, shouldScan: true, extraData: { n: 2 }, dispatchTo: [] },
    },
  ]);
});

Deno.test("two workers that extract the same bytes: one payload, both recorded", async () => {
  const text = puppet({ extracted: [item("not json")] });
  const { results } = await stoq.scan(puppet({ extracted: [item(text, { dispatchTo: ["copy"] })] }), {
    addStartDispatch: ["copy"],
  });
  assert.equal(results.length, 3);
  assert.deepEqual(results[1]?.duplicates?.map(({ extractedBy }) => extractedBy), ["copy"]);
});

Deno.test("a copy of the original that is carved from it is not scanned, and the original stays without a parent", async () => {
  const { results, errors } = await stoq.scan("the same", { addStartDispatch: ["copy"] });
  const root = only(results);
  assert.deepEqual(errors, {});
  assert.deepEqual([root.extractedFrom, root.extractedBy], [null, null]);
  assert.deepEqual(root.duplicates, [{
    extractedFrom: root.payloadId,
    extractedBy: "copy",
    payloadMeta: { shouldArchive: true, shouldScan: true, extraData: { offset: 0 }, dispatchTo: [] },
  }]);
});

Deno.test("the same bytes are scanned anew in another scan", async () => {
  const again = await Promise.all([stoq.scan(nested(1)), stoq.scan(nested(1))]);
  assert.deepEqual(again.map(({ results }) => results.length), [2, 2]);
  assert.notEqual(again[0].scanId, again[1].scanId);
});

Deno.test("an empty extracted payload is scanned once", async () => {
  const { results } = await stoq.scan(puppet({ extracted: [item(""), item("")] }));
  assert.deepEqual(results.map(({ size }) => size).slice(1), [0]);
  assert.equal(results[1]?.duplicates?.length, 1);
});
