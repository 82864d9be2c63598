/** Rows 4, 14 and 15: a plugin that changes the language under the feet of the code that shares its realm. */
import assert from "node:assert/strict";
import { sharedHostile } from "./support.ts";

const attack = sharedHostile();

Deno.test("call, apply and bind cannot be replaced", async () => {
  const { gained, refused } = await attack("function_call_replaced_to_catch_deno_operations");
  assert.equal(gained, null);
  assert.equal(refused.match(/Cannot redefine property: (call|apply|bind)/g)?.length, 3);
  assert.match(refused, /Requires net access to "127\.0\.0\.1/);
});

Deno.test("a replaced Reflect.apply sees no operation of Deno", async () => {
  const { gained, refused } = await attack("reflect_apply_replaced");
  assert.equal(gained, null);
  assert.match(refused, /runInThisContext of node:vm is not available in a plugin's sandbox/);
  assert.equal(refused.match(/Requires read access/g)?.length, 2);
});

Deno.test("replaced methods of arrays don't fool the module hooks", async () => {
  const { gained, errors, refused } = await attack("array_iterator_replaced");
  assert.ok(gained === null || gained === undefined, `gained: ${gained}`);
  // Deno itself may fail in such a realm: then that is what the plugin's call ends with.
  assert.match(refused + errors, /is not available in a plugin's sandbox|failed for payload|crashed for payload/);
});

Deno.test("replaced methods of strings don't fool the module hooks", async () => {
  const { gained, errors, refused } = await attack("string_methods_replaced");
  assert.ok(gained === null || gained === undefined);
  assert.match(refused + errors, /is not available in a plugin's sandbox/);
});

Deno.test("a polluted Object.prototype doesn't fool the module hooks", async () => {
  const { gained, errors, refused } = await attack("object_and_reflect_replaced");
  assert.ok(gained === null || gained === undefined, `gained: ${gained}`);
  assert.match(refused + errors, /is not available in a plugin's sandbox|Error/);
});

Deno.test("replaced promises hand out no power", async () => {
  const { gained, refused } = await attack("promise_then_replaced");
  assert.equal(gained, null);
  assert.match(refused, /connect of node:net is not available/);
  assert.match(refused, /Requires net access/);
});

Deno.test("replaced maps and sets show a plugin its own questions only", async () => {
  const { gained, errors, refused } = await attack("map_and_set_replaced");
  assert.ok(gained === null || gained === undefined, `gained: ${gained}`);
  assert.match(refused + errors, /Cannot read asset|timed out|crashed/);
});

Deno.test("text that is no JSON, in place of a result, is an error of the plugin", async () => {
  const { gained, errors } = await attack("json_stringify_replaced");
  assert.equal(gained, undefined);
  assert.match(errors, /broke the sandbox protocol: result is not JSON/);
});

Deno.test("an object in place of a result's text is an error of the plugin", async () => {
  const { gained, errors } = await attack("json_stringify_returns_an_object");
  assert.equal(gained, undefined);
  assert.match(errors, /broke the sandbox protocol: result is \[object Object\]/);
});

Deno.test("call sites hand out no function and no object of the host", async () => {
  const { gained, refused } = await attack("prepare_stack_trace");
  assert.equal(gained, null);
  assert.match(refused, /Requires read access/);
});

Deno.test("a function does not learn who of the host called it", async () => {
  const { gained, errors } = await attack("caller_of_the_plugin");
  assert.equal(gained, null);
  assert.equal(errors, "");
});

Deno.test("nothing in reach leads to the operations of Deno", async () => {
  const { gained, refused } = await attack("symbols_that_lead_to_deno");
  assert.equal(gained, null);
  assert.equal(refused, "true");
});

Deno.test("there is no other realm to go to", async () => {
  const { gained, refused } = await attack("other_realms");
  assert.equal(gained, null);
  assert.equal(refused.split("\n").length, 8);
  assert.match(refused, /runInNewContext of node:vm is not available/);
});

Deno.test("finalizers on what a plugin was given disturb nobody", async () => {
  const { gained, errors } = await attack("finalizers_on_host_objects");
  assert.ok(gained === null || gained === undefined);
  assert.match(errors, /^$|thrown by a finalizer/);
});
