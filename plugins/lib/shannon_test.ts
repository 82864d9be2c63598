import assert from "node:assert/strict";
import { shannonEntropy } from "./shannon.ts";

Deno.test("entropy is 0 for bytes that are all alike and 8 for all values equally frequent", () => {
  assert.equal(shannonEntropy(new Uint8Array(0)), 0);
  assert.equal(shannonEntropy(new Uint8Array(100)), 0);
  assert.equal(shannonEntropy(Uint8Array.from({ length: 1024 }, (_, i) => i)), 8);
});
