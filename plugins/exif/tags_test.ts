import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_TAGS, MAX_TEXT, MAX_TOTAL, readTags } from "./tags.ts";

const read = (tags: unknown) => readTags(JSON.stringify([tags]), 0);

Deno.test("numbers that JavaScript cannot hold keep their digits, as text", () => {
  const { tags } = readTags(
    '[{"A": 12345678901234567890, "B": 1e999, "C": -9007199254740991, "D": 43.4676333333333}]',
    0,
  );
  assert.deepEqual(tags, { A: "12345678901234567890", B: "1e999", C: -9007199254740991, D: 43.4676333333333 });
});

Deno.test("a size that the payload itself tells is not replaced", () => {
  assert.deepEqual(readTags('[{"FileSize": 7}]', 5).tags, { FileSize: 7 });
  assert.deepEqual(readTags('[{"FileSize": 0}]', 5).tags, { FileSize: 5 });
});

Deno.test("a duration that comes from the size of a pipe is left out", () => {
  assert.deepEqual(readTags('[{"FileSize": 0, "Duration": -0.004}]', 5).tags, { FileSize: 5 });
  assert.deepEqual(readTags('[{"FileSize": 0, "Duration": 1.5}]', 5).tags, { FileSize: 5, Duration: 1.5 });
  assert.deepEqual(readTags('[{"FileSize": 5, "Duration": 0}]', 5).tags, { FileSize: 5, Duration: 0 });
});

Deno.test("tags named like parts of JavaScript's objects are plain tags", () => {
  const { tags } = readTags('[{"__proto__": {"polluted": 1}, "constructor": "c"}]', 0);
  assert.equal(JSON.stringify(tags), '{"__proto__":{"polluted":1},"constructor":"c"}');
  assert.equal(Object.getPrototypeOf(tags), Object.prototype);
});

Deno.test("what the limits cut off is said", () => {
  const many = read(Object.fromEntries(Array.from({ length: MAX_TAGS + 1 }, (_, i) => [`T${i}`, i])));
  assert.equal(Object.keys(many.tags).length, MAX_TAGS);
  assert.match(many.errors.join("\n"), /^Only the first 4096 of 4097 tags are kept [^\n]+$/);

  const long = read({ A: "x".repeat(MAX_TEXT + 1), B: 1 });
  assert.deepEqual(long.tags, { A: "x".repeat(MAX_TEXT), B: 1 });
  assert.match(long.errors.join("\n"), /^Values of 1 tags are cut off, the first is "A" [^\n]+$/);

  const deep = readTags(`[{"A": ${"[".repeat(50)}${"]".repeat(50)}, "B": 1}]`, 0);
  assert.equal(JSON.stringify(deep.tags), '{"A":[[[[[[[[null]]]]]]]],"B":1}');
  assert.equal(deep.errors.length, 1);
});

Deno.test("text that is not ExifTool's is a syntax error, however deep", () => {
  for (const text of ["", "[]", "{}", "[1]", "[null]", "[[]]", "1", "[".repeat(10), "nonsense"]) {
    assert.throws(() => readTags(text, 0), SyntaxError, text);
  }
  assert.throws(() => readTags(`[{"A": ${"[".repeat(100_000)}${"]".repeat(100_000)}}]`, 0));
});

Deno.test("any object of tags is read within the limits", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.nat(400),
      fc.string({ maxLength: 10 }),
      (tags, times, text) => {
        const result = read({ ...tags, long: Array.from({ length: times }, () => text.repeat(times)) });
        const size = JSON.stringify(result.tags).length;
        assert.ok(size <= 8 * MAX_TOTAL, `${size}`);
      },
    ),
    { numRuns: 200 },
  );
});
