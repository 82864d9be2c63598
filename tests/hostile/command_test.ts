/** Rows 4 to 8 as the user of the command sees them: standard output is JSON, the exit status is its own, input and arguments are not shared. */
import assert from "node:assert/strict";
import { stoq } from "../cli/support.ts";
import { openHostile, PAYLOAD } from "./support.ts";

async function scan(plugin: string) {
  await using hostile = await openHostile();
  const { canaries } = hostile;
  const args = ["scan", "--plugin-dir", canaries.plugins, "--plugin-opts", `hash:token=${canaries.secret}`, "-s"];
  const run = await stoq([...args, plugin, "hash", "entropy"], {
    stdin: PAYLOAD,
    env: { STOQ_CANARY: canaries.secret },
  });
  canaries.check();
  assert.equal(run.code, 0, run.stderr);
  assert.equal(run.stdout.includes(canaries.secret), false);
  assert.equal(run.stderr.includes(canaries.secret), false);
  const response = JSON.parse(run.stdout);
  const [results] = response.results[0].workers;
  assert.equal(typeof results.hash.sha256, "string");
  assert.equal(typeof results.entropy.entropy, "number");
  return { ...run, response, results: results[plugin] };
}

Deno.test("whatever a plugin prints, standard output is one JSON document", async () => {
  const { results, stdout } = await scan("writes_to_standard_streams");
  assert.equal(results.gained, null);
  assert.doesNotMatch(stdout, /^NOISE/m);
});

Deno.test("a plugin that sets exit statuses and kills changes neither status nor output", async () => {
  const { results } = await scan("kills_and_signals");
  assert.equal(results.gained, null);
});

Deno.test("a plugin sees no argument of the command", async () => {
  const { results } = await scan("reads_the_environment");
  assert.equal(results.gained, null);
});

Deno.test("the command ends although a plugin never closes", async () => {
  const { results } = await scan("ignores_close");
  assert.equal(results.gained, null);
});

Deno.test("results cannot act on a terminal", async () => {
  const { stdout } = await scan("terminal_escapes_in_results");
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
});
