import assert from "node:assert/strict";
import fc from "fast-check";
import { openPlugin } from "../../testing.ts";
import expected from "./testdata/expected.json" with { type: "json" };
import { MIN_LENGTH, tlsh } from "./digest.ts";

const testdata = new URL("testdata/", import.meta.url);

const samples: Record<string, Uint8Array> = {
  "cat.elf": Deno.readFileSync(new URL("cat.elf", testdata)),
  "GPL-3.txt": Deno.readFileSync(new URL("GPL-3.txt", testdata)),
  zeros: new Uint8Array(4096),
};

/** The sample's beginning, or the sample repeated. */
function sized(sample: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += sample.length) bytes.set(sample.subarray(0, length - at), at);
  return bytes;
}

Deno.test("tlsh gives a digest of 72 characters", async () => {
  await using plugin = await openPlugin("tlsh");
  const { results, errors } = await plugin.scan(samples["cat.elf"]!);
  const { tlsh: digest } = expected.find(({ sample, bytes }) =>
    sample === "cat.elf" && bytes === samples[sample]!.length
  )!;
  assert.deepEqual(results, { tlsh: `T1${digest}` });
  assert.deepEqual(errors, []);
});

Deno.test("a payload that TLSH has no digest for gets null and the reason, and no error", async () => {
  await using plugin = await openPlugin("tlsh");
  assert.deepEqual(await plugin.scan("too small"), {
    results: { tlsh: null, reason: "too small: 9 bytes, TLSH needs 50" },
    extracted: [],
    errors: [],
    dispatchTo: [],
  });
  const { results, errors } = await plugin.scan(samples["zeros"]!);
  assert.deepEqual(results, { tlsh: null, reason: "too little variance in its bytes" });
  assert.deepEqual(errors, []);
});

Deno.test("digests are those of the tlsh tool, on both sides of the steps of the length value", () => {
  for (const { sample, bytes, tlsh: digest } of expected) {
    const ours = tlsh(sized(samples[sample]!, bytes));
    assert.equal(ours, digest === null ? null : `T1${digest}`, `${sample}, ${bytes} bytes`);
  }
});

Deno.test("payloads from 50 bytes on have the digest that TLSH 4 gives them", () => {
  const encode = (text: string) => new TextEncoder().encode(text);
  // small.txt and small2.txt of TLSH's own tests (trendmicro/tlsh, Testing/example_data), with their expected digests.
  assert.equal(
    tlsh(encode("bfghjdbkfdj376t4en, i7e2w 8o\tq22we ,9wq12q ,32qTE$#!#$%^I&*\n")),
    "T1F8A0220C0F8C0023CB880800CA33E88B8F0C022AB302C2008A030300300E8A00C83AAC",
  );
  assert.equal(
    tlsh(encode(`'Type "copyright", "credits" or "license" for more information.’\n`)),
    "T1C6A022A2E0008CC320C083A3E20AA888022A00000A0AB0088828022A0008A00022F22A",
  );
});

Deno.test("any bytes have a digest of 72 characters or none, and none below the minimum length", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000, size: "max" }), (bytes) => {
      const digest = tlsh(bytes);
      if (digest === null) return;
      assert.match(digest, /^T1[0-9A-F]{70}$/);
      assert.ok(bytes.length >= MIN_LENGTH);
    }),
    { numRuns: 300 },
  );
});
