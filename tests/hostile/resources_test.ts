/** Rows 10 and 11: time and memory, each plugin in a process of its own. */
import assert from "node:assert/strict";
import { openHostile, PAYLOAD, sharedHostile } from "./support.ts";

const attack = sharedHostile();

const TIMED_OUT = /timed out .*took longer than the limit of 3 s: its sandbox was replaced/;
const OUT_OF_MEMORY = /crashed .*(used \d+ MiB of memory, the limit is 300 MiB|it ran out of heap memory)/;

Deno.test("an endless loop times out", async () => {
  const { results, errors } = await attack("endless_loop");
  assert.equal(results, undefined);
  assert.match(errors, TIMED_OUT);
});

Deno.test("an endless loop while loading times out", async () => {
  const { results, errors } = await attack("endless_loop_while_loading");
  assert.equal(results, undefined);
  assert.match(errors, /loading took longer than the limit of 3 s/);
});

Deno.test("an endless await while loading times out", async () => {
  const { results, errors } = await attack("await_without_end_while_loading");
  assert.equal(results, undefined);
  assert.match(errors, /loading took longer than the limit of 3 s/);
});

Deno.test("endless microtasks time out", async () => {
  const { results, errors } = await attack("endless_microtasks");
  assert.equal(results, undefined);
  assert.match(errors, TIMED_OUT);
});

Deno.test("timers that double end at a limit", async () => {
  const { results, errors } = await attack("endless_timers_and_promises");
  assert.equal(results, undefined);
  assert.match(errors, /timed out|crashed/);
});

Deno.test("a runaway regular expression times out", async () => {
  const { results, errors } = await attack("runaway_regular_expression");
  assert.equal(results, undefined);
  assert.match(errors, TIMED_OUT);
});

Deno.test("a wait on shared memory times out", async () => {
  const { results, errors } = await attack("waits_on_shared_memory");
  assert.equal(results, undefined);
  assert.match(errors, TIMED_OUT);
});

Deno.test("memory in the heap ends at the limit", async () => {
  const { results, errors } = await attack("memory_in_the_heap");
  assert.equal(results, undefined);
  assert.match(errors, OUT_OF_MEMORY);
});

Deno.test("memory in array buffers ends at the limit", async () => {
  const { results, errors } = await attack("memory_in_array_buffers");
  assert.equal(results, undefined);
  assert.match(errors, OUT_OF_MEMORY);
});

Deno.test("memory of WebAssembly ends at the limit", async () => {
  const { results, errors } = await attack("memory_in_webassembly");
  assert.equal(results, undefined);
  assert.match(errors, OUT_OF_MEMORY);
});

Deno.test("memory that Deno holds for the plugin ends at the limit", async () => {
  const { results, errors } = await attack("memory_in_streams_and_blobs");
  assert.equal(results, undefined);
  assert.match(errors, /crashed .*the limit is 300 MiB|timed out|heap memory/);
});

Deno.test("memory that is dropped again is no crime", async () => {
  const { gained, errors } = await attack("churn_of_typed_arrays");
  assert.ok(gained === null || /the limit is 300 MiB/.test(errors));
});

Deno.test("a plugin that turns hostile at its second call loses that call only", async () => {
  assert.equal((await attack("hostile_at_the_second_call")).errors, "");
  assert.match((await attack("hostile_at_the_second_call")).errors, TIMED_OUT);
  assert.deepEqual((await attack("hostile_at_the_second_call")).results, { gained: null, calls: 1 });
});

Deno.test("a loop after the answer costs the next call, and no more", async () => {
  assert.equal((await attack("loop_after_the_answer")).gained, null);
  assert.match((await attack("loop_after_the_answer")).errors, TIMED_OUT);
  assert.equal((await attack("loop_after_the_answer")).gained, null);
});

Deno.test("memory taken after the answer is limited too", async () => {
  assert.equal((await attack("memory_after_the_answer")).gained, null);
  // It takes a gigabyte in less than a second. Looked at until it is gone or has kept more than its limit for two seconds.
  let above = 0;
  for (let i = 0; i < 100 && above < 40; i++) {
    const largest = Math.max(...childrenMiB());
    above = largest > 400 ? above + 1 : 0;
    if (i > 60 && largest < 300) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(above, 0, "a sandbox process stays above its memory limit when it has nothing to do");
});

Deno.test("a plugin that ignores close() does not keep anybody", async () => {
  {
    await using hostile = await openHostile();
    assert.equal((await hostile.attack("ignores_close")).gained, null);
  }
  assert.equal((await attack("throws_null")).response.results.length, 1, PAYLOAD);
});

/** Resident MiB of the processes that this one started. */
function childrenMiB(): number[] {
  const sizes = [0];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const status = Deno.readTextFileSync(`/proc/${name}/status`);
      if (!status.includes(`\nPPid:\t${Deno.pid}\n`)) continue;
      sizes.push(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It ended meanwhile.
    }
  }
  return sizes;
}
