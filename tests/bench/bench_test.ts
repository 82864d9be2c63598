import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { digits, isMet, rateRow, show } from "../../bench/table.ts";
import { median } from "../../bench/measure.ts";
import { fromFileUrl, hasProgram } from "../support.ts";

/** Runs `deno task bench` with flags; its exit status and output, whatever they are. */
async function bench(...flags: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const args = ["run", "-A", "--no-check", fromFileUrl("../bench/bench.ts"), ...flags];
  return await promisify(execFile)(Deno.execPath(), args, { maxBuffer: 2 ** 24 }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

/** Rows of a section's table: the first cell, and the others by their heads. */
function tableOf(report: string, title: string): Map<string, Record<string, string>> {
  const [, section] = report.split(`## ${title}\n`);
  assert.ok(section !== undefined, `no section "${title}"`);
  const lines = section.split("\n## ")[0]!.split("\n").filter((line) => line.startsWith("|"));
  const [head, , ...rows] = lines.map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  return new Map(
    rows.map(([what, ...cells]) => [what!, Object.fromEntries(cells.map((cell, i) => [head![i + 1]!, cell]))]),
  );
}

/** The number that a cell begins with: above zero, or it is no measurement. */
function positive(cell: string | undefined, where: string): number {
  const value = Number(/^[\d,.]+/.exec(cell ?? "")?.[0].replaceAll(",", ""));
  assert.ok(Number.isFinite(value) && value > 0, `${where}: "${cell}"`);
  return value;
}

Deno.test("a quick bench prints every row with its numbers, and writes nothing", async () => {
  const readme = new URL("../../bench/README.md", import.meta.url);
  const before = await Deno.readTextFile(readme);
  const { code, stdout, stderr } = await bench("--quick", "--no-write");
  assert.equal(code, 0, stderr);
  assert.equal(await Deno.readTextFile(readme), before);
  for (const fact of ["date: 20", "processor: ", "memory: ", "kernel: ", "V8 ", "yara-x ", "coreutils "]) {
    assert.ok(stdout.includes(fact), `no "${fact}"`);
  }

  const limits = ["three sums", "cat", ...(hasProgram("yara") ? ["yara -r"] : [])];
  const selections = [
    "hash",
    "hash, entropy, mimetype",
    "yara (ten rules) sends to pecarve, decompress",
    "yara dispatcher alone (ten rules)",
  ];
  const rows: Record<string, string[]> = {
    "Cold start": [
      "deno eval 1",
      "stoq --version",
      "stoq scan FILE -s hash",
      "the same, hash in a Worker of the core",
      "stoq scan FILE (triage)",
      "md5sum FILE",
    ],
    "Runs": [
      ...["tiny", "500 KB files", "mixed"].flatMap((list) => [
        ...[...limits, ...(hasProgram("file") ? ["file"] : [])].map((limit) => `${list}: ${limit}`),
        ...selections.flatMap((selection) =>
          ["stoq run", "in one process"].map((way) => `${list}: ${selection}; ${way}`)
        ),
      ]),
      ...selections.map((selection) => `start and end of stoq run, one payload: ${selection}`),
    ],
    "Overhead of a call": [
      "hash.scan",
      "entropy.scan",
      "mimetype.scan",
      "yara.getDispatches",
      "pecarve.scan",
      "decompress.scan",
    ].flatMap((method) => [`${method}, 1 in flight`, `${method}, 64 in flight`]),
    "Memory": ["core", "sandbox processes"].flatMap((who) => [`${who}: first quarter`, `${who}: last quarter`]),
    "Sandbox processes": ["tiny", "500 KB files"].flatMap((list) =>
      selections.slice(0, 2).flatMap((selection) => [1, 2].map((n) => `${list}: ${selection}; sandboxes = ${n}`))
    ),
    "Processes and Workers": ["2 KB", "100 KB", "500 KB", "5 MB"].flatMap((size) => [
      ...limits.map((limit) => `${size}: ${limit}`),
      `${size}: hash in sandbox processes`,
      `${size}: hash in a Worker of the core`,
    ]),
  };
  for (const [title, expected] of Object.entries(rows)) {
    const table = tableOf(stdout, title);
    assert.deepEqual([...table.keys()], expected, title);
    for (const [what, cells] of table) positive(cells["median"], `${title}, ${what}`);
  }

  const runs = tableOf(stdout, "Runs");
  const sums = positive(runs.get("tiny: three sums")?.["median"], "three sums");
  for (const way of ["stoq run", "in one process"]) {
    const cells = runs.get(`tiny: hash; ${way}`)!;
    const ratio = positive(/([\d.]+) × three sums/.exec(cells["beside"]!)?.[1], "ratio");
    const rate = positive(cells["median"], "rate");
    // Both are shown with three digits.
    assert.ok(Math.abs(ratio / (rate / sums) - 1) < 0.02, `${way}: ${rate} / ${sums} is not ${ratio}`);
    assert.match(cells["target"]!, ratio >= 0.35 ? /: met$/ : /: \*\*not met\*\*$/);
  }
  const split = tableOf(stdout, "Overhead of a call").get("hash.scan, 1 in flight")!["of it"]!;
  assert.match(split, /^queue [\d,.]+, copy [\d,.]+, run [\d,.]+, there and back -?[\d,.]+$/);
});

Deno.test("bad flags of the bench are one line, with what to use", async () => {
  for (
    const [flags, message] of [
      [["--parts", "cold,warm"], /^bench: --parts names "warm": use some of cold, run, /],
      [["--repeats", "none"], /^bench: --repeats is "none": use a whole number above 0$/],
      [["--fast"], /^bench: .*--fast/],
    ] as const
  ) {
    const { code, stderr } = await bench(...flags);
    assert.equal(code, 2);
    assert.match(stderr.trimEnd(), message);
    assert.equal(stderr.trimEnd().split("\n").length, 1);
  }
});

Deno.test("a median is the middle, numbers have three digits, a target is met from its limit on", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.deepEqual([12345, 0.012345, 1, 0, 99.96].map(digits), ["12,300", "0.0123", "1", "0", "100"]);
  const row = rateRow("x", [{ wall: 2, cpu: 1 }, { wall: 1, cpu: 1 }, { wall: 4, cpu: 1 }], 100, {
    beside: { cat: 0.5 },
    target: { limit: 0.5, of: "cat" },
  });
  assert.deepEqual(row.values, [50, 100, 25]);
  assert.equal(row.cpu, 10);
  assert.equal(isMet(row), true);
  assert.equal(isMet({ ...row, target: { limit: 0.4, atMost: true, of: "cat" } }), false);
  assert.equal(isMet({ ...row, target: { limit: 51, of: "payloads/s" } }), false);
  assert.match(
    show({ title: "T", note: "N", rows: [row] }),
    /^\| x +\| 50 payloads\/s \| 25 – 100 +\| 10 ms \| 0\.5 × cat \| ≥ 0\.5 × cat: met \|$/m,
  );
});
