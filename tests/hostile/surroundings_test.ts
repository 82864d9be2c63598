/** Rows 5, 6, 8, 9 and 14: what is around a plugin: streams, environment, machine, files, network, other plugins. */
import assert from "node:assert/strict";
import { sharedHostile } from "./support.ts";

const attack = sharedHostile();

/** Every attempt was refused, and each by an error. */
function allRefused(refused: string, results: unknown): void {
  assert.equal(refused.split("\n").length, (results as { attempts: number }).attempts);
}

Deno.test("a plugin reaches no standard stream; what it prints is in the log", async () => {
  const { gained, refused, results, log } = await attack("writes_to_standard_streams");
  assert.equal(gained, null);
  allRefused(refused, results);
  assert.match(log, /writes_to_standard_streams: NOISE OF A PLUGIN/);
});

Deno.test("a plugin reaches no file that its process has open", async () => {
  const { gained, results } = await attack("descriptors_of_the_process");
  assert.equal(gained, null);
  assert.equal((results as { attempts: number }).attempts, 11 * 197);
});

Deno.test("a plugin sees no environment, no arguments and no options but its own", async () => {
  const { gained, refused, results } = await attack("reads_the_environment");
  assert.equal(gained, null);
  allRefused(refused, results);
  assert.deepEqual((results as { told: unknown }).told, ["/", "/tmp", "plugin", "/", "/"]);
});

Deno.test("a plugin learns nothing of the machine", async () => {
  const { gained, refused, results } = await attack("learns_about_the_machine");
  assert.equal(gained, null);
  allRefused(refused, results);
  assert.deepEqual((results as { told: unknown }).told, ["localhost", "0.0.0", 0, 0, 0, {}, "plugin", 0, 0, 1]);
});

Deno.test("a plugin without a grant reads and writes no file", async () => {
  const { gained, refused, results, errors } = await attack("reads_and_writes_files");
  assert.equal(gained, null, errors);
  allRefused(refused, results);
  assert.ok((refused.match(/NotCapable: Requires (read|write|all) access/g)?.length ?? 0) > 10);
});

Deno.test("a plugin without a grant makes no connection and looks up no name", async () => {
  const { gained, refused, results } = await attack("connects_without_net");
  assert.equal(gained, null);
  allRefused(refused, results);
  assert.match(refused, /Requires net access to "127\.0\.0\.1:\d+"/);
  assert.match(refused, /createSocket of node:dgram is not available/);
});

Deno.test("plugins cannot meet", async () => {
  const { gained, refused, results } = await attack("meets_other_plugins");
  assert.equal(gained, null);
  allRefused(refused, results);
});

Deno.test("a plugin cannot ask for permissions", async () => {
  const { gained, refused, results } = await attack("asks_for_permissions");
  assert.equal(gained, null);
  allRefused(refused, results);
});

Deno.test("a grant of one address is no grant of others, nor of descriptors", async () => {
  const { gained, refused, results } = await attack("net_grant_used_elsewhere");
  assert.equal(gained, null);
  allRefused(refused, results);
  assert.match(refused, /a descriptor by number is not available in a plugin's sandbox/);
  assert.match(refused, /Requires net access to "127\.0\.0\.1:\d+"/);
});

Deno.test("a grant to write a folder makes no link out of it", async () => {
  const { gained, refused, results, errors } = await attack("write_grant_used_for_links");
  assert.equal(errors, "");
  assert.equal(gained, null);
  allRefused(refused, results);
});

Deno.test("a grant of one variable is no grant of others", async () => {
  const { gained, refused, results } = await attack("env_grant_used_for_more");
  assert.equal(gained, null);
  allRefused(refused, results);
  assert.match(refused, /Requires env access to "STOQ_CANARY"/);
});
