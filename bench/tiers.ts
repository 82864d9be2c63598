/**
 * Payloads a second through `hash`: sandbox processes against Workers in the core. `deno run -A bench/tiers.ts`
 */
import { inOrder } from "../core/in_order.ts";
import { Stoq } from "../mod.ts";
import { machine, median, payloads, ROOT } from "./support.ts";

const ROUNDS = 5;
/** Scans in flight, as in a run. */
const IN_FLIGHT = 64;
const SIZES: [label: string, size: number, count: number][] = [
  ["2 KB", 2048, 20_000],
  ["100 KB", 100 * 1024, 1_000],
  ["500 KB", 500 * 1024, 200],
  ["5 MB", 5 * 1024 * 1024, 20],
];

await using processes = new Stoq({ baseDir: ROOT, logLevel: "error", alwaysDispatch: ["hash"] });
await using workers = new Stoq({
  baseDir: ROOT,
  logLevel: "error",
  alwaysDispatch: ["hash"],
  pluginLimits: { hash: { isolation: "worker" } },
});

async function rate(stoq: Stoq, contents: readonly Uint8Array<ArrayBuffer>[], count: number): Promise<number> {
  const start = performance.now();
  const indices = Array.from({ length: count }, (_, i) => i);
  await inOrder(indices, IN_FLIGHT, async (i) => {
    const { errors } = await stoq.scan(contents[i % contents.length]!);
    if (Object.keys(errors).length > 0) throw new Error(JSON.stringify(errors));
  });
  return count / ((performance.now() - start) / 1000);
}

console.log(machine());
console.log(
  `\n${"payload".padEnd(10)}${"processes/s".padStart(14)}${"Workers/s".padStart(14)}${"ratio".padStart(8)}${
    "MB/s".padStart(8)
  }`,
);
for (const [label, size, count] of SIZES) {
  // Few distinct payloads, used again and again: what is measured is the way, not the generator.
  const contents = payloads(Math.min(count, 64), size);
  for (const stoq of [processes, workers]) await rate(stoq, contents, Math.ceil(count / 4));
  const rates = { processes: [] as number[], workers: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    rates.processes.push(await rate(processes, contents, count));
    rates.workers.push(await rate(workers, contents, count));
  }
  const [ours, theirs] = [median(rates.processes), median(rates.workers)];
  console.log(
    label.padEnd(10) + ours.toFixed(0).padStart(14) + theirs.toFixed(0).padStart(14) +
      (ours / theirs).toFixed(2).padStart(8) +
      (ours * size / 1e6).toFixed(0).padStart(8),
  );
}
