import { residentMiB } from "../../sandbox/rss.ts";
import { children, median } from "../measure.ts";
import type { Bench } from "../part.ts";
import { contentsOf, openStoq, scanContents, SELECTIONS } from "../scans.ts";
import type { Row, Section } from "../table.ts";

/** Payloads of a run, and between two looks. */
const COUNT = 20_000;
const STEP = 200;

/** Resident memory over many payloads: of the core and of its sandbox processes, first and last quarter compared. */
export async function memory({ corpus, quick }: Bench): Promise<Section> {
  const count = quick ? 4 * STEP : COUNT;
  const contents = contentsOf(corpus.tiny);
  const core: number[] = [];
  const sandboxes: number[] = [];
  const before = new Set(children());
  await using stoq = openStoq(SELECTIONS.three);
  for (let done = 0; done < count; done += STEP) {
    await scanContents(stoq, contents, STEP);
    core.push(residentMiB(Deno.pid));
    sandboxes.push(children().filter((pid) => !before.has(pid)).reduce((sum, pid) => sum + residentMiB(pid), 0));
  }
  const quarter = Math.max(1, Math.floor(core.length / 4));
  return {
    title: "Memory",
    note:
      `Resident memory over ${
        count.toLocaleString("en-US")
      } tiny payloads through hash, entropy, mimetype, looked at every ${STEP}. The core ` +
      "is the measuring process itself, with the contents of the list in its memory.",
    rows: [["core", core] as const, ["sandbox processes", sandboxes] as const].flatMap(([name, values]): Row[] => {
      const [first, last] = [values.slice(0, quarter), values.slice(-quarter)];
      return [
        { what: `${name}: first quarter`, unit: "MiB", values: first },
        {
          what: `${name}: last quarter`,
          unit: "MiB",
          values: last,
          beside: { "first quarter": median(last) / median(first) },
        },
      ];
    }),
  };
}
