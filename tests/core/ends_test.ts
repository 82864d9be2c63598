import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { catchStandardError, first, item, only, openStoq, puppet, tempFolder } from "./support.ts";

Deno.test("decorators see the complete response, once, all of them the same", async () => {
  await using stoq = openStoq({
    decorators: ["summary", "second_summary"],
    destArchivers: ["shelf"],
    alwaysDispatch: ["puppet", "throws"],
  });
  const { results, decorators } = await stoq.scan(puppet({ results: 1, extracted: [item("a"), item("b")] }));
  const saw = {
    payloads: results.map(({ payloadId }) => payloadId),
    errors: ["throws"],
    decorators: [],
    split: 3,
    json: ["time", "results", "request_meta", "errors", "decorators", "scan_id"],
  };
  assert.equal(results.length, 3);
  assert.deepEqual(Object.entries(decorators), [["summary", saw], ["second_summary", saw]]);
});

Deno.test("connectors save the decorated response last: what they saved is what the scan gave", async () => {
  await using folder = await tempFolder();
  await using stoq = openStoq({
    decorators: ["summary"],
    connectors: ["collector"],
    alwaysDispatch: ["size"],
    pluginOpts: { collector: { results_dir: folder.path } },
  });
  const responses = [await stoq.scan("one"), await stoq.scan("two")];
  assert.deepEqual(responses.map(({ errors }) => errors), [{}, {}]);
  const names = responses.map(({ scanId }) => `${scanId}.json`);
  assert.deepEqual((await readdir(folder.path)).sort(), [...names].sort());
  for (const [index, response] of responses.entries()) {
    assert.equal(await readFile(join(folder.path, names[index]!), "utf8"), String(response));
  }
});

Deno.test("a connector that fails keeps no other from saving; its error is in the response that the caller gets", async () => {
  await using folder = await tempFolder();
  await using stoq = openStoq({
    connectors: ["throws", "no_such_connector", "collector"],
    pluginOpts: { collector: { results_dir: folder.path } },
  });
  const { scanId, errors } = await stoq.scan("data");
  assert.deepEqual(await readdir(folder.path), [`${scanId}.json`]);
  assert.deepEqual(errors["throws"], ["save failed: RangeError: thrown on purpose"]);
  assert.match(only(errors["no_such_connector"] ?? []), /does not exist/);
});

Deno.test("a loaded connector saves a response by hand, a loaded worker scans, each decorator decorates", async () => {
  await using folder = await tempFolder();
  await using stoq = openStoq({ pluginOpts: { collector: { results_dir: folder.path } } });
  const response = await stoq.scan("data");
  await (await stoq.loadPlugin("collector")).save(response);
  assert.equal(await readFile(join(folder.path, `${response.scanId}.json`), "utf8"), String(response));
  const { results } = await (await stoq.loadPlugin("summary")).decorate(response);
  assert.deepEqual((results as { payloads: unknown }).payloads, [first(response.results).payloadId]);
  await assert.rejects(stoq.loadPlugin("no_such_plugin"), {
    name: "StoqPluginError",
    message: /^Plugin "no_such_plugin" does not exist/,
  });
});

Deno.test("split gives one response for each result of each worker", async () => {
  await using stoq = openStoq({
    deepDispatchers: ["planner"],
    decorators: ["summary"],
  });
  const plan = { extraData: { plan: [["text"]] } };
  const response = await stoq.scan(puppet({ results: "found", errors: ["e"], extracted: [item("inner", plan)] }), {
    payloadMeta: plan,
    addStartDispatch: ["size", "puppet"],
    requestMeta: { source: "mail" },
  });
  const parts = response.split();
  const workers = parts.map(({ results }) => only(results).workers);
  const [root, inner] = response.results;
  assert.deepEqual(workers, [
    [{ size: { size: root?.size } }],
    [{ puppet: "found" }],
    [{ text: root?.workers[1]?.["text"] }],
    [{ text: "inner" }],
  ]);
  for (const [index, part] of parts.entries()) {
    const { workers: _, ...rest } = only(part.results);
    const { workers: __, ...whole } = index < 3 ? root! : inner!;
    assert.deepEqual(rest, whole);
    assert.deepEqual({ ...part, results: [] }, { ...response, results: [] });
  }
});

Deno.test("split keeps a payload for which no worker had results", async () => {
  await using stoq = openStoq();
  const response = await stoq.scan("data");
  const { results } = only(response.split());
  assert.deepEqual(only(results).workers, []);
  assert.equal(only(results).payloadId, only(response.results).payloadId);
});

Deno.test("reconstructing gives each result as if it had been the original, with its own family, decorated anew", async () => {
  await using stoq = openStoq({ alwaysDispatch: ["puppet"], decorators: ["summary"], maxRecursion: 5 });
  const response = await stoq.scan(puppet({
    extracted: [
      item(puppet({ results: "a", extracted: [item("a1"), item(puppet({ extracted: [item("a21")] }))] })),
      item("b-b-b"),
    ],
  }));
  const before = String(response);
  const parts = [];
  for await (const part of stoq.reconstructAllSubresponses(response)) parts.push(part);
  const ids = response.results.map(({ payloadId }) => payloadId);
  const [root, a, b, a1, a2, a21] = ids;
  const families = [ids, [a, a1, a2, a21], [b], [a1], [a2, a21], [a21]];
  assert.equal(root, ids[0]);
  assert.deepEqual(parts.map(({ results }) => results.map(({ payloadId }) => payloadId)), families);
  for (const [index, part] of parts.entries()) {
    assert.deepEqual((part.decorators["summary"] as { payloads: unknown }).payloads, families[index]);
    assert.equal(part.scanId, response.scanId);
    assert.deepEqual(part.requestMeta, response.requestMeta);
  }
  assert.equal(String(response), before);
});

Deno.test("a decorator that fails while reconstructing is an error of that part alone", async () => {
  await using stoq = openStoq({ alwaysDispatch: ["puppet"] });
  const response = await stoq.scan(puppet({ extracted: [item("inner")] }));
  await using decorating = openStoq({ decorators: ["throws"] });
  for await (const part of decorating.reconstructAllSubresponses(response)) {
    assert.deepEqual(part.errors, { throws: ["decorate failed: RangeError: thrown on purpose"] });
  }
  assert.deepEqual(response.errors, {});
});

Deno.test("a plugin's log goes to standard error under its name, never to standard output", async () => {
  using log = catchStandardError();
  const writeOut = Deno.stdout.writeSync;
  let out = "";
  Deno.stdout.writeSync = (bytes) => (out += new TextDecoder().decode(bytes), bytes.length);
  try {
    await using stoq = openStoq({ alwaysDispatch: ["loud"], logLevel: "debug" });
    await stoq.scan("hello");
  } finally {
    Deno.stdout.writeSync = writeOut;
  }
  for (const level of ["debug", "info", "warning", "error", "critical"]) {
    assert.match(log.text(), new RegExp(`${level.toUpperCase()}\\] loud: ${level} hello\n`));
  }
  assert.match(log.text(), /loud: console hello\n/);
  assert.equal(out, "");
});
