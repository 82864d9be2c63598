import { alternating, median } from "../measure.ts";
import { besideLimits, limitsOf } from "../limits.ts";
import type { Bench } from "../part.ts";
import { openStoq, scanList, type Selection, SELECTIONS, warmUp } from "../scans.ts";
import { rateRow, type Row, type Section } from "../table.ts";

/** Sandbox processes. */
const SANDBOXES = [1, 2] as const;

/** What a second sandbox process gives. */
export async function scaling({ corpus, repeats, quick }: Bench): Promise<Section> {
  const rows: Row[] = [];
  for (const list of [corpus.tiny, corpus.large]) {
    for (const selection of [SELECTIONS.hash, SELECTIONS.three] as Selection[]) {
      const opened = SANDBOXES.map((sandboxes) => ({ sandboxes, stoq: openStoq(selection, { sandboxes }) }));
      try {
        if (!quick) { for (const { stoq } of opened) await warmUp(stoq, list); }
        const samples = await alternating(
          {
            ...limitsOf(list),
            ...Object.fromEntries(opened.map(({ sandboxes, stoq }) => [sandboxes, () => scanList(stoq, list)])),
          },
          repeats,
          !quick,
        );
        const alone = median(samples[1]!.map(({ wall }) => wall));
        for (const { sandboxes } of opened) {
          const taken = samples[sandboxes]!;
          rows.push(rateRow(`${list.label}: ${selection.label}; sandboxes = ${sandboxes}`, taken, list.names.length, {
            beside: {
              ...(sandboxes > 1 && { "sandboxes = 1": alone / median(taken.map(({ wall }) => wall)) }),
              ...besideLimits(samples, taken),
            },
          }));
        }
      } finally {
        for (const { stoq } of opened) await stoq[Symbol.asyncDispose]();
      }
    }
  }
  return {
    title: "Sandbox processes",
    note: "The same scans in one process as above, with `sandboxes` at most.",
    rows,
  };
}
