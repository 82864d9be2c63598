import assert from "node:assert/strict";
import { fromFileUrl } from "../support.ts";

/**
 * Bytes a payload that may be there after it is gone: V8 itself grows a little (compiled code, feedback), a payload is 2048 bytes, and
 * the least that a forgotten promise or entry of a map takes, with what it refers to, is more.
 */
const MARGIN = 150;

/** How much more is on the core's heap after some thousand payloads, in bytes a payload. */
async function growth(way: string): Promise<number> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--v8-flags=--expose-gc", fromFileUrl("core/heap_in_child.ts"), way],
    stdin: "null",
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const { before, after, count } = JSON.parse(new TextDecoder().decode(stdout));
  return (after - before) / count;
}

for (
  const [way, name] of [
    ["scan", "a scan leaves nothing on the heap"],
    ["names", "names of plugins that do not exist leave nothing on the heap"],
    ["run", "an item of a run leaves nothing on the heap while the run goes on"],
  ] as const
) {
  Deno.test(name, async () => {
    const bytes = await growth(way);
    assert.ok(bytes < MARGIN, `${Math.round(bytes)} bytes a payload`);
  });
}
