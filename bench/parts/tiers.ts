import { alternating } from "../measure.ts";
import { besideLimits, limitRows, limitsOf } from "../limits.ts";
import type { Bench } from "../part.ts";
import { contentsOf, openStoq, scanContents, SELECTIONS } from "../scans.ts";
import { rateRow, type Row, type Section } from "../table.ts";

/** Payloads of 2 KB that processes have to get through in a second. */
const TARGET = 8000;

/** Sandbox processes against Workers in the core: what it costs that a plugin can be killed. */
export async function tiers({ corpus, repeats, quick }: Bench): Promise<Section> {
  const rows: Row[] = [];
  await using processes = openStoq(SELECTIONS.hash);
  await using workers = openStoq(SELECTIONS.hash, { pluginLimits: { hash: { isolation: "worker" } } });
  for (const [index, list] of corpus.sized.entries()) {
    const contents = contentsOf(list);
    const count = contents.length;
    const samples = await alternating(
      {
        ...limitsOf(list),
        processes: () => scanContents(processes, contents, count),
        workers: () => scanContents(workers, contents, count),
      },
      repeats,
      !quick,
    );
    const ratio = besideLimits({ "three sums": samples["workers"]! }, samples["processes"]!)["three sums"]!;
    rows.push(
      ...limitRows(list, samples),
      rateRow(`${list.label}: hash in sandbox processes`, samples["processes"]!, count, {
        beside: { Workers: ratio, ...besideLimits(samples, samples["processes"]!) },
        ...(index === 0 && { target: { limit: TARGET, of: "payloads/s" } }),
      }),
      rateRow(`${list.label}: hash in a Worker of the core`, samples["workers"]!, count, {
        beside: besideLimits(samples, samples["workers"]!),
      }),
    );
  }
  return {
    title: "Processes and Workers",
    note:
      "`Stoq.scan` in one process, 64 in flight, contents in memory already; `isolation = worker` puts a plugin into a Worker of the core, which " +
      "no plugin runs in otherwise.",
    rows,
  };
}
