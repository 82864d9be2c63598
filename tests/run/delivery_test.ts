import assert from "node:assert/strict";
import { Home } from "./support.ts";

/** What a dead letter says. */
interface Letter {
  readonly kind: string;
  readonly time: string;
  readonly errors: string[];
  readonly provider: string | null;
  readonly payload: string | null;
  readonly task: Record<string, unknown> | null;
  readonly payload_meta: { readonly extraData: Record<string, unknown> };
  readonly request_meta: Record<string, unknown>;
}

Deno.test("an item is acknowledged only after every connector has saved it", async () => {
  await using home = new Home().addPlugin("source", "source", { count: 3 })
    .addPlugin("sink", "quick").addPlugin("sink", "slow");
  const { board } = home;
  // The slow one is done with nothing before the quick one has everything.
  board.answer = (event) => event.startsWith("slow saves") ? board.until("quick saves", 3).then(() => "") : "";
  await home.run({ providers: ["source"], connectors: ["quick", "slow"] });
  for (const item of ["source 0", "source 1", "source 2"]) {
    const heard = board.events.indexOf(`source hears of ${item}`);
    assert.ok(heard > board.events.indexOf(`quick saves ${item}`));
    assert.ok(heard > board.events.indexOf(`slow saves ${item}`));
    assert.equal(board.those(`source hears of ${item}`).length, 1);
  }
});

Deno.test("archivers save before connectors, decorators between; the connector sees it all", async () => {
  await using home = new Home().withPlugins("source", "store", "sink")
    .writePlugin(
      "ribbon",
      "export default class { decorate(r) { return { results: { payloads: r.results.length } }; } }",
    );
  await home.run({
    providers: ["source"],
    destArchivers: ["store"],
    decorators: ["ribbon"],
    connectors: ["sink"],
    alwaysDispatch: ["hash"],
  });
  assert.deepEqual(home.board.events, [
    "source gives source 0",
    "store archives source 0",
    "sink saves source 0",
    "source hears of source 0",
  ]);
  const { results, decorators } = home.saved("source 0");
  assert.deepEqual(decorators, { ribbon: { payloads: 1 } });
  assert.deepEqual(results[0]?.archivers, { store: { text: "source 0" } });
  assert.deepEqual(Object.keys(results[0]?.workers[0] ?? {}), ["hash"]);
});

Deno.test("a connector that fails for a while is called again until it has saved", async () => {
  await using home = new Home().withPlugins("source", "sink");
  let failures = 2;
  home.board.answer = (event) => event.startsWith("sink saves") && failures-- > 0 ? "fail" : "";
  const summary = await home.run({ providers: ["source"], connectors: ["sink"], retries: 2 });
  assert.equal(home.board.those("sink saves").length, 3);
  assert.equal(home.board.events.at(-1), "source hears of source 0");
  const { done, withErrors, deadLetters, failures: said } = summary;
  assert.deepEqual({ done, withErrors, deadLetters, said }, { done: 1, withErrors: 0, deadLetters: 0, said: [] });
  assert.deepEqual(home.names("dead_letters"), []);
});

Deno.test("what cannot be delivered is kept whole as a dead letter, then acknowledged and counted", async () => {
  await using home = new Home().withPlugins("sink").addPlugin("source", "source", {
    count: 2,
    request: `{"source": "queue 7", "extraData": {"priority": 3}}`,
  }).addPlugin("sink", "other");
  const { board } = home;
  board.answer = (event) => {
    if (event === "sink saves source 1") return "fail";
    // The letter is there before the provider hears of it.
    if (event === "source hears of source 1") return String(home.names("dead_letters").length);
    return "";
  };
  const heard: string[] = [];
  const { answer } = board;
  board.answer = async (event) => {
    const text = await answer(event);
    if (event === "source hears of source 1") heard.push(text);
    return text;
  };
  const summary = await home.run({ providers: ["source"], connectors: ["sink", "other"], retries: 1 });
  assert.equal(board.those("sink saves source 1").length, 2);
  assert.equal(board.those("other saves source 1").length, 1);
  assert.equal(summary.done, 2);
  assert.equal(summary.deadLetters, 1);
  assert.equal(summary.withErrors, 1);
  assert.deepEqual(heard, ["2"]);

  const [letter, ...more] = home.read<Letter>("dead_letters");
  assert.ok(letter);
  assert.deepEqual(more, []);
  assert.equal(letter.kind, "stoq dead letter");
  assert.match(letter.time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.deepEqual(letter.errors, ["sink: save failed: Error: the sink is blocked"]);
  assert.equal(letter.provider, "source");
  assert.equal(letter.task, null);
  assert.deepEqual(letter.payload_meta.extraData, { filename: "source 1" });
  assert.deepEqual(letter.request_meta, {
    archivePayloads: true,
    source: "queue 7",
    extraData: { priority: 3 },
  });
  assert.equal(Deno.readTextFileSync(`${home.path}/dead_letters/${letter.payload}`), "source 1");
});

Deno.test("a payload that a destination archiver cannot save is kept as a dead letter, though its results are saved", async () => {
  await using home = new Home().withPlugins("source", "store", "sink");
  home.board.answer = (event) => event.startsWith("store archives") ? "fail" : "";
  const summary = await home.run({
    providers: ["source"],
    destArchivers: ["store"],
    connectors: ["sink"],
    retries: 0,
  });
  assert.equal(summary.deadLetters, 1);
  assert.match(
    home.read<Letter>("dead_letters")[0]!.errors.join(),
    /^store: archive failed for payload .*the store is full/,
  );
  assert.match(home.saved("source 0").errors["store"]!.join(), /the store is full/);
  assert.equal(home.board.events.at(-1), "source hears of source 0");
});

Deno.test("a plugin whose results are lost costs the item nothing else: it is delivered, and is no dead letter", async () => {
  await using home = new Home().withPlugins("source", "sink")
    .writePlugin("bad", "export default class { scan() { throw new Error('no'); } }");
  const summary = await home.run({ providers: ["source"], connectors: ["sink"], alwaysDispatch: ["bad", "hash"] });
  assert.deepEqual([summary.done, summary.withErrors, summary.deadLetters], [1, 1, 0]);
  assert.deepEqual(Object.keys(home.saved("source 0").results[0]!.workers[0]!), ["hash"]);
});

Deno.test("an item whose dead letter cannot be written is not acknowledged, and that is said", async () => {
  await using home = new Home().withPlugins("source", "sink").writeFiles({ "dead_letters": "a file" });
  home.board.answer = (event) => event.startsWith("sink saves") ? "fail" : "";
  const summary = await home.run({ providers: ["source"], connectors: ["sink"], retries: 0 });
  assert.deepEqual(home.board.those("source hears of"), []);
  assert.equal(summary.deadLetters, 0);
  assert.equal(summary.done, 0);
  assert.equal(summary.failures.length, 1);
  assert.match(summary.failures[0]!, /^Cannot write a dead letter into ".*\/dead_letters": /);
  assert.equal(Deno.readTextFileSync(`${home.path}/dead_letters`), "a file");
});

Deno.test("the command says what was not delivered, and ends with status 1", async () => {
  await using home = new Home().withPlugins("source", "sink").configure({ retries: 0 });
  home.board.answer = (event) => event.startsWith("sink saves") ? "fail" : "";
  const { code, stdout, stderr } = await home.start(["run", "-P", "source", "-C", "sink"]).ended();
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /Not delivered, kept as ".*\/dead_letters\/[-0-9a-f]+\.json": sink: save failed: .*blocked/);
  assert.match(stderr, /^stoq: 1 done in .*, 1 with errors, 1 not delivered$/m);
  assert.equal(home.names("dead_letters").length, 2);
});

