import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeLzma } from "./lzma.ts";

/** python3 -c 'import lzma; print(lzma.compress(b"stoQ on Deno " * 40, lzma.FORMAT_ALONE).hex())' without its size */
const HELLO = "5d0000800000399d0a205db53aa7cebbe4c4a5ac48b0ea21594d2dfffffc152000";
const TEXT = "stoQ on Deno ".repeat(40);

const bytes = (hex: string) => Uint8Array.from(hex.match(/../g)!, (pair) => parseInt(pair, 16));
const text = (content: Uint8Array) => new TextDecoder().decode(content);

Deno.test("data end at the limit or at the end marker, whichever comes first", () => {
  assert.deepEqual(text(decodeLzma(bytes(HELLO), 10_000).bytes), TEXT);
  assert.equal(decodeLzma(bytes(HELLO), 10_000).error, undefined);
  assert.equal(text(decodeLzma(bytes(HELLO), 100).bytes), TEXT.slice(0, 100));
});

Deno.test("data that are cut off give what there is, and say so", () => {
  const { bytes: content, error } = decodeLzma(bytes(HELLO).subarray(0, 18), 10_000);
  assert.ok(content.length > 4);
  assert.equal(error, "LZMA data: cut off");
});

Deno.test("what has no properties of LZMA is none", () => {
  for (const hex of ["", "5d", "ff00008000000000000000", "5d0000800001000000000000"]) {
    assert.equal(decodeLzma(Uint8Array.from(hex === "" ? [] : bytes(hex)), 10).error, "no LZMA properties");
  }
});

Deno.test("whatever the data, no more than the limit comes out", () => {
  const mutated = fc.array(fc.tuple(fc.nat(24), fc.nat(255)), { maxLength: 5 }).map((edits) => {
    const copy = bytes(HELLO);
    for (const [at, value] of edits) if (at > 0) copy[at] = value;
    return copy;
  });
  const made = fc.uint8Array({ maxLength: 200 }).map((data) => Uint8Array.of(93, 0, 0, 1, 0, 0, ...data));
  fc.assert(
    fc.property(fc.oneof(mutated, made), fc.nat(5000), (data, limit) => {
      const { bytes: content, consumed } = decodeLzma(data, limit);
      assert.ok(content.length <= limit && consumed <= data.length + 1);
    }),
    { numRuns: 300 },
  );
});
