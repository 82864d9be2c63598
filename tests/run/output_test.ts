import assert from "node:assert/strict";
import { needs } from "../support.ts";
import { makeGate } from "./board.ts";
import { Command, commandLine, Home } from "./support.ts";

Deno.test("a run ends with one line that sums it up; nothing goes to standard output", async () => {
  await using home = new Home().addPlugin("source", "source", { count: 4 }).withPlugins("sink")
    .configure({ log_level: "critical" })
    .writePlugin(
      "picky",
      `export default class { scan({ content }) { if (content.at(-1) === 0x33) throw new Error("a 3"); } }`,
    );
  const { code, stdout, stderr } = await home.start(["run", "-P", "source", "-C", "sink", "-a", "picky"]).ended();
  assert.equal(code, 0);
  assert.equal(stdout, "");
  assert.match(stderr, /^stoq: 4 done in \d+\.\d s \(\d+(\.\d)?\/s\), 1 with errors, 0 not delivered\n$/);
});

Deno.test("what a provider failed with is said after the summary, with status 1", async () => {
  await using home = new Home().addPlugin("source", "source", { count: 4 }).withPlugins("sink")
    .configure({ log_level: "critical", retries: 0 });
  home.board.answer = (event) => event === "source gives source 2" ? "fail" : "";
  const { code, stderr } = await home.start(["run", "-P", "source", "-C", "sink"]).ended();
  assert.equal(code, 1);
  assert.match(stderr, /^stoq: 2 done in .*\nstoq: source: ingest failed: Error: the source broke\n$/);
});

Deno.test("a source_dir that is missing is said, with status 1", async () => {
  await using home = new Home().configure({ log_level: "critical", retries: 0 });
  const { code, stderr } = await home.start([
    ...["run", "-P", "filedir", "-C", "stdout", "--plugin-opts", `filedir:source_dir=${home.path}/missing`],
  ]).ended();
  assert.equal(code, 1);
  assert.match(stderr, /^stoq: 0 done in .*\nstoq: filedir: .*Cannot read source_dir ".*\/missing": no such file.*\n$/);
});

Deno.test("results that go to standard output are whole lines of JSON, one a payload", async () => {
  await using home = new Home().addPlugin("source", "source", { count: 30 });
  const { code, stdout } = await home.start([
    ...["run", "-P", "source", "-C", "stdout", "-a", "hash", "--plugin-opts", "stdout:compactly=true"],
  ]).ended();
  assert.equal(code, 0);
  const names = stdout.trimEnd().split("\n").map((line) =>
    JSON.parse(line).results[0].payload_meta.extra_data.filename
  );
  assert.deepEqual(names.sort(), Array.from({ length: 30 }, (_, i) => `source ${i}`).sort());
});

/** What begins a line anew: to its start, and away with what it has (ECMA-48, EL). */
const RENEWED = "\r\x1b\\[K";

/** Runs two payloads of which the second is held until `until` is over, with a terminal for standard error. */
async function onTerminal(flags: string[], until: (command: Command) => Promise<void>): Promise<string> {
  await using home = new Home().addPlugin("source", "source", { count: 2 }).withPlugins("gate", "sink")
    .configure({ log_level: "critical" });
  const gate = makeGate();
  home.board.answer = (event) => event === "gate has source 1" ? gate.opened : "";
  const [program, args] = commandLine(["run", "-P", "source", "-C", "sink", "-a", "gate", ...flags]);
  const line = [program, ...args].map((word) => `'${word}'`).join(" ");
  // script(1) gives the command a terminal, and writes to its own standard output what appears there.
  const command = new Command([], { STOQ_HOME: home.path }, ["script", ["-qec", line, "/dev/null"]]);
  await home.board.until("source hears of source 0");
  await until(command);
  gate.open();
  const { code, stdout } = await command.ended();
  assert.equal(code, 0, stdout);
  return stdout;
}

Deno.test({
  ...needs("script", "on a terminal the progress is shown, in one line that is renewed and gone at the end"),
  fn: async () => {
    const shown = await onTerminal(
      [],
      (command) =>
        command.shown(
          "stdout",
          new RegExp(`${RENEWED}1 done in .*, 1 in flight, 0 queued, 0 with errors, 0 not delivered`),
        ),
    );
    assert.match(shown, new RegExp(`${RENEWED}stoq: 2 done in .*, 0 with errors, 0 not delivered\r?\n$`));
    assert.equal(shown.trimEnd().split("\n").length, 1, "nothing but the summary ends a line");
  },
});

Deno.test({
  ...needs("script", "--quiet shows no progress, on a terminal either"),
  fn: async () => {
    const shown = await onTerminal(["--quiet"], () => Promise.resolve());
    assert.match(shown, /^stoq: 2 done in .*\r?\n$/);
    assert.ok(!shown.includes("\x1b"));
  },
});
