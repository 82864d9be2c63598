/** A short run of what `deno task fuzz` does at length, the same every time. */
import assert from "node:assert/strict";
import { readZip, ZipMemberReader } from "../../plugins/lib/zip.ts";
import { tempDir, writePlugin } from "../support.ts";
import { fuzz, type FuzzFailure, inputOf } from "./campaign.ts";
import { fuzzedPlugins, samples } from "./samples.ts";
import { stored } from "./stored.ts";

const SEED = 20_040;
const RUNS = 30;

/** Milliseconds for all plugins together: on a machine too busy for that, plugins get fewer runs, but always so many. */
const TIME = 45_000;
const FEWEST_RUNS = 5;

const until = performance.now() + TIME;

for (const plugin of await fuzzedPlugins()) {
  Deno.test(`${plugin} answers to damaged files`, async () => {
    const failures: string[] = [];
    const onFailure = ({ run, message, sample }: FuzzFailure) =>
      failures.push(
        `deno task fuzz --seed ${SEED} --first ${run} --runs 1 ${plugin}: ${message} (made from ${sample})`,
      );
    const enough = (made: number) => made >= FEWEST_RUNS && performance.now() >= until;
    await fuzz({ plugin, seed: SEED, runs: RUNS, slow: Infinity, onFailure, enough });
    assert.deepEqual(failures, []);
  });
}

Deno.test("a run is made from its seed and number alone", () => {
  const seeds = samples("pdf");
  const inputs = (order: readonly number[]) => new Map(order.map((run) => [run, inputOf(SEED, run, seeds).input]));
  const forth = inputs([0, 1, 2, 3, 4]);
  const back = inputs([4, 3, 2, 1, 0]);
  for (const [run, input] of forth) assert.deepEqual(back.get(run), input);
  assert.notDeepEqual(forth.get(0), forth.get(1));
  assert.notDeepEqual(inputOf(SEED + 1, 0, seeds).input, forth.get(0));
});

Deno.test("a ZIP file with its members stored has the same members", () => {
  const [document] = samples("msoffice").filter(({ path }) => path.endsWith("embedded.docx"));
  const copy = stored(document!.bytes)!;
  const contents = (bytes: Uint8Array) => {
    const errors: string[] = [];
    const reader = new ZipMemberReader(bytes, 1e6);
    const members = readZip(bytes, errors).map((member) => [member.name, reader.read(member)]);
    assert.deepEqual(errors, []);
    return members;
  };
  assert.deepEqual(contents(copy), contents(document!.bytes));
  assert.equal(stored(new TextEncoder().encode("no archive")), undefined);
});

Deno.test("a call that is too slow is a failure of its run, and the runs after it are made", async () => {
  const failed: number[] = [];
  const onFailure = ({ run }: FuzzFailure) => failed.push(run);
  // No time at all is too slow for every call.
  const report = await fuzz({ plugin: "entropy", seed: SEED, first: 7, runs: 2, slow: -1, onFailure });
  assert.deepEqual({ runs: report.runs, failures: report.failures, failed }, { runs: 2, failures: 2, failed: [7, 8] });
});

Deno.test("what throws, crashes or hangs is a failure of its run alone", async () => {
  using dir = tempDir();
  const module = `export default class {
    async scan({ content }) {
      if (content.length % 4 === 1) throw new Error("odd");
      if (content.length % 4 === 2) await new Promise(() => setTimeout(() => { throw new Error("late"); }));
      if (content.length % 4 === 3) for (;;);
      return { errors: ["fine"] };
    }
  }`;
  const plugin = writePlugin(dir.path, "fragile", module, "Classes = worker\n[limits]\ntimeout = 1");
  Deno.mkdirSync(`${plugin}/testdata`);
  Deno.writeTextFileSync(`${plugin}/testdata/sample`, "a file of 26 bytes or more");
  const failed = new Map<number, string>();
  const onFailure = ({ run, message }: FuzzFailure) => failed.set(run, message);
  const report = await fuzz({ plugin, seed: SEED, runs: 8, slow: Infinity, onFailure });
  const lengths = Array.from({ length: 8 }, (_, run) => inputOf(SEED, run, samples(plugin)).input.length % 4);
  assert.deepEqual(new Set(lengths), new Set([0, 1, 2, 3]));
  assert.deepEqual([...failed.keys()], [...lengths.keys()].filter((run) => lengths[run] !== 0));
  assert.equal(report.complaints, lengths.filter((rest) => rest === 0).length);
  for (const [run, message] of failed) {
    assert.match(message, [/never/, /odd/, /late/, /1 s/][lengths[run]!]!);
  }
});
