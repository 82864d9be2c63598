/** Row 11: the thread of a loop ends with the loop's process. */
import assert from "node:assert/strict";
import { fromFileUrl } from "../support.ts";
import { openHostile } from "./support.ts";

/** Ticks of CPU time in a second (`USER_HZ` of Linux). */
const SECOND = 100;
/** Ticks of a second that processes without anything to do may use, for looks at memory. A loop gets more, unless 20 others want the core too. */
const IDLE_TICKS = 10;

Deno.test("once a loop is killed, nothing of ours burns a core", async () => {
  await using hostile = await openHostile();
  // A core of its own: the process of a test may run other tests.
  await using core = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", fromFileUrl("hostile/scan_in_child.ts")],
      ...[hostile.canaries.plugins, "endless_loop", "stay"],
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = core.stdout.getReader();
  const first = output.read();
  const looping = await until(
    "the loop has a process",
    () => processesOf(core.pid).find(({ command }) => command.includes("plugins/endless_loop"))?.pid,
  );
  assert.match(new TextDecoder().decode((await first).value), /scan timed out .*longer than the limit of 3 s/);
  await until("the loop's process is gone", () => processesOf(core.pid).every(({ pid }) => pid !== looping));
  // That of the good plugins is there, and has nothing to do.
  assert.ok(processesOf(core.pid).length > 1);
  let spent = 0;
  await until("our processes are idle", async () => {
    const before = ticksOf(core.pid);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const used = ticksOf(core.pid) - before;
    spent += used;
    // What is left to do after a scan takes less than a second of the processor, however long that is on this machine.
    assert.ok(spent <= SECOND, `our processes used ${spent} ticks after the kill`);
    return used <= IDLE_TICKS;
  });
  await core.stdin.close();
  assert.equal((await output.read()).done, true);
  assert.equal((await core.status).code, 0);
});

/** Waits until something is true, and says what did not become so in a minute. */
async function until<T>(what: string, look: () => T | Promise<T>): Promise<NonNullable<T>> {
  const end = performance.now() + 60_000;
  for (;;) {
    const found = await look();
    if (found) return found;
    assert.ok(performance.now() < end, `it did not come to this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** CPU time of a process and all below it, in ticks. */
function ticksOf(root: number): number {
  return processesOf(root).reduce((sum, { ticks }) => sum + ticks, 0);
}

/** A process and all below it that are alive. */
function processesOf(root: number): { pid: number; ticks: number; command: string }[] {
  const all: { pid: number; parent: number; ticks: number; command: string }[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // proc_pid_stat(5): what follows the name in brackets begins with the third field; utime and stime are the 14th and 15th.
      const fields = Deno.readTextFileSync(`/proc/${name}/stat`).replace(/^.*\) /s, "").split(" ");
      if (fields[0] === "Z") continue;
      const command = Deno.readTextFileSync(`/proc/${name}/cmdline`);
      all.push({
        pid: Number(name),
        parent: Number(fields[1]),
        ticks: Number(fields[11]) + Number(fields[12]),
        command,
      });
    } catch {
      // It ended meanwhile.
    }
  }
  const family = all.filter(({ pid }) => pid === root);
  for (const { pid } of family) family.push(...all.filter(({ parent }) => parent === pid));
  return family;
}
