/**
 * Memory over 40,000 payloads, first and last quarter after a warm-up compared: what is live on the core's heap, and the resident memory of
 * the core and of its sandbox processes, which also holds what V8 keeps for later.
 * `deno run -A --v8-flags=--expose-gc bench/memory.ts [payloads]`
 */
import { readdirSync, readFileSync } from "node:fs";
import { inOrder } from "../core/in_order.ts";
import { Stoq } from "../mod.ts";
import { residentMiB } from "../sandbox/rss.ts";
import { machine, median, payloads, ROOT } from "./support.ts";

const count = Number(Deno.args[0] ?? 40_000);
const IN_FLIGHT = 50;
/** Payloads between two looks. */
const STEP = 200;
/** Payloads between two looks at what is live: each collects, and so makes the resident memory less than it would be. */
const LIVE_STEP = 2000;
/** Payloads before the first look: code is compiled, and V8 lets the young generation of each process grow to its full size. */
const WARM_UP = 32_000;

/** MiB of this process's children that are sandboxes (Linux). */
function sandboxes(): number {
  let sum = 0;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]);
      if (parent === Deno.pid) sum += residentMiB(Number(pid));
    } catch {
      // It has ended meanwhile.
    }
  }
  return sum;
}

/** MiB on this process's heap, buffers included, once all that nobody refers to is collected; null where it cannot be. */
function live(): number | null {
  const { gc } = globalThis as unknown as { gc?: () => void };
  if (gc === undefined) return null;
  // Buffers are given back beside the collection that found them.
  for (let i = 0; i < 3; i++) gc();
  const { heapUsed, external } = Deno.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

await using stoq = new Stoq({ baseDir: ROOT, logLevel: "error", alwaysDispatch: ["hash", "entropy", "mimetype"] });
const contents = payloads(64, 4096);
const heap: number[] = [];
const core: number[] = [];
const children: number[] = [];
for (let done = -WARM_UP; done < count; done += STEP) {
  await inOrder(Array.from({ length: STEP }, (_, i) => i), IN_FLIGHT, async (i) => {
    const { errors } = await stoq.scan(contents[(WARM_UP + done + i) % contents.length]!);
    if (Object.keys(errors).length > 0) throw new Error(JSON.stringify(errors));
  });
  if (done < 0) continue;
  core.push(residentMiB(Deno.pid));
  children.push(sandboxes());
  const bytes = done % LIVE_STEP === 0 ? live() : null;
  if (bytes !== null) heap.push(bytes);
}
console.log(machine());
console.log(
  `\n${count} payloads of 4 KB through hash, entropy, mimetype, after ${WARM_UP} to warm up; MiB, medians:\n`,
);
if (heap.length === 0) console.log("live heap of the core: not known, start with --v8-flags=--expose-gc");
for (
  const [name, values] of [
    ["live heap of the core", heap],
    ["resident: core", core],
    ["resident: sandboxes", children],
  ] as const
) {
  if (values.length === 0) continue;
  const quarter = Math.ceil(values.length / 4);
  const [first, last] = [median(values.slice(0, quarter)), median(values.slice(-quarter))];
  console.log(
    `${name.padEnd(22)} first quarter ${first.toFixed(1).padStart(6)}   last quarter ${
      last.toFixed(1).padStart(6)
    }   ratio ${(last / first).toFixed(2)}`,
  );
}
