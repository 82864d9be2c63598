import assert from "node:assert/strict";
import fc from "fast-check";
import { openPlugin } from "../../testing.ts";
import expected from "./testdata/expected.json" with { type: "json" };
import { ssdeep } from "./ctph.ts";

const testdata = new URL("testdata/", import.meta.url);
const elf = Deno.readFileSync(new URL("cat.elf", testdata));

const samples: Record<string, Uint8Array> = {
  "cat.elf": elf,
  "GPL-3.txt": Deno.readFileSync(new URL("GPL-3.txt", testdata)),
  zeros: new Uint8Array(4096),
  tail: Uint8Array.from([...elf.subarray(0, 20_000), ...new Uint8Array(20)]),
};

/** The sample's beginning, or the sample repeated. */
function sized(sample: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += sample.length) bytes.set(sample.subarray(0, length - at), at);
  return bytes;
}

Deno.test("hash_ssdeep gives the hash under the original's key", async () => {
  await using plugin = await openPlugin("hash_ssdeep");
  const { results, errors } = await plugin.scan(samples["GPL-3.txt"]!);
  assert.deepEqual(results, {
    ssdeep: expected.find(({ sample, bytes }) =>
      sample === "GPL-3.txt" && bytes === samples["GPL-3.txt"]!.length
    )!.ssdeep,
  });
  assert.deepEqual(errors, []);
});

Deno.test("an empty payload has an empty hash", async () => {
  await using plugin = await openPlugin("hash_ssdeep");
  assert.deepEqual((await plugin.scan("")).results, { ssdeep: "3::" });
});

Deno.test("hashes are those of ssdeep, at every edge of the block sizes and above a megabyte", () => {
  for (const { sample, bytes, ssdeep: hash } of expected) {
    assert.equal(ssdeep(sized(samples[sample]!, bytes)), hash, `${sample}, ${bytes} bytes`);
  }
});

Deno.test("one changed byte in a file leaves most of the hash", () => {
  const changed = elf.slice();
  changed[20_000]! ^= 0xff;
  const [before, after] = [ssdeep(elf), ssdeep(changed)];
  assert.notEqual(before, after);
  assert.equal(before.length, after.length);
  assert.ok([...before].filter((character, i) => character !== after[i]).length <= 4);
});

Deno.test("any bytes have a hash of two bounded signatures", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000, size: "max" }), (bytes) => {
      const [, size, first, second] = /^(\d+):([A-Za-z0-9+/]*):([A-Za-z0-9+/]*)$/.exec(ssdeep(bytes)) ?? [];
      assert.ok(first !== undefined && first.length <= 64 && second !== undefined && second.length <= 32);
      assert.ok(Number.isInteger(Math.log2(Number(size) / 3)));
    }),
    { numRuns: 300 },
  );
});