Deno.test("a connector whose sandbox dies each time does not keep another from having the results", async () => {
  await using home = new Home().addPlugin("source", "source", { count: 3 }).withPlugins("sink").writePlugin(
    "dead",
    "export default class { save() { setTimeout(() => { throw new Error('late'); }); return new Promise(() => {}); } }",
  );
  const summary = await home.run({ providers: ["source"], connectors: ["dead", "sink"], retries: 0 });
  assert.equal(home.board.those("sink saves").length, 3);
  assert.equal(summary.deadLetters, 3);
  assert.equal(home.board.those("source hears of").length, 3);
  for (const { errors } of home.read<Letter>("dead_letters")) assert.match(errors.join(), /^dead: save crashed/);
});

/** Room of the small disk, in bytes. */
const DISK = 256 * 1024;
/** A quarter of it, so that few fit. */
const FILE = 24 * 1024;

Deno.test({
  name: `a full disk loses nothing: each payload is in the results, or in a dead letter${
    canMount() ? "" : " (skipped: needs root to mount a disk)"
  }`,
  ignore: !canMount(),
  fn: async () => {
    await using home = new Home();
    const files = Array.from({ length: 20 }, (_, i) => `${i}`.padEnd(FILE, "x"));
    home.writeFiles(Object.fromEntries(files.map((text, i) => [`in/${i}`, text])))
      .writeFiles({ "disk/x": "" })
      .configure({ retries: 0 })
      .writePlugin(
        "whole",
        `export default class { scan({ content }) { return { results: new TextDecoder().decode(content) }; } }`,
      );
    using _disk = mountSmall(`${home.path}/disk`);
    const { code, stderr } = await home.start([
      ...["run", "-P", "filedir", "-C", "filedir", "-a", "whole", "--plugin-opts"],
      ...[`filedir:source_dir=${home.path}/in`, `filedir:results_dir=${home.path}/disk`],
    ]).ended();
    assert.equal(code, 1);
    assert.match(stderr, /Cannot save result .*no space left on device/);
    const saved = home.read<{ results: { workers: { whole: string }[] }[] }>("disk")
      .map(({ results }) => results[0]!.workers[0]!.whole);
    const letters = home.names("dead_letters").filter((name) => name.endsWith(".payload"))
      .map((name) => Deno.readTextFileSync(`${home.path}/dead_letters/${name}`));
    assert.ok(saved.length > 0, "some fit");
    assert.ok(letters.length > 0, "some did not");
    assert.deepEqual([...saved, ...letters].sort(), [...files].sort());
    assert.deepEqual(home.names("disk").filter((name) => name.endsWith(".part")), []);
  },
});

/** Whether this process may mount a file system. */
function canMount(): boolean {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  const dir = Deno.makeTempDirSync({ prefix: "stoq-mount-" });
  try {
    mountSmall(dir)[Symbol.dispose]();
    return true;
  } catch {
    return false;
  } finally {
    Deno.removeSync(dir);
  }
}

/** A small disk, empty, in the place of a folder, until disposed. */
function mountSmall(folder: string): Disposable {
  run("mount", "-t", "tmpfs", "-o", `size=${DISK}`, "stoq-test", folder);
  return { [Symbol.dispose]: () => run("umount", "-l", folder) };
}

function run(program: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command(program, { args, stderr: "piped", stdout: "null" }).outputSync();
  if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
}
