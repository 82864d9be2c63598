import assert from "node:assert/strict";
import fc from "fast-check";
import { withReuse } from "./reuse.ts";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

Deno.test("texts decoded during a scan are what they are, kept or not", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    // Names that differ in one place only, as those of functions do.
    fc.tuple(fc.constant("yara_x::modules::"), fc.constantFrom("pe", "elf"), fc.nat(30).map((n) => "x".repeat(n)))
      .map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 40 }), (words) => {
      withReuse(() => {
        for (const word of [...words, ...words]) assert.equal(strict.decode(encoder.encode(word)), word);
      });
    }),
    { numRuns: 200 },
  );
});

Deno.test("more texts than are kept are decoded all the same", () => {
  withReuse(() => {
    for (let i = 0; i < 10_000; i++) assert.equal(strict.decode(encoder.encode(`name ${i}`)), `name ${i}`);
  });
});

Deno.test("a text that was decoded out of memory which is written again is not what it was", () => {
  const memory = encoder.encode("first");
  withReuse(() => {
    assert.equal(strict.decode(memory), "first");
    memory.set(encoder.encode("other"));
    assert.equal(strict.decode(memory), "other");
  });
});

Deno.test("what is no text is refused during a scan as always", () => {
  const broken = Uint8Array.of(0x61, 0xff);
  for (let i = 0; i < 2; i++) assert.throws(() => withReuse(() => strict.decode(broken)), TypeError);
  assert.throws(() => strict.decode(broken), TypeError);
});
