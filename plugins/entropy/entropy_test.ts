import assert from "node:assert/strict";
import fc from "fast-check";
import { openPlugin } from "../../testing.ts";
import { shannonEntropy } from "../lib/shannon.ts";

Deno.test("entropy gives the original's numbers under the original's key", async () => {
  await using entropy = await openPlugin("entropy");
  assert.deepEqual((await entropy.scan("a".repeat(256))).results, { entropy: 0 });
  assert.deepEqual((await entropy.scan("abc".repeat(256))).results, { entropy: 1.584962500721156 });
});

Deno.test("an empty payload has entropy 0", async () => {
  await using entropy = await openPlugin("entropy");
  assert.deepEqual((await entropy.scan("")).results, { entropy: 0 });
});

Deno.test("bytes that are all equally frequent have entropy 8", async () => {
  await using entropy = await openPlugin("entropy");
  assert.deepEqual((await entropy.scan(Uint8Array.from({ length: 1024 }, (_, i) => i))).results, { entropy: 8 });
});

Deno.test("the order of the bytes makes no difference, and entropy is at most 8", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
    const entropy = shannonEntropy(bytes);
    assert.ok(entropy >= 0 && entropy <= 8 + 1e-9);
    assert.equal(shannonEntropy(bytes.toSorted()), entropy);
  }));
});
