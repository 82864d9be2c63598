import assert from "node:assert/strict";
import fc from "fast-check";
import { splitAtIncludes } from "./includes.ts";

Deno.test("a rule file is split at its include directives, lines keeping their numbers", () => {
  assert.deepEqual(
    splitAtIncludes('import "pe"\ninclude "a.yar"\nrule x { condition: true }\ninclude\n"b.yar" rule y'),
    [
      { text: 'import "pe"\n', include: "a.yar" },
      { text: "\n\nrule x { condition: true }\n", include: "b.yar" },
      { text: "\n\n\n\n rule y", include: undefined },
    ],
  );
});

Deno.test("what looks like include in comments, strings and regular expressions is none", () => {
  for (
    const source of [
      '// include "a"',
      '/* include "a" */',
      'strings: $a = "\\" include \\"a\\" */*" $b = /\\/ include "a"/ condition: $a',
      '/* never closed include "a"',
      '"never closed include',
      "rule included { condition: true }",
    ]
  ) assert.deepEqual(splitAtIncludes(source), [{ text: source, include: undefined }]);
});

Deno.test("any text is split without loss", () => {
  const parts = fc.constantFrom('include "x"', "include", '"', "/", "*", "//", "\n", "\\", "a", " ");
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 60 }), (tokens) => {
      const source = tokens.join("");
      const pieces = splitAtIncludes(source);
      const text = pieces.map((piece) => piece.text.trimStart()).join("");
      assert.ok(source.length >= text.length);
      assert.equal(pieces.at(-1)?.include, undefined);
      assert.equal(pieces.at(-1)?.text.split("\n").length, source.split("\n").length);
    }),
    { numRuns: 500 },
  );
});
