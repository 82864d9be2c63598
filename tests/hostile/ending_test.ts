/** Rows 4, 5, 7, 12, 13 and 15: plugins that end what they should not, and throw what is no error. */
import assert from "node:assert/strict";
import { sharedHostile } from "./support.ts";

const attack = sharedHostile();

Deno.test("a plugin cannot exit", async () => {
  const { gained, refused, errors } = await attack("exits_by_every_way");
  assert.equal(errors, "");
  assert.equal(gained, null);
  assert.match(refused, /process\.exit is not available in a plugin's sandbox/);
  assert.match(refused, /Deno\.exit is not a function/);
  assert.equal(refused.split("\n").length, 9);
});

Deno.test("a plugin cannot kill, listen for signals or set the exit status", async () => {
  const { gained, refused } = await attack("kills_and_signals");
  assert.equal(gained, null);
  assert.match(refused, /process\.kill is not available in a plugin's sandbox/);
  assert.match(refused, /Deno\.addSignalListener is not a function/);
  assert.match(refused, /exitCode/);
});

Deno.test("a late throw is charged to the plugin", async () => {
  const { gained, errors } = await attack("throws_late");
  assert.equal(gained, undefined);
  assert.match(errors, /scan crashed .*uncaught RangeError: thrown late/);
});

Deno.test("a late rejection is charged to the plugin, whatever was thrown", async () => {
  const { gained, errors } = await attack("rejects_late");
  assert.equal(gained, undefined);
  assert.match(errors, /scan crashed .*uncaught threw something that cannot be shown as text/);
});

Deno.test("forged error events end the plugin's own sandbox", async () => {
  const { gained, errors } = await attack("reports_errors_itself");
  assert.equal(gained, undefined);
  assert.match(errors, /scan crashed .*uncaught threw (undefined|something that cannot be shown as text)/);
});

Deno.test("null, thrown, is an error like any other", async () => {
  const { results, errors } = await attack("throws_null");
  assert.equal(results, undefined);
  assert.match(errors, /scan failed .*threw (null|something that cannot be shown as text)/);
});

Deno.test("a proxy, thrown, is an error like any other", async () => {
  const { results, errors } = await attack("throws_a_proxy_of_an_error");
  assert.equal(results, undefined);
  assert.match(errors, /scan failed .*threw something that cannot be shown as text/);
});

Deno.test("what an error says cannot act on a terminal, nor forge a line of the log", async () => {
  const { errors, log } = await attack("error_with_a_hostile_message");
  assert.match(errors, /scan failed .*forged/);
  assert.equal(errors.split("\n").length, 1);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(errors + log, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  assert.doesNotMatch(log, /^\[1970/m);
});

Deno.test("a huge error message is cut", async () => {
  const { errors } = await attack("error_with_a_huge_message");
  assert.match(errors, /xxx… \(\d+ characters\)$|timed out|memory/);
  assert.ok(errors.length < 10_000);
});

Deno.test("an error message of a million spaces ends as fast as any other", async () => {
  const { results, errors } = await attack("error_with_a_million_spaces");
  assert.equal(results, undefined);
  assert.match(errors, /scan failed for payload/);
});

Deno.test("an error of many spaces, returned, does not hold the core", async () => {
  const before = performance.now();
  const { gained } = await attack("reported_error_of_many_spaces");
  assert.equal(gained, null);
  // A linear look at 300,000 characters takes a millisecond; a quadratic one half a minute.
  const took = performance.now() - before;
  assert.ok(took < 15_000, `the core stood still: ${Math.round(took)} ms`);
});

Deno.test("what a plugin logs cannot act on a terminal, nor forge a line of the log", async () => {
  const { errors, log } = await attack("hostile_log_lines");
  // Its last line cannot be made a text: that is the plugin's own error.
  assert.match(errors, /^$|scan failed .*TypeError/);
  assert.match(log, /begin/);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(log, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  assert.doesNotMatch(log, /^\[1970/m);
});
