import assert from "node:assert/strict";
import fc from "fast-check";
import { inOrder } from "../../core/in_order.ts";
import { responseToJson } from "../../core/response.ts";
import { compareVersions } from "../../core/version.ts";
import { responseFromJson, type ScanResponse, StoqResponse } from "../../mod.ts";

const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
const data = fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });
const payloadMeta = fc.record({
  shouldArchive: fc.boolean(),
  shouldScan: fc.boolean(),
  extraData: data,
  dispatchTo: fc.array(name, { maxLength: 2 }),
});
const result = fc.record({
  payloadId: fc.uuid(),
  size: fc.nat(),
  payloadMeta,
  workers: fc.array(data, { maxLength: 2 }),
  archivers: data,
  pluginsRun: fc.record({
    workers: fc.array(fc.array(name, { maxLength: 2 }), { maxLength: 2 }),
    archivers: fc.array(name, { maxLength: 2 }),
  }),
  extractedFrom: fc.option(fc.uuid()),
  extractedBy: fc.option(name),
});
const duplicate = fc.record({ extractedFrom: fc.uuid(), extractedBy: name, payloadMeta });
const response: fc.Arbitrary<ScanResponse> = fc.record({
  time: fc.constant("2026-01-01T00:00:00.000Z"),
  results: fc.array(
    fc.oneof(
      result,
      fc.tuple(result, fc.array(duplicate, { minLength: 1, maxLength: 2 })).map(([base, duplicates]) => ({
        ...base,
        duplicates,
      })),
    ),
    { maxLength: 3 },
  ),
  requestMeta: fc.record({ archivePayloads: fc.boolean(), source: fc.option(name), extraData: data }),
  errors: fc.dictionary(name, fc.array(fc.string(), { minLength: 1, maxLength: 2 }), { maxKeys: 2 }),
  decorators: data,
  scanId: fc.uuid(),
});

Deno.test("any response comes back from its JSON the same", () => {
  fc.assert(
    fc.property(response, (given) => {
      const text = String(new StoqResponse(given));
      const back = responseFromJson(JSON.parse(text));
      assert.equal(String(new StoqResponse(back)), text);
      // Through text, since -0 and prototypes are not JSON's.
      assert.deepEqual(JSON.parse(JSON.stringify(back)), JSON.parse(JSON.stringify(given)));
    }),
    { numRuns: 300 },
  );
});

Deno.test("any JSON is a response, or gives a TypeError that names the field", () => {
  const mutated = fc.tuple(
    response,
    fc.array(fc.tuple(fc.nat({ max: 40 }), fc.jsonValue({ maxDepth: 1 })), { maxLength: 2 }),
  )
    .map(([given, changes]) => {
      const json: unknown = JSON.parse(JSON.stringify(responseToJson(given)));
      for (const [at, value] of changes) replaceNth(json, at, value);
      return json;
    });
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), mutated), (json) => {
      try {
        responseFromJson(json);
      } catch (error) {
        assert.ok(error instanceof TypeError, String(error));
        assert.match(error.message, /^Cannot read a response: \S+ is \w+, not /);
      }
    }),
    { numRuns: 1000 },
  );
});

/** Replaces the n-th member, counted depth first, of JSON data. */
function replaceNth(json: unknown, n: number, value: unknown): void {
  let left = n;
  const visit = (node: unknown): boolean => {
    if (typeof node !== "object" || node === null) return false;
    for (const [key, child] of Object.entries(node)) {
      if (left-- === 0) {
        Reflect.set(node, key, value);
        return true;
      }
      if (visit(child)) return true;
    }
    return false;
  };
  visit(json);
}

Deno.test("what is no response is named: field, what it is, what it should be", () => {
  for (
    const [json, message] of [
      [null, "Cannot read a response: response is null, not an object"],
      [[], "Cannot read a response: response is object, not an object"],
      [{}, "Cannot read a response: time is undefined, not text"],
      [{ time: "t", results: {} }, "Cannot read a response: results is object, not an array"],
      [{ time: "t", results: [5] }, "Cannot read a response: results[] is number, not an object"],
    ] as const
  ) assert.throws(() => responseFromJson(json), { name: "TypeError", message });
});

Deno.test("splitting gives as many responses as there are results of workers, or payloads without any", () => {
  fc.assert(
    fc.property(response, (given) => {
      const parts = new StoqResponse(given).split();
      const counts = given.results.map(({ workers }) =>
        Math.max(1, workers.reduce((sum, pass) => sum + Object.keys(pass).length, 0))
      );
      assert.equal(parts.length, counts.reduce((sum, count) => sum + count, 0));
      for (const { results } of parts) {
        assert.equal(results.length, 1);
        assert.ok((results[0]?.workers ?? []).every((pass) => Object.keys(pass).length === 1));
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("inOrder gives results in the order of the items, whichever is ready first, at most limit at once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 20 }), { maxLength: 20 }),
      fc.integer({ min: 1, max: 5 }),
      async (waits, limit) => {
        let running = 0;
        let most = 0;
        const results = await inOrder(waits, limit, async (turns) => {
          most = Math.max(most, ++running);
          for (let n = 0; n < turns; n++) await Promise.resolve();
          running--;
          return turns * 2;
        });
        assert.deepEqual(results, waits.map((turns) => turns * 2));
        assert.ok(most <= limit);
        assert.equal(running, 0);
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("inOrder uses its limit: the next item is begun as soon as one is done", async () => {
  const begun: number[] = [];
  const gates = [0, 1, 2].map(() => Promise.withResolvers<void>());
  const all = inOrder([0, 1, 2], 2, async (n) => {
    begun.push(n);
    await gates[n]?.promise;
    return n;
  });
  assert.deepEqual(begun, [0, 1]);
  gates[1]?.resolve();
  await gates[1]?.promise;
  for (let n = 0; n < 10 && begun.length < 3; n++) await Promise.resolve();
  assert.deepEqual(begun, [0, 1, 2]);
  for (const gate of gates) gate.resolve();
  assert.deepEqual(await all, [0, 1, 2]);
});

Deno.test("inOrder rejects with the first failure", async () => {
  const begun: number[] = [];
  await assert.rejects(
    inOrder([1, 2, 3], 1, (n) => {
      begun.push(n);
      return n === 2 ? Promise.reject(new RangeError("two")) : Promise.resolve(n);
    }),
    { name: "RangeError", message: "two" },
  );
  assert.deepEqual(begun, [1, 2]);
  assert.deepEqual(await inOrder([], 3, () => Promise.reject(new Error("never"))), []);
});

Deno.test("versions are compared number by number", () => {
  for (const [older, newer] of [["1.9", "1.10"], ["2", "2.0.1"], ["v3.9.9", "4.0.0"], ["0.0.9", "0.1"]] as const) {
    assert.ok(compareVersions(older, newer) < 0);
    assert.ok(compareVersions(newer, older) > 0);
  }
  for (const [a, b] of [["1", "1.0.0"], ["1.2-rc.1", "1.2"], ["", "0"]] as const) {
    assert.equal(compareVersions(a, b), 0);
  }
});
