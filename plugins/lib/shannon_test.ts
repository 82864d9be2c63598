import assert from "node:assert/strict";
import fc from "fast-check";
import { shannonEntropy } from "./shannon.ts";

Deno.test("entropy is 0 for bytes that are all alike and 8 for all values equally frequent", () => {
  assert.equal(shannonEntropy(new Uint8Array(0)), 0);
  assert.equal(shannonEntropy(new Uint8Array(100)), 0);
  assert.equal(shannonEntropy(Uint8Array.from({ length: 1024 }, (_, i) => i)), 8);
});

Deno.test("entropy is that of the definition, whatever the bytes and however many", () => {
  const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 255));
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 1001, size: "max" }), (values) => {
      const counts = Map.groupBy(values, (value) => value);
      let expected = 0;
      for (const { length } of counts.values()) expected -= length / values.length * Math.log2(length / values.length);
      const actual = shannonEntropy(Uint8Array.from(values));
      assert.ok(Math.abs(actual - expected) < 1e-9, `${actual}, not ${expected}`);
    }),
    { numRuns: 300 },
  );
});
