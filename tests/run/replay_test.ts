import assert from "node:assert/strict";
import { Home, type Saved } from "./support.ts";

/** A base directory with one dead letter: that of a payload `source 0` from `queue 7`. */
async function homeWithLetter(): Promise<{ home: Home; letter: string }> {
  const home = new Home().withPlugins("sink").addPlugin("source", "source", {
    request: `{"source": "queue 7", "extraData": {"priority": 3}}`,
  });
  home.board.answer = (event) => event.startsWith("sink saves") ? "fail" : "";
  await home.run({ providers: ["source"], connectors: ["sink"], retries: 0 });
  home.board.answer = () => "";
  return { home, letter: `${home.path}/${letterIn(home)}` };
}

/** Relative path of the only letter. */
function letterIn(home: Home): string {
  const [name, ...more] = home.names("dead_letters").filter((name) => name.endsWith(".json"));
  assert.ok(name !== undefined && more.length === 0, "there is one letter");
  return `dead_letters/${name}`;
}

Deno.test("a dead letter is scanned again with its bytes and metadata; the results go to standard output", async () => {
  const { home, letter } = await homeWithLetter();
  await using _ = home;
  const { code, stdout, stderr } = await home.start(["replay", letter, "-a", "hash", "entropy"]).ended();
  assert.equal(stderr, "");
  assert.equal(code, 0);
  const { results, request_meta, errors }: Saved = JSON.parse(stdout);
  assert.deepEqual(Object.keys(results[0]!.workers[0]!), ["hash", "entropy"]);
  assert.equal(results[0]!.size, "source 0".length);
  assert.equal(results[0]!.payload_meta.extra_data["filename"], "source 0");
  assert.deepEqual(request_meta, { archive_payloads: true, source: "queue 7", extra_data: { priority: 3 } });
  assert.deepEqual(errors, {});
  assert.equal(home.names("dead_letters").length, 2, "it is kept");
});

Deno.test("a dead letter can be replayed with one plugin only, and with other request metadata", async () => {
  const { home, letter } = await homeWithLetter();
  await using _ = home;
  const { code, stdout } = await home.start([
    ...["replay", letter, "-a", "hash", "--request-source", "by hand", "--compact"],
  ]).ended();
  assert.equal(code, 0);
  assert.equal(stdout.trimEnd().split("\n").length, 1);
  const { results, request_meta }: Saved = JSON.parse(stdout);
  assert.deepEqual(Object.keys(results[0]!.workers[0]!), ["hash"]);
  assert.deepEqual(request_meta, { archive_payloads: true, source: "by hand", extra_data: { priority: 3 } });
});

Deno.test("a dead letter that is delivered is removed where that is wanted; one that is not is kept", async () => {
  const { home, letter } = await homeWithLetter();
  await using _ = home;
  home.board.answer = (event) => event.startsWith("sink saves") ? "fail" : "";
  const failed = await home.start(["replay", letter, "-C", "sink", "--remove", "--log-level", "critical"]).ended();
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /^stoq: Results of ".*\.json" could not be delivered: it is kept\n$/);
  assert.equal(home.names("dead_letters").length, 2);

  home.board.answer = () => "";
  const saved = await home.start(["replay", letter, "-C", "sink", "-a", "hash", "--remove"]).ended();
  assert.equal(saved.code, 0);
  assert.equal(saved.stdout, "");
  assert.equal(home.board.those("sink saves source 0").length, 3);
  assert.deepEqual(home.names("dead_letters"), []);
});

Deno.test("a dead letter of a task is loaded by its archiver", async () => {
  await using home = new Home().withPlugins("store", "sink")
    .addPlugin("source", "source", { task: `{"store": {"text": "kept"}}` });
  home.board.answer = (event) => event.startsWith("store loads") ? "fail" : "";
  await home.run({ providers: ["source"], sourceArchivers: ["store"], connectors: ["sink"], retries: 0 });
  home.board.answer = () => "";
  const letter = `${home.path}/${letterIn(home)}`;

  const without = await home.start(["replay", letter, "-a", "hash"]).ended();
  assert.equal(without.code, 1);
  assert.match(without.stderr, /^stoq: Cannot replay ".*": its payload is with store: name one with -S\n$/);

  const { code, stdout } = await home.start(["replay", letter, "-S", "store", "-a", "hash", "--remove"]).ended();
  assert.equal(code, 0);
  assert.equal(JSON.parse(stdout).results[0].size, 4);
  assert.deepEqual(home.names("dead_letters"), []);

  home.writeFiles({ "letter.json": JSON.stringify({ kind: "stoq dead letter", task: { store: { text: "gone" } } }) });
  home.board.answer = () => "nothing";
  const gone = await home.start(["replay", `${home.path}/letter.json`, "-S", "store"]).ended();
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /stoq: Cannot replay ".*letter.json": "store" no longer has its payload\n$/);
});

