import { alternating, median } from "../measure.ts";
import { besideLimits, fileLimit, LIMIT, limitRows, limitsOf, rulesAlone } from "../limits.ts";
import type { FileList } from "../corpus.ts";
import type { Bench } from "../part.ts";
import { openStoq, runOver, scanList, type Selection, SELECTIONS, WARM_UP, warmUp } from "../scans.ts";
import { rateRow, type Row, type Section, type Target } from "../table.ts";

/** What rates have to reach, by list and selection. */
const TARGETS: Readonly<Record<string, Target>> = {
  "tiny hash": { limit: 0.35, of: LIMIT.sums },
  "large hash": { limit: 2, of: LIMIT.sums },
  "tiny three": { limit: 0.25, of: LIMIT.sums },
  "large three": { limit: 1.2, of: LIMIT.sums },
  "tiny dispatcher": { limit: 800, of: "payloads/s" },
};

/** Payloads a second of whole runs and of scans in one process, beside what the machine can do. */
export async function run(bench: Bench): Promise<Section> {
  const { corpus, repeats, quick } = bench;
  const rows: Row[] = [];
  const selections: Readonly<Record<string, Selection>> = {
    ...SELECTIONS,
    dispatcher: {
      label: "yara dispatcher alone (ten rules)",
      dispatchers: ["yara"],
      workers: [],
      pluginOpts: { yara: { dispatch_rules: rulesAlone(corpus.folder) } },
    },
  };
  for (const key of ["tiny", "large", "mixed"] as const) rows.push(...await over(key, corpus[key], selections, bench));
  const starts = await alternating(
    Object.fromEntries(Object.entries(selections).map(([key, it]) => [key, () => runOver(it, corpus.one)])),
    repeats,
    !quick,
  );
  for (const [key, samples] of Object.entries(starts)) {
    rows.push({
      what: `start and end of stoq run, one payload: ${selections[key]!.label}`,
      unit: "ms",
      values: samples.map(({ wall }) => wall * 1000),
      cpu: median(samples.map(({ cpu }) => cpu)) * 1000,
    });
  }
  return {
    title: "Runs",
    note:
      "`stoq run` is the whole command, start and end included: `-P filedir`, results as one line of JSON each with `-C stdout` to /dev/null. " +
      `“In one process” is \`Stoq.scan\` after ${WARM_UP} scans or a first round, with 64 scans in flight, each reading its file. hash makes four hashes ` +
      "(MD5, SHA-1, SHA-256, SHA-512), the three sums are `md5sum`, `sha1sum`, `sha256sum`: one process each over the whole list, one after " +
      "another. `yara -r` has the same ten rules (`bench/ten.yar`), `file` is libmagic, as mimetype has it. A ratio above 1 is faster than the limit.",
    rows,
  };
}

async function over(
  key: string,
  list: FileList,
  selections: Readonly<Record<string, Selection>>,
  { repeats, quick }: Bench,
): Promise<Row[]> {
  const opened = Object.entries(selections).map(([name, selection]) => ({
    name,
    selection,
    stoq: openStoq(selection),
  }));
  try {
    for (const { stoq } of opened) await (quick ? scanList : warmUp)(stoq, list);
    const samples = await alternating(
      {
        ...limitsOf(list),
        ...fileLimit(list),
        ...Object.fromEntries(opened.flatMap(({ name, selection, stoq }) => [
          [`run ${name}`, () => runOver(selection, list)],
          [`scan ${name}`, () => scanList(stoq, list)],
        ])),
      },
      repeats,
      !quick,
    );
    return [
      ...limitRows(list, samples),
      ...opened.flatMap(({ name, selection: { label } }) =>
        ([["run", "stoq run"], ["scan", "in one process"]] as const).map(([way, title]) => {
          const target = TARGETS[`${key} ${name}`];
          return rateRow(`${list.label}: ${label}; ${title}`, samples[`${way} ${name}`]!, list.names.length, {
            beside: besideLimits(samples, samples[`${way} ${name}`]!),
            ...(target && { target }),
          });
        })
      ),
    ];
  } finally {
    for (const { stoq } of opened) await stoq[Symbol.asyncDispose]();
  }
}
