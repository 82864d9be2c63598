/**
 * `deno task bench`: what stoQ does in a second on this machine, beside what the machine can do.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { type Corpus, type FileList, FULL, makeCorpus, QUICK } from "./corpus.ts";
import { describeMachine } from "./machine.ts";
import type { Part } from "./part.ts";
import { show } from "./table.ts";

const HELP = `Measures stoQ on real files of this machine, prints a table, and writes it to bench/README.md.

  --parts NAMES    some of: cold, run, overhead, memory, scaling, tiers, separated by commas (default: all)
  --repeats N      rounds that count (default: 5)
  --quick          a small corpus and one round: to see that it works
  --no-write       leave bench/README.md as it is
  -h, --help       show this help

Only a full bench of all parts is written.`;

/** Parts in the order of the report; loaded when they are wanted. */
const PARTS: Readonly<Record<string, () => Promise<Part>>> = {
  cold: async () => (await import("./parts/cold.ts")).cold,
  run: async () => (await import("./parts/run.ts")).run,
  overhead: async () => (await import("./parts/overhead.ts")).overhead,
  memory: async () => (await import("./parts/memory.ts")).memory,
  scaling: async () => (await import("./parts/scaling.ts")).scaling,
  tiers: async () => (await import("./parts/tiers.ts")).tiers,
};

const DEFAULT_REPEATS = 5;

/** Exit status after Ctrl-C: 128 + SIGINT, as shells have it. */
const INTERRUPTED = 130;

const INTRODUCTION = `# Bench

\`deno task bench\` measures stoQ on real files of the machine that it runs on and writes this page; \`deno task bench --help\` lists its flags.

Everything is beside the machine's own limit over the very same files, in the same run: all sides in turn, several rounds after one that does
not count, files in the page cache. Numbers are medians; a ratio is of medians. "CPU" is processor time for one payload (for a whole command
where milliseconds are measured), in all processes together, which other work on the machine changes less than the clock (counted in
steps of 10 ms).
`;

interface Flags {
  readonly parts: readonly string[];
  readonly repeats: number;
  readonly quick: boolean;
  readonly write: boolean;
}

/** @returns Null where only help is wanted. */
function readFlags(args: string[]): Flags | null {
  const { values } = parseArgs({
    args,
    options: {
      parts: { type: "string" },
      repeats: { type: "string" },
      quick: { type: "boolean", default: false },
      "no-write": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  const names = Object.keys(PARTS);
  const parts = values.parts?.split(",").map((name) => name.trim()) ?? names;
  const unknown = parts.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new TypeError(`--parts names "${unknown}": use some of ${names.join(", ")}`);
  const repeats = Number(values.repeats ?? (values.quick ? 1 : DEFAULT_REPEATS));
  if (!Number.isInteger(repeats) || repeats < 1) {
    throw new TypeError(`--repeats is "${values.repeats}": use a whole number above 0`);
  }
  const whole = names.every((name) => parts.includes(name)) && !values.quick;
  return { parts, repeats, quick: values.quick, write: whole && !values["no-write"] };
}

async function bench({ parts, repeats, quick, write }: Flags): Promise<void> {
  const about = await describeMachine();
  tell("making the corpus");
  using corpus = makeCorpus(quick ? QUICK : FULL);
  // Disposal does not happen where a signal ends the process. Listening keeps nobody from ending by himself.
  Deno.addSignalListener("SIGINT", () => {
    corpus[Symbol.dispose]();
    Deno.exit(INTERRUPTED);
  });
  const head = [...about, `repeats: ${repeats}`, ...describeCorpus(corpus)].map((line) => `- ${line}`).join("\n") +
    "\n";
  console.log(head);
  const sections: string[] = [];
  for (const name of Object.keys(PARTS).filter((name) => parts.includes(name))) {
    tell(`measuring: ${name}`);
    const section = show(await (await PARTS[name]!())({ corpus, repeats, quick }));
    console.log(section);
    sections.push(section);
  }
  if (!write) return;
  const path = new URL("./README.md", import.meta.url);
  await Deno.writeTextFile(path, [INTRODUCTION, head, ...sections].join("\n"));
  tell(`written: ${path.pathname}`);
}

function describeCorpus({ tiny, large, mixed, sized, fingerprint, considered }: Corpus): string[] {
  const line = ({ label, names, bytes, origin }: FileList) =>
    `${label}: ${names.length} files, ${(bytes / 2 ** 20).toFixed(1)} MiB (${origin})`;
  return [
    `corpus: out of ${considered} files of this machine, SHA-256 of all contents ${fingerprint}…`,
    ...[tiny, large, mixed].map(line),
    `for the tiers: ${sized.map(line).join("; ")}`,
  ];
}

function tell(text: string): void {
  console.error(`bench: ${text}`);
}

if (import.meta.main) {
  try {
    const flags = readFlags(Deno.args);
    if (flags === null) console.log(HELP);
    else await bench(flags);
  } catch (error) {
    console.error(`bench: ${(error as Error).message}`);
    Deno.exitCode = error instanceof TypeError ? 2 : 1;
  }
}