Deno.test("the payload of a response is scanned again from the archive that has it", async () => {
  await using home = new Home().writeFiles({ "in/evil.doc": "the very bytes" });
  const options = [
    ...["--plugin-opts", `filedir:source_dir=${home.path}/in`, `filedir:archive_dir=${home.path}/archive`],
    `filedir:results_dir=${home.path}/results`,
  ];
  const run = await home.start([
    ...["run", "-P", "filedir", "-A", "filedir", "-C", "filedir", "-a", "hash", "--request-source", "mail", ...options],
  ]).ended();
  assert.equal(run.code, 0, run.stderr);
  const [first] = home.read<Saved>("results");
  const file = `${home.path}/results/${home.names("results")[0]}`;
  const { code, stdout, stderr } = await home.start([
    ...["replay", file, "-S", "filedir", "-a", "hash", "mimetype", ...options],
  ]).ended();
  assert.equal(code, 0, stderr);
  const again: Saved = JSON.parse(stdout);
  assert.deepEqual(again.results[0]!.workers[0]!["hash"], first!.results[0]!.workers[0]!["hash"]);
  assert.deepEqual(Object.keys(again.results[0]!.workers[0]!), ["hash", "mimetype"]);
  assert.equal(again.results[0]!.payload_meta.extra_data["filename"], "evil.doc");
  assert.equal(again.request_meta.source, "mail");
});

Deno.test("--remove removes nothing but a dead letter", async () => {
  await using home = new Home().withPlugins("store");
  await using stoq = home.open({ destArchivers: ["store"] });
  home.writeFiles({ "response.json": String(await stoq.scan("kept")) });
  const file = `${home.path}/response.json`;
  const { code } = await home.start(["replay", file, "-S", "store", "--remove"]).ended();
  assert.equal(code, 0);
  assert.ok(Deno.statSync(file).isFile);
});

Deno.test("what cannot be replayed is said in one line, with status 1", async (t) => {
  await using home = new Home().writeFiles({
    "text.json": "not JSON",
    "other.json": `{"some": "data"}`,
    "list.json": "[]",
    "null.json": "null",
    "no_archive.json": JSON.stringify({
      ...{ time: "2026-01-01T00:00:00Z", errors: {}, decorators: {}, scan_id: "x", results: [] },
      request_meta: { archive_payloads: true, source: null, extra_data: {} },
    }),
    "no_payload.json": JSON.stringify({ kind: "stoq dead letter", payload: "none.payload" }),
    "no_task.json": JSON.stringify({ kind: "stoq dead letter", payload: null, task: null }),
    "secret.payload": "secret",
    "sub/outside.json": JSON.stringify({ kind: "stoq dead letter", payload: "../secret.payload" }),
  });
  const cases: [string, RegExp][] = [
    ["missing.json", /Cannot read ".*missing.json": no such file/],
    ["text.json", /Cannot read ".*text.json": it is not JSON/],
    ["other.json", /Cannot replay ".*": it is neither a dead letter nor a response: .*time/],
    ["list.json", /Cannot replay ".*": it is neither a dead letter nor a response/],
    ["null.json", /Cannot replay ".*": it is neither a dead letter nor a response/],
    ["no_archive.json", /Cannot replay ".*": the response names no archive that has its payload: scan with -A/],
    ["no_payload.json", /Cannot replay ".*": its payload ".*none.payload" cannot be read/],
    // Nothing is with anyone: naming an archiver would not help.
    ["no_task.json", /Cannot replay ".*no_task.json": (?!its payload is with : )/],
    ["sub/outside.json", /Cannot replay ".*": its payload ".*sub\/secret.payload" cannot be read/],
  ];
  for (const [file, message] of cases) {
    await t.step(file, async () => {
      const { code, stdout, stderr } = await home.start(["replay", `${home.path}/${file}`]).ended();
      assert.equal(code, 1);
      assert.equal(stdout, "");
      assert.match(stderr, message);
      assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
    });
  }
});
