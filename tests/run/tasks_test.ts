import assert from "node:assert/strict";
import { Home, type Saved } from "./support.ts";

Deno.test("a task is loaded by its source archiver, then scanned and acknowledged", async () => {
  await using home = new Home().withPlugins("store", "sink")
    .addPlugin("source", "source", { task: `{"store": {"text": "kept"}}` });
  const summary = await home.run({
    providers: ["source"],
    sourceArchivers: ["store"],
    connectors: ["sink"],
    alwaysDispatch: ["hash"],
  });
  assert.deepEqual(home.board.events, [
    "source gives source 0",
    "store loads kept",
    "sink saves kept",
    "source hears of source 0",
  ]);
  assert.equal(summary.done, 1);
  assert.equal(home.saved("kept").results[0]!.size, 4);
});

Deno.test("what filedir archived in one run is loaded from there by a task in another", async () => {
  await using home = new Home().withPlugins("sink").writeFiles({ "in/evil.doc": "the very bytes" });
  const filedir = { source_dir: `${home.path}/in`, archive_dir: `${home.path}/archive` };
  await home.run({
    providers: ["filedir"],
    destArchivers: ["filedir"],
    connectors: ["sink"],
    alwaysDispatch: ["hash"],
    pluginOpts: { filedir },
  });
  const first = home.saved("evil.doc").results[0]!;
  home.addPlugin("source", "again", { task: JSON.stringify({ filedir: first.archivers["filedir"] }) });
  const summary = await home.run({
    providers: ["again"],
    sourceArchivers: ["filedir"],
    connectors: ["sink"],
    alwaysDispatch: ["hash"],
    pluginOpts: { filedir },
  });
  assert.deepEqual([summary.done, summary.withErrors, summary.deadLetters], [1, 0, 0]);
  const [, again] = home.board.data as Saved[];
  assert.deepEqual(again!.results[0]!.workers, first.workers);
  assert.equal(home.board.events.at(-1), "again hears of again 0");
});

Deno.test("a task for several archivers is scanned as each of them has it", async () => {
  await using home = new Home().withPlugins("sink").addPlugin("store", "near").addPlugin("store", "far")
    .addPlugin("source", "source", { task: `{"near": {"text": "a"}, "far": {"text": "b"}}` });
  const summary = await home.run({ providers: ["source"], sourceArchivers: ["near", "far"], connectors: ["sink"] });
  assert.equal(summary.done, 2);
  assert.deepEqual(home.board.those("sink saves"), ["sink saves a", "sink saves b"]);
  assert.equal(home.board.those("source hears of").length, 1);
});

Deno.test("a source archiver that fails is called again; if it fails still, the task is kept as a dead letter", async () => {
  await using home = new Home().withPlugins("sink", "store")
    .addPlugin("source", "source", { task: `{"store": {"text": "lost"}}`, request: `{"source": "x"}` });
  home.board.answer = (event) => event.startsWith("store loads") ? "fail" : "";
  const summary = await home.run({
    providers: ["source"],
    sourceArchivers: ["store"],
    connectors: ["sink"],
    retries: 1,
  });
  assert.equal(home.board.those("store loads").length, 2);
  assert.equal(summary.deadLetters, 1);
  assert.equal(home.board.events.at(-1), "source hears of source 0");
  const [letter] = home.read<Record<string, unknown>>("dead_letters");
  assert.deepEqual(letter!["task"], { store: { text: "lost" } });
  assert.equal(letter!["payload"], null);
  assert.equal((letter!["request_meta"] as { source: string }).source, "x");
  assert.match(String(letter!["errors"]), /^store: get failed: Error: the store is closed$/);
  assert.deepEqual(home.names("dead_letters").filter((name) => name.endsWith(".payload")), []);
});

Deno.test("a task that names an archiver which is not selected, or has nothing, is kept with what to do", async () => {
  await using home = new Home().withPlugins("sink", "store")
    .addPlugin("source", "other", { task: `{"vault": {"text": "a"}}` })
    .addPlugin("source", "empty", { task: `{"store": {"text": "b"}}` })
    .addPlugin("source", "nobody", { task: "{}" });
  home.board.answer = (event) => event.startsWith("store loads") ? "nothing" : "";
  const summary = await home.run({
    providers: ["other", "empty", "nobody"],
    sourceArchivers: ["store"],
    connectors: ["sink"],
    retries: 0,
  });
  assert.deepEqual(home.board.those("sink saves"), []);
  const errors = home.read<{ errors: string[] }>("dead_letters").map(({ errors }) => errors.join());
  assert.ok(
    errors.some((text) => /^vault: is not selected as a source archiver: name it with -S/.test(text)),
    `${errors}`,
  );
  assert.ok(errors.some((text) => /^store: has no payload for the task/.test(text)), `${errors}`);
  assert.equal(summary.deadLetters, 3, "a task for nobody cannot be done either");
});

Deno.test("of a task of which one part cannot be loaded, the rest is scanned, and the task is kept", async () => {
  await using home = new Home().withPlugins("sink").addPlugin("store", "near").addPlugin("store", "far")
    .addPlugin("source", "source", { task: `{"near": {"text": "a"}, "far": {"text": "b"}}` });
  home.board.answer = (event) => event.startsWith("far loads") ? "fail" : "";
  const summary = await home.run({
    providers: ["source"],
    sourceArchivers: ["near", "far"],
    connectors: ["sink"],
    retries: 0,
  });
  assert.deepEqual(home.board.those("sink saves"), ["sink saves a"]);
  assert.equal(summary.deadLetters, 1);
  assert.equal(home.board.those("source hears of").length, 1);
});

Deno.test("an item that is neither payload nor task is kept as a dead letter that says so", async () => {
  await using home = new Home().withPlugins("sink").writePlugin(
    "void",
    "export default class { async *ingest() { yield {}; yield { payload: { content: new Uint8Array(1) } }; } }",
  );
  const summary = await home.run({ providers: ["void"], connectors: ["sink"], retries: 0 });
  assert.deepEqual([summary.done, summary.deadLetters], [2, 1]);
  const [letter] = home.read<{ errors: string[] }>("dead_letters");
  assert.deepEqual(letter!.errors, ["void: brought neither a payload nor a task"]);
});
