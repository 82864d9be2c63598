/**
 * Rows 10, 11, 12 and 15 where the operator asks for a hostile plugin to share the process of good ones. The core gives a plugin of others a process of its own all the
 * same; should that change, the good ones' results have to be complete as well.
 */
import assert from "node:assert/strict";
import { openHostile } from "./support.ts";

/** A stoQ whose operator wants a hostile plugin in the process of the good ones. */
function inSharedProcess(plugin: string) {
  return openHostile({ pluginLimits: { [plugin]: { isolation: "shared", timeout: 5 } } });
}

Deno.test("an endless loop beside good plugins costs its own call", async () => {
  await using hostile = await inSharedProcess("endless_loop");
  const { errors } = await hostile.attack("endless_loop");
  assert.match(errors, /scan timed out .*limit of 5 s/);
});

Deno.test("memory in the heap beside good plugins costs its own call", async () => {
  await using hostile = await inSharedProcess("memory_in_the_heap");
  const { errors } = await hostile.attack("memory_in_the_heap");
  assert.match(errors, /memory|limit of 5 s/);
});

Deno.test("memory in buffers beside good plugins costs its own call", async () => {
  await using hostile = await inSharedProcess("memory_in_array_buffers");
  const { errors } = await hostile.attack("memory_in_array_buffers");
  assert.match(errors, /memory|limit of 5 s/);
});

Deno.test("a late throw beside good plugins costs its own call", async () => {
  await using hostile = await inSharedProcess("throws_late");
  const { errors } = await hostile.attack("throws_late");
  assert.match(errors, /scan crashed .*thrown late/);
});

Deno.test("a flood of messages beside good plugins costs its own call", async () => {
  await using hostile = await inSharedProcess("log_flood");
  const { errors } = await hostile.attack("log_flood");
  assert.match(errors, /scan (timed out|crashed)/);
});

Deno.test("a forged answer beside good plugins costs its own sandbox", async () => {
  await using hostile = await inSharedProcess("forged_message_events");
  const { errors } = await hostile.attack("forged_message_events");
  assert.match(errors, /broke the sandbox protocol: (a result|an error) that nobody asked for/);
});

Deno.test("answers of good plugins in the same process cannot be forged on the pipe", async () => {
  await using hostile = await inSharedProcess("forged_answer_on_the_pipe");
  const { gained } = await hostile.attack("forged_answer_on_the_pipe");
  assert.equal(gained, null);
});
