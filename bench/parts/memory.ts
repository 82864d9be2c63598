import { residentMiB } from "../../sandbox/rss.ts";
import { children, median } from "../measure.ts";
import type { Bench } from "../part.ts";
import { contentsOf, openStoq, scanContents, SELECTIONS } from "../scans.ts";
import type { Row, Section } from "../table.ts";

/** Payloads of a run, and between two looks. */
const COUNT = 20_000;
const STEP = 200;
/** Payloads before the first look: code is compiled, and V8 lets the young generation of each process grow to its full size. */
const WARM_UP = 32_000;
/** Payloads between two looks at what is live: each collects, and so makes the resident memory less than it would be. */
const LIVE_STEP = 2000;

/** Resident memory over many payloads: of the core and of its sandbox processes, first and last quarter compared. */
export async function memory({ corpus, quick }: Bench): Promise<Section> {
  const count = quick ? 4 * STEP : COUNT;
  const contents = contentsOf(corpus.tiny);
  const live: number[] = [];
  const core: number[] = [];
  const sandboxes: number[] = [];
  const before = new Set(children());
  await using stoq = openStoq(SELECTIONS.three);
  await scanContents(stoq, contents, quick ? STEP : WARM_UP);
  for (let done = 0; done < count; done += STEP) {
    await scanContents(stoq, contents, STEP);
    core.push(residentMiB(Deno.pid));
    if (done % LIVE_STEP === 0) live.push(...liveHeap());
    sandboxes.push(children().filter((pid) => !before.has(pid)).reduce((sum, pid) => sum + residentMiB(pid), 0));
  }
  return {
    title: "Memory",
    note:
      `Resident memory over ${
        count.toLocaleString("en-US")
      } tiny payloads through hash, entropy, mimetype, looked at every ${STEP}, after ${
        WARM_UP.toLocaleString("en-US")
      } others. The core is the measuring process itself, with the contents of the list in its memory; its live heap is what is left ` +
      "of it, buffers included, once all that nobody refers to is collected.",
    rows: ([["live heap of the core", live], ["core", core], ["sandbox processes", sandboxes]] as const).flatMap(
      ([name, values]): Row[] => {
        if (values.length === 0) return [];
        const quarter = Math.ceil(values.length / 4);
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
      },
    ),
  };
}

/** MiB on this process's heap that are in use; nothing where it was started without `--v8-flags=--expose-gc`. */
function liveHeap(): number[] {
  const { gc } = globalThis as unknown as { gc?: () => void };
  if (gc === undefined) return [];
  // Buffers are given back beside the collection that found them.
  for (let i = 0; i < 3; i++) gc();
  const { heapUsed, external } = Deno.memoryUsage();
  return [(heapUsed + external) / 2 ** 20];
}
