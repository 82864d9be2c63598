import assert from "node:assert/strict";
import type { StoqOptions } from "../../mod.ts";
import { Home } from "./support.ts";

Deno.test("a plugin that is not there, or of the wrong class, stops a run before anything is asked for", async (t) => {
  await using home = new Home().withPlugins("source", "sink")
    .writePlugin("broken", "export default class { constructor() { throw new Error('no engine'); } scan() {} }");
  const missing = (name: string) => new RegExp(`Plugin "${name}" does not exist`);
  const cases: [string, StoqOptions, RegExp][] = [
    ["a worker that does not exist", { alwaysDispatch: ["nosuch"] }, missing("nosuch")],
    ["a connector that does not exist", { connectors: ["nosuch"] }, missing("nosuch")],
    ["a provider that does not exist", { providers: ["source", "nosuch"] }, missing("nosuch")],
    ["a dispatcher that does not exist", { dispatchers: ["nosuch"] }, missing("nosuch")],
    ["a worker as provider", { providers: ["hash"] }, /Plugin "hash" is no provider: it has no method "ingest"/],
    ["a worker as connector", { connectors: ["hash"] }, /Plugin "hash" is no connector: it has no method "save"/],
    ["a connector as worker", { alwaysDispatch: ["sink"] }, /Plugin "sink" is no worker: it has no method "scan"/],
    ["a worker as source archiver", { sourceArchivers: ["hash"] }, /Plugin "hash" is no source archiver/],
    ["a worker as destination archiver", { destArchivers: ["hash"] }, /Plugin "hash" is no destination archiver/],
    ["a worker as dispatcher", { dispatchers: ["hash"] }, /Plugin "hash" is no dispatcher/],
    ["a worker as deep dispatcher", { deepDispatchers: ["hash"] }, /Plugin "hash" is no deep dispatcher/],
    ["a worker as decorator", { decorators: ["hash"] }, /Plugin "hash" is no decorator/],
    ["a worker that cannot be loaded", { alwaysDispatch: ["broken"] }, /Plugin "broken" cannot be loaded: .*no engine/],
  ];
  for (const [name, options, message] of cases) {
    await t.step(name, async () => {
      await assert.rejects(home.run({ providers: ["source"], connectors: ["sink"], ...options }), message);
    });
  }
  await t.step("a worker to start with that does not exist", async () => {
    const run = home.run({ providers: ["source"], connectors: ["sink"] }, { addStartDispatch: ["nosuch"] });
    await assert.rejects(run, missing("nosuch"));
  });
  assert.deepEqual(home.board.events, []);
});

Deno.test("the command says in one line which plugin is not there, with status 1", async () => {
  await using home = new Home().withPlugins("source", "sink");
  const { code, stdout, stderr } = await home.start([
    ...["run", "-P", "source", "-C", "sink", "-a", "nosuch", "--log-level", "error"],
  ]).ended();
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /^stoq: Plugin "nosuch" does not exist: .*\n$/);
  assert.deepEqual(home.board.events, []);
});

Deno.test("the command without a provider says how to name one, with status 1", async () => {
  await using home = new Home();
  const { code, stderr } = await home.start(["run", "-a", "hash"]).ended();
  assert.equal(code, 1);
  assert.equal(stderr, "stoq: No provider is selected: name one with -P, or providers in stoq.cfg\n");
});
