/**
 * How long `stoq scan FILE -s hash` takes from nothing, and where that goes. `deno run -A bench/cold.ts [runs]`
 */
import { Stoq } from "../mod.ts";
import { machine, median, ROOT, timeCommand } from "./support.ts";

const runs = Number(Deno.args[0] ?? 15);
const deno = Deno.execPath();
const file = `${ROOT}examples/small.exe`;
const commands: [name: string, args: string[]][] = [
  ["deno eval 1", ["eval", "1"]],
  ["stoq --version", ["run", "-A", "cli.ts", "--version"]],
  ["stoq scan small.exe -s hash", ["run", "-A", "cli.ts", "scan", file, "-s", "hash"]],
  ["the same, Workers in the core", [
    "run",
    "-A",
    "cli.ts",
    "scan",
    file,
    "-s",
    "hash",
    "--plugin-limits",
    "hash:isolation=worker",
  ]],
];
const times = new Map<string, number[]>(commands.map(([name]) => [name, []]));
for (let run = -1; run < runs; run++) {
  for (const [name, args] of commands) {
    const seconds = await timeCommand(deno, args);
    if (run >= 0) times.get(name)!.push(seconds);
  }
}
const limit = median(times.get("deno eval 1")!);
console.log(machine());
console.log("\nWhole process, medians of", runs, "runs in turn:\n");
for (const [name, seconds] of times) {
  console.log(
    `${name.padEnd(32)}${(median(seconds) * 1000).toFixed(0).padStart(6)} ms ${
      (median(seconds) / limit).toFixed(1).padStart(6)
    } × deno eval 1`,
  );
}

const bytes = await Deno.readFile(file);
const parts = { first: [] as number[], call: [] as number[] };
for (let run = 0; run < runs; run++) {
  await using stoq = new Stoq({ baseDir: ROOT, logLevel: "error", alwaysDispatch: ["hash"] });
  const start = performance.now();
  await stoq.scan(bytes);
  const ready = performance.now();
  await stoq.scan(bytes);
  parts.first.push(ready - start);
  parts.call.push(performance.now() - ready);
}
console.log("\nIn one process:\n");
console.log(`start of a sandbox               ${(median(parts.first) - median(parts.call)).toFixed(1).padStart(6)} ms`);
console.log(`a scan once it is there          ${median(parts.call).toFixed(1).padStart(6)} ms`);
