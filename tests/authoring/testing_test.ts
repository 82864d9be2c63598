import assert from "node:assert/strict";
import { openPlugin, StoqPluginError } from "../../testing.ts";
import { tempDir, writePlugin } from "../support.ts";

Deno.test("a test can say everything about a payload and its request", async () => {
  using dir = tempDir();
  const folder = writePlugin(
    dir.path,
    "mirror",
    "export default class { scan({ content, payloadId, ...rest }, request) { return { results: { ...rest, request } }; } }",
  );
  await using mirror = await openPlugin(folder);
  assert.equal(mirror.name, "mirror");
  assert.deepEqual(mirror.classes, ["worker"]);
  const { results } = await mirror.scan("x", {
    payloadMeta: { extraData: { filename: "x" }, shouldArchive: false },
    request: { source: "mail", extraData: { case: 1 } },
    dispatchMeta: { yara: { rule: "r" } },
    workers: [{ hash: { md5: "…" } }],
    pluginsRun: { workers: [["hash"]] },
    parent: { extractedFrom: "id", extractedBy: "decompress" },
  });
  assert.deepEqual(results, {
    payloadMeta: { shouldArchive: false, shouldScan: true, extraData: { filename: "x" }, dispatchTo: [] },
    dispatchMeta: { yara: { rule: "r" } },
    workers: [{ hash: { md5: "…" } }],
    pluginsRun: { workers: [["hash"]], archivers: [] },
    extractedFrom: "id",
    extractedBy: "decompress",
    request: { archivePayloads: true, source: "mail", extraData: { case: 1 } },
  });
});

Deno.test("what a test leaves out of a response is there all the same", async () => {
  using dir = tempDir();
  const folder = writePlugin(
    dir.path,
    "whole",
    "export default class { decorate(response) { return { results: response.toJSON() }; } save(response) { return response.toString(0); } }",
  );
  await using whole = await openPlugin(folder);
  const given = { results: [{ size: 4 }, {}], errors: { hash: ["no"] } };
  const { results } = await whole.decorate(given);
  const json = results as { results: { payload_id: string; size: number }[]; errors: unknown; scan_id: string };
  assert.deepEqual(json.results.map(({ size }) => size), [4, 0]);
  assert.notEqual(json.results[0]!.payload_id, json.results[1]!.payload_id);
  assert.deepEqual(json.errors, { hash: ["no"] });
  assert.deepEqual(JSON.parse((await whole.save(given))!), JSON.parse((await whole.save(given))!));
  assert.deepEqual(JSON.parse((await whole.save(given))!), json);
});

Deno.test("a test can take permissions away, give others, and set limits", async () => {
  using dir = tempDir();
  const secret = `${Deno.realPathSync(dir.path)}/secret`;
  Deno.writeTextFileSync(secret, "known");
  const folder = writePlugin(
    dir.path,
    "reads",
    `export default class { scan() { return { results: Deno.readTextFileSync(${JSON.stringify(secret)}) }; } }`,
    `[permissions]\nread = ${secret}`,
  );
  await using asked = await openPlugin(folder);
  assert.equal((await asked.scan("x")).results, "known");
  await using refused = await openPlugin(folder, { permissions: { read: [] } });
  await assert.rejects(refused.scan("x"), (error) => {
    assert.ok(error instanceof StoqPluginError);
    assert.equal((error.cause as { status: string }).status === "ok", false);
    return true;
  });
  const loops = writePlugin(dir.path, "endless", "export default class { scan() { for (;;); } }");
  await using endless = await openPlugin(loops, { limits: { timeout: 1 } });
  await assert.rejects(endless.scan("x"), /took longer than the limit of 1 s/);
});
