/** Rows 15 and 16: what a plugin returns, posts and asks. */
import assert from "node:assert/strict";
import { sharedHostile } from "./support.ts";

const attack = sharedHostile();

Deno.test("a plugin finds no function that posts to the host", async () => {
  const { gained, refused, errors } = await attack("post_message_by_every_way");
  assert.equal(errors, "");
  assert.equal(gained, null);
  assert.match(refused, /^self: undefined$/m);
  assert.match(refused, /^port: TypeError/m);
});

Deno.test("an answer that nobody asked for ends the sandbox", async () => {
  const { gained, errors } = await attack("forged_message_events");
  assert.equal(gained, undefined);
  assert.match(errors, /scan crashed .*broke the sandbox protocol: (a result|an error) that nobody asked for/);
});

Deno.test("a guest told to begin again gets nothing and is ended", async () => {
  const { gained, errors } = await attack("forged_init_event");
  assert.equal(gained, undefined);
  assert.match(errors, /crashed .*broke the sandbox protocol|crashed .*failed to load after/);
});

Deno.test("answers to calls that are still to come end the sandbox", async () => {
  const { gained, errors } = await attack("answers_a_later_call");
  assert.equal(gained, undefined);
  assert.match(errors, /scan crashed .*broke the sandbox protocol/);
});

Deno.test("a thenable that never ends times out", async () => {
  const { gained, errors } = await attack("thenable_that_never_ends");
  assert.equal(gained, undefined);
  assert.match(errors, /scan timed out .*longer than the limit of 3 s|memory/);
});

Deno.test("getters, proxies and toJSON in results become plain data", async () => {
  const { gained, errors, results } = await attack("getters_and_proxies_in_results");
  assert.equal(gained, null);
  assert.equal(errors, "from a getter");
  const data = results as Record<string, unknown>;
  assert.deepEqual(data["proxied"], { a: "got a", b: "got b" });
  assert.equal("call" in data, false);
  assert.equal(data["date"], null);
  assert.equal(Reflect.get({}, "polluted"), undefined);
});

Deno.test("a getter that throws what cannot be looked at is an error like any other", async () => {
  const { results, errors } = await attack("getter_that_throws");
  assert.equal(results, undefined);
  assert.match(errors, /scan failed .*threw something that cannot be shown as text/);
});

Deno.test("cycles and depth become texts", async () => {
  const { gained, results, response } = await attack("cycles_and_depth");
  assert.equal(gained, null);
  assert.equal((results as Record<string, unknown>)["cycle"], "[cycle]");
  assert.match(response.toString(0), /\[nested deeper than 90 levels\]/);
});

Deno.test("keys that mean prototypes are only keys", async () => {
  const { gained, response } = await attack("prototype_keys");
  assert.equal(gained, null);
  assert.equal(Reflect.get({}, "polluted"), undefined);
  assert.match(response.toString(0), /"__proto__":\{"polluted":true\}/);
  assert.equal(response.results.length, 2);
});

Deno.test("half a gigabyte of text is refused", async () => {
  const { results, errors } = await attack("gigabyte_of_text");
  assert.equal(results, undefined);
  assert.match(
    errors,
    /scan (crashed|timed out) .*(the limit is \d+ MiB|characters of JSON, the limit is|heap memory|limit of 3 s)/,
  );
});

Deno.test("gigabytes of untouched buffers are refused", async () => {
  const { response, errors } = await attack("gigabytes_of_buffers");
  assert.equal(response.results.length, 1);
  assert.match(errors, /returned 3072 MiB of payloads, the limit is 300 MiB|limit of 3 s/);
});

Deno.test("more payloads than a call may return are refused", async () => {
  const { response, errors } = await attack("too_many_parts");
  assert.equal(response.results.length, 1);
  assert.match(errors, /parts has 100001 entries, the limit is 100000|limit of 3 s/);
});

Deno.test("200,000 payloads are refused", async () => {
  const { response, errors } = await attack("two_hundred_thousand_payloads");
  assert.equal(response.results.length, 1);
  assert.match(errors, /the limit is 100000|limit of 3 s|memory/);
});

Deno.test("payloads beyond the scan's budget are cut off, and said to be", async () => {
  const { gained, response } = await attack("twenty_thousand_payloads_within_limits");
  assert.equal(gained, null);
  assert.equal(response.results.length, 10_001);
  assert.match(
    String(response.errors["stoq"]),
    /max_extracted_payloads = 10000: 10000 extracted payloads .* were not scanned/,
  );
});

Deno.test("extracted payloads that are no bytes of their own cost nobody else's", async () => {
  const { gained, errors, response } = await attack("payloads_that_are_no_bytes");
  assert.equal(gained, null, errors);
  assert.match(errors, /extracted\[0\]\.content is of type string, not a Uint8Array/);
  assert.match(errors, /extracted\[9\]\.content is of type object, not a Uint8Array/);
  assert.ok(response.results.length > 3);
});

Deno.test("what only looks like bytes fails for its own plugin alone", async () => {
  const { errors, response } = await attack("payload_that_only_looks_like_bytes");
  assert.equal(response.results.length, 1);
  assert.match(errors, /scan failed .*(TypeError|DataCloneError)|not a Uint8Array/);
});

Deno.test("a flood of log lines ends at the limit of lines and at the timeout", async () => {
  const { results, errors, log } = await attack("log_flood");
  assert.equal(results, undefined);
  assert.match(errors, /scan (timed out|crashed) /);
  const lines = log.split("\n").filter((line) => line.includes("flood flood"));
  assert.ok(lines.length <= 1500, `${lines.length} lines`);
  assert.ok(lines.every((line) => line.length < 5000));
});

Deno.test("too many questions at once are refused, the first are answered", async () => {
  const { gained, refused } = await attack("question_flood");
  assert.equal(gained, null);
  assert.match(refused, /more than 16 requests at once/);
});

Deno.test("only commands of the manifest can be run", async () => {
  const { gained, refused } = await attack("command_that_is_not_there");
  assert.equal(gained, null);
  assert.equal(refused.match(/the manifest of plugin "command_that_is_not_there" has no such command/g)?.length, 8);
});

Deno.test("what a plugin does to its payload reaches nobody", async () => {
  const { gained, response } = await attack("changes_its_payload");
  assert.equal(gained, null);
  const [payload] = response.results;
  assert.deepEqual(payload?.payloadMeta, { shouldArchive: true, shouldScan: true, extraData: {}, dispatchTo: [] });
  assert.deepEqual(payload?.pluginsRun.workers, [["changes_its_payload", "hash", "entropy"]]);
});
