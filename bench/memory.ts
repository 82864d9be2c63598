/**
 * Resident memory over 20,000 payloads of a run: the core and its sandbox processes, first and last quarter compared.
 * `deno run -A bench/memory.ts [payloads]`
 */
import { readdirSync, readFileSync } from "node:fs";
import { inOrder } from "../core/in_order.ts";
import { Stoq } from "../mod.ts";
import { residentMiB } from "../sandbox/rss.ts";
import { machine, median, payloads, ROOT } from "./support.ts";

const count = Number(Deno.args[0] ?? 20_000);
const IN_FLIGHT = 50;
/** Payloads between two looks. */
const STEP = 200;

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

await using stoq = new Stoq({ baseDir: ROOT, logLevel: "error", alwaysDispatch: ["hash", "entropy", "mimetype"] });
const contents = payloads(64, 4096);
const core: number[] = [];
const children: number[] = [];
for (let done = 0; done < count; done += STEP) {
  await inOrder(Array.from({ length: STEP }, (_, i) => i), IN_FLIGHT, async (i) => {
    const { errors } = await stoq.scan(contents[(done + i) % contents.length]!);
    if (Object.keys(errors).length > 0) throw new Error(JSON.stringify(errors));
  });
  core.push(residentMiB(Deno.pid));
  children.push(sandboxes());
}
const quarter = Math.floor(core.length / 4);
console.log(machine());
console.log(`\n${count} payloads of 4 KB through hash, entropy, mimetype; resident MiB, medians:\n`);
for (const [name, values] of [["core", core], ["sandbox processes", children]] as const) {
  const [first, last] = [median(values.slice(0, quarter)), median(values.slice(-quarter))];
  console.log(
    `${name.padEnd(20)} first quarter ${first.toFixed(0).padStart(5)}   last quarter ${
      last.toFixed(0).padStart(5)
    }   ratio ${(last / first).toFixed(2)}`,
  );
}
