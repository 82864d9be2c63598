import assert from "node:assert/strict";
import fc from "fast-check";
import { decompressVba } from "./ovba.ts";

const text = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);

/** The examples of [MS-OVBA] 3.2.1 to 3.2.3. */
const EXAMPLES = [
  ["0119b000616263646566676800696a6b6c6d6e6f70007172737475762e", "abcdefghijklmnopqrstuv."],
  [
    "012fb00023616161626364658266007061676869 6a013808616b6c00306d6e6f700671027004107273747576107778797a003c".replace(
      " ",
      "",
    ),
    "#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa",
  ],
  ["0103b002614500", "a".repeat(73)],
] as const;

Deno.test("the examples of the specification decompress as it says", () => {
  for (const [compressed, expected] of EXAMPLES) {
    const { content, error } = decompressVba(Uint8Array.fromHex(compressed), 4096);
    assert.equal(text(content), expected);
    assert.equal(error, undefined);
  }
});

Deno.test("an uncompressed chunk is copied", () => {
  const bytes = new Uint8Array(1 + 2 + 4096).fill(0x41);
  bytes.set([0x01, 0xff, 0x3f]);
  assert.equal(text(decompressVba(bytes, 10_000).content), "A".repeat(4096));
});

Deno.test("a container that is none, a copy from nowhere and a cut off one say so and give what there is", () => {
  assert.deepEqual(decompressVba(Uint8Array.of(2, 3), 100), {
    content: new Uint8Array(),
    error: "signature byte is not 01",
  });
  const copy = decompressVba(Uint8Array.fromHex("0104b002610080"), 100);
  assert.equal(text(copy.content), "a");
  assert.match(copy.error!, /copy from before the chunk at offset 5/);
  const cut = decompressVba(Uint8Array.fromHex(EXAMPLES[2][0]), 10);
  assert.equal(text(cut.content), "a".repeat(10));
});

Deno.test("no container makes the decompressor throw or give more than it may", () => {
  const real = Uint8Array.fromHex(EXAMPLES[1][0]);
  const chunks = fc.uint8Array({ maxLength: 200 }).map((
    data,
  ) => [0x01, data.length & 0xff, 0xb0, ...data, ...real.subarray(1)]);
  const mutated = fc.array(fc.tuple(fc.nat(real.length - 1), fc.nat(255)), { maxLength: 8 }).map((edits) => {
    const bytes = real.slice();
    for (const [at, value] of edits) bytes[at] = value;
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(chunks, mutated, fc.uint8Array({ maxLength: 100 })), fc.nat(9000), (bytes, maxBytes) => {
      assert.ok(decompressVba(Uint8Array.from(bytes), maxBytes).content.length <= maxBytes);
    }),
    { numRuns: 500 },
  );
});
