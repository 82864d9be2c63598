import { existsSync } from "node:fs";
import { join } from "node:path";
import { BUNDLE } from "../../build/build.ts";
import { alternating, median, ROOT, runCommand } from "../measure.ts";
import type { Bench } from "../part.ts";
import { NO_HOME, STOQ } from "../scans.ts";
import type { Row, Section } from "../table.ts";

/** A cold scan may take so many times as long as the smallest program that Deno runs. */
const TARGET = 5;

const DENO = "deno eval 1";

/** Arguments of Deno that start the command as one file. */
const ONE_FILE = ["run", "-A", "--no-check", "--no-config", "--no-lock", BUNDLE] as const;

/** How long `stoq scan FILE -s hash` takes from nothing. */
export async function cold({ corpus, repeats, quick }: Bench): Promise<Section> {
  const file = join(corpus.one.folder, corpus.one.names[0]!);
  const command = (start: readonly string[]) => (...args: string[]) => () =>
    runCommand(Deno.execPath(), [...start, ...args], { env: { STOQ_HOME: NO_HOME } });
  const stoq = command(STOQ);
  const built = command(ONE_FILE);
  const samples = await alternating(
    {
      [DENO]: () => runCommand(Deno.execPath(), ["eval", "1"]),
      "stoq --version": stoq("--version"),
      "stoq scan FILE -s hash": stoq("scan", file, "-s", "hash"),
      "the same, hash in a Worker of the core": stoq(
        ...["scan", file, "-s", "hash", "--plugin-limits", "hash:isolation=worker"],
      ),
      "stoq scan FILE (triage)": stoq("scan", file),
      ...(existsSync(BUNDLE) && {
        "dist/stoq.js --version": built("--version"),
        "dist/stoq.js scan FILE -s hash": built("scan", file, "-s", "hash"),
      }),
      "md5sum FILE": () => runCommand("md5sum", [file], { cwd: ROOT }),
    },
    // Commands that take a tenth of a second: as many as make a median.
    quick ? repeats : 3 * repeats,
    !quick,
  );
  const limit = median(samples[DENO]!.map(({ wall }) => wall));
  return {
    title: "Cold start",
    note:
      "Whole processes from nothing to their end, one tiny file; and the one file that `deno task build` makes, if it is there.",
    rows: Object.entries(samples).map(([what, taken]): Row => ({
      what,
      unit: "ms",
      values: taken.map(({ wall }) => wall * 1000),
      cpu: median(taken.map(({ cpu }) => cpu)) * 1000,
      ...(what !== DENO && { beside: { [DENO]: median(taken.map(({ wall }) => wall)) / limit } }),
      ...(what === "stoq scan FILE -s hash" && { target: { limit: TARGET, atMost: true, of: DENO } }),
    })),
  };
}
