import assert from "node:assert/strict";
import fc from "fast-check";
import { runConstructorsOnce } from "./constructors.ts";

/**
 * A module as the linker writes it, assembled by hand: `ctors` adds 1 to a counter, `add_command_export` calls it and returns
 * the counter.
 */
const MODULE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x08, 0x02, 0x60, 0x00, 0x00, 0x60, 0x00, 0x01, 0x7f], // types: () -> (), () -> i32
  ...[0x02, 0x07, 0x01, 0x01, 0x65, 0x01, 0x66, 0x00, 0x00], // import: function e.f
  ...[0x03, 0x03, 0x02, 0x00, 0x01], // functions 1 and 2
  ...[0x06, 0x06, 0x01, 0x7f, 0x01, 0x41, 0x00, 0x0b], // global 0: counter
  ...[0x07, 0x16, 0x01, 0x12, ...new TextEncoder().encode("add_command_export"), 0x00, 0x02],
  ...[0x0a, 0x12, 0x02],
  ...[0x09, 0x00, 0x23, 0x00, 0x41, 0x01, 0x6a, 0x24, 0x00, 0x0b], // ctors: no locals, counter + 1
  ...[0x06, 0x00, 0x10, 0x01, 0x23, 0x00, 0x0b], // call ctors, counter
]);

function countCalls(wasm: Uint8Array<ArrayBuffer>): unknown[] {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm), { e: { f: () => {} } });
  const add = exports.add_command_export;
  assert.ok(typeof add === "function");
  return [add(), add(), add()];
}

Deno.test("constructors that ran at every call run once", () => {
  assert.deepEqual(countCalls(MODULE), [1, 2, 3]);
  assert.deepEqual(countCalls(runConstructorsOnce(MODULE)), [1, 1, 1]);
});

Deno.test("a module without such exports is left as it is", () => {
  const otherwise = MODULE.slice();
  otherwise.set(new TextEncoder().encode("_reactor"), new TextDecoder("latin1").decode(MODULE).indexOf("_command"));
  const noModule = new TextEncoder().encode("not WebAssembly at all");
  for (const wasm of [otherwise, noModule, MODULE.slice(0, 60)]) assert.equal(runConstructorsOnce(wasm), wasm);
});

Deno.test("the package's module is built so", async () => {
  const wasm = await Deno.readFile(new URL("yara_x_js_bg.wasm", import.meta.resolve("@virustotal/yara-x")));
  const guarded = runConstructorsOnce(wasm);
  assert.notEqual(guarded, wasm);
  assert.ok(WebAssembly.validate(guarded));
});

Deno.test("damaged modules never throw", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(MODULE.length - 1), fc.nat(255)), { maxLength: 6 }), (changes) => {
      const damaged = MODULE.slice();
      for (const [at, value] of changes) damaged[at] = value;
      assert.ok(runConstructorsOnce(damaged).length > 0);
    }),
    { numRuns: 500 },
  );
});
