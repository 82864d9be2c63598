/**
 * Gives the built-in plugins damaged files: `deno task fuzz [--seed S] [--runs N] [--first RUN] [--seconds T] [plugin...]`.
 *
 * A call that fails, crashes (also by its memory), times out or is slow is a fault. Its input is kept in a file; seed and run number
 * make it again: `deno task fuzz --seed S --first RUN --runs 1 PLUGIN`. Exit status: 0 no fault, 1 faults, 2 bad usage.
 *
 * @module
 */
import { Command, InvalidArgumentError } from "commander";
import { basename, resolve } from "node:path";
import { fuzz, type FuzzFailure } from "./campaign.ts";
import { fuzzedPlugins, targets } from "./samples.ts";

const RUNS = 10_000;

/** Milliseconds. On a busy machine every call of a sound plugin is over well before. */
const SLOW = 20_000;

interface Flags {
  readonly seed: number;
  readonly runs: number;
  readonly first: number;
  readonly seconds: number;
}

const command = new Command("fuzz")
  .argument(
    "[plugin...]",
    "names or folders of plugins; default: every built-in worker and dispatcher that starts no other program",
  )
  .option("--seed <number>", "what the damage depends on", whole, Math.floor(Math.random() * 2 ** 32))
  .option("--runs <number>", "calls of each plugin", whole, RUNS)
  .option("--first <number>", "number of the first run", whole, 0)
  .option("--seconds <number>", "seconds after which a plugin is done, whatever its runs", whole, Infinity)
  .exitOverride();

function whole(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError("It is not a whole number.");
  return Number(text);
}

async function main(): Promise<number> {
  try {
    command.parse(Deno.args, { from: "user" });
  } catch {
    return 2; // what is wrong has been said
  }
  const { seed, runs, first, seconds } = command.opts<Flags>();
  const named = command.args.map((plugin) => plugin.includes("/") ? resolve(plugin) : plugin);
  for (const plugin of named) {
    if (await targets(plugin).then((ways) => ways.length > 0, () => false)) continue;
    console.error(`Cannot fuzz "${plugin}": it is neither a built-in worker or dispatcher nor the folder of one`);
    return 2;
  }
  console.log(`seed ${seed}`);
  let folder: string | undefined;
  const keep = ({ plugin, run, target, sample, input, message }: FuzzFailure) => {
    folder ??= Deno.makeTempDirSync({ prefix: "stoq-fuzz-" });
    const file = `${folder}/${basename(plugin)}-${seed}-${run}`;
    Deno.writeFileSync(file, input);
    console.log(`${plugin}: seed ${seed}, run ${run}, ${target.method} ${JSON.stringify(target.options)}: ${message}`);
    console.log(`  ${input.length} bytes made from ${sample}, kept in ${file}`);
  };
  let failures = 0;
  for (const plugin of named.length > 0 ? named : await fuzzedPlugins()) {
    const until = performance.now() + seconds * 1000;
    const enough = () => performance.now() >= until;
    const report = await fuzz({ plugin, seed, first, runs, slow: SLOW, onFailure: keep, enough });
    const { time, run } = report.slowest;
    console.log(
      `${plugin.padEnd(12)} ${report.runs} runs, slowest ${Math.round(time)} ms (run ${run}), ` +
        `${report.complaints} with errors about the file, ${report.failures} failures`,
    );
    failures += report.failures;
  }
  return failures > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main());
