import assert from "node:assert/strict";
import fc from "fast-check";
import { denoSays, specifiers } from "../../authoring/imports.ts";

Deno.test("imports of values are seen in every form, those of types only are not", () => {
  const text = `
import a from "a";
import { b, type B } from 'b';
import * as c from "c"; import d, { e } from "d";
import "e";
export * from "f";
export { g } from "g"
export type G = { a: number }
import h from "h"
const i = await import("i"), j = await import(\`j\`);
import type { X } from "types-1";
export type { Y } from "types-2";
import type * as Z from "types-3";
import type W from "types-4";
import {
  k, // from here
} from "k";
import type, { l } from "l";
`;
  assert.deepEqual(specifiers(text).toSorted(), ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"]);
});

Deno.test("an import is seen whatever stands around it", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (before, after) => {
    const text = `${before.replaceAll(/["'\`]/g, "")}\nimport { x } from "the-package";\n${after}`;
    return specifiers(text).includes("the-package");
  }));
});

Deno.test("of what Deno complains about, the line that says what is wrong is told", () => {
  assert.equal(denoSays("Download https://x\nerror: it is so\n    at file:///x\n"), "it is so");
  assert.equal(denoSays("something else"), "something else");
  assert.equal(denoSays(""), "Deno does not say why");
});
