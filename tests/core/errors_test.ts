import assert from "node:assert/strict";
import { catchStandardError, firstPass, item, only, openStoq, puppet, sharedStoq } from "./support.ts";

/** Every place that a plugin can be named in, filled with one plugin. */
function everywhere(name: string) {
  return {
    alwaysDispatch: [name, "size"],
    dispatchers: [name],
    deepDispatchers: [name],
    destArchivers: [name, "shelf"],
    decorators: [name, "summary"],
    connectors: [name],
    maxDispatchPasses: 2,
  };
}

/** Methods of the classes, in the order in which a scan calls them. */
const METHODS = ["getDispatches", "scan", "getDeepDispatches", "archive", "decorate", "save"];

Deno.test("a plugin that throws in every class fails no scan: each message names method, payload and cause", async () => {
  await using stoq = openStoq(everywhere("throws"));
  const { results, errors, decorators } = await stoq.scan("data");
  const result = only(results);
  assert.deepEqual(Object.keys(errors), ["throws"]);
  const about = ` for payload ${result.payloadId}`;
  assert.deepEqual(
    errors["throws"],
    METHODS.map((method) =>
      `${method} failed${["decorate", "save"].includes(method) ? "" : about}: RangeError: thrown on purpose`
    ),
  );
  assert.deepEqual(firstPass(result), { size: { size: 4 } });
  assert.deepEqual(result.archivers, { shelf: { place: result.payloadId } });
  assert.deepEqual(Object.keys(decorators), ["summary"]);
  assert.deepEqual(result.pluginsRun, { workers: [["throws", "size"]], archivers: ["throws", "shelf"] });
});

Deno.test("a plugin that rejects with what is no Error fails no scan either", async () => {
  await using stoq = openStoq(everywhere("rejects"));
  const { results, errors } = await stoq.scan("data");
  assert.equal(errors["rejects"]?.length, METHODS.length);
  for (const message of errors["rejects"] ?? []) assert.match(message, /failed.*: threw \[object Object\]$/);
  assert.deepEqual(firstPass(only(results)), { size: { size: 4 } });
});

Deno.test("a plugin that returns nothing in every class leaves nothing in the results and no error", async () => {
  await using stoq = openStoq(everywhere("nothing"));
  const { results, errors, decorators } = await stoq.scan("data");
  const result = only(results);
  assert.deepEqual(errors, {});
  assert.deepEqual(result.workers, [{ size: { size: 4 } }]);
  assert.deepEqual(result.pluginsRun, { workers: [["nothing", "size"]], archivers: ["nothing", "shelf"] });
  assert.deepEqual(Object.keys(result.archivers), ["shelf"]);
  assert.deepEqual(Object.keys(decorators), ["summary"]);
});

Deno.test("errors that a plugin returns are kept beside its results, in the order in which they came", async () => {
  await using stoq = openStoq(everywhere("complains"));
  const { results, errors, decorators } = await stoq.scan("data");
  const result = only(results);
  const both = (method: string) => [`first of ${method}`, `second of ${method}`];
  assert.deepEqual(errors["complains"]?.slice(0, 10), METHODS.slice(0, 5).flatMap(both));
  assert.deepEqual(firstPass(result)["complains"], { method: "scan" });
  assert.deepEqual(result.archivers["complains"], { method: "archive" });
  assert.deepEqual(decorators["complains"], { method: "decorate" });
});

Deno.test("a plugin that returns a text where an object belongs gives an error that says so", async () => {
  await using stoq = openStoq({ ...everywhere("returns_text"), connectors: [] });
  const { results, errors, decorators } = await stoq.scan("data");
  assert.equal(errors["returns_text"]?.length, 5);
  for (const message of errors["returns_text"] ?? []) {
    assert.match(message, /TypeError: returned a string: return an object or nothing$/);
  }
  assert.deepEqual(firstPass(only(results)), { size: { size: 4 } });
  assert.deepEqual(Object.keys(decorators), ["summary"]);
});

Deno.test("a plugin that does not exist, in every place, is one error under its name and the scan goes on", async () => {
  await using stoq = openStoq(everywhere("no_such_plugin"));
  const { results, errors, decorators } = await stoq.scan("data");
  assert.deepEqual(Object.keys(errors), ["no_such_plugin"]);
  assert.match(only(errors["no_such_plugin"] ?? []), /^Plugin "no_such_plugin" does not exist/);
  assert.deepEqual(firstPass(only(results)), { size: { size: 4 } });
  assert.deepEqual(Object.keys(only(results).archivers), ["shelf"]);
  assert.deepEqual(Object.keys(decorators), ["summary"]);
});

Deno.test("the stack of what a plugin threw is in the log at level debug, and not above", async () => {
  for (const [logLevel, shown] of [["debug", true], ["error", false]] as const) {
    using log = catchStandardError();
    await using stoq = openStoq({ alwaysDispatch: ["throws"], logLevel });
    await stoq.scan("data");
    assert.match(log.text(), /ERROR\] throws: scan failed for payload .*: RangeError: thrown on purpose\n/);
    assert.equal(/\n {4}at .*throws\.ts:\d+/.test(log.text()), shown);
  }
});

const stoq = sharedStoq({ alwaysDispatch: ["puppet"] });

Deno.test("an extracted item that is not bytes is an error, and the others are kept", async () => {
  const { results, errors } = await stoq.scan(puppet({
    results: "kept",
    errors: ["its own"],
    extracted: [item("first"), { content: "text" }, null, {}, { content: [1, 2] }, item("last one")],
  }));
  assert.deepEqual(results.map(({ size }) => size).slice(1), [5, 8]);
  assert.deepEqual(firstPass(results[0]!), { puppet: "kept" });
  assert.deepEqual(errors["puppet"], [
    "its own",
    "extracted[1].content is of type string, not a Uint8Array",
    "extracted[2].content is of type undefined, not a Uint8Array",
    "extracted[3].content is of type undefined, not a Uint8Array",
    "extracted[4].content is an array, not a Uint8Array",
  ]);
});

Deno.test("extracted that is no list is an error that says so, and the results are kept", async () => {
  const { results, errors } = await stoq.scan(puppet({ results: "kept", extracted: 5 }));
  assert.match(only(errors["puppet"] ?? []), /extracted/);
  assert.deepEqual(firstPass(only(results)), { puppet: "kept" });
});

Deno.test("metadata of an extracted payload that has the wrong types is replaced by defaults, with errors", async () => {
  const { results, errors } = await stoq.scan(puppet({
    extracted: [{
      text: "inner",
      payloadMeta: { shouldArchive: "no", shouldScan: 0, extraData: ["list"], dispatchTo: { a: 1 }, unknown: true },
    }],
  }));
  assert.deepEqual(results[1]?.payloadMeta, { shouldArchive: true, shouldScan: true, extraData: {}, dispatchTo: [] });
  assert.deepEqual(errors["puppet"], [
    "payloadMeta.shouldArchive is neither true nor false: ignored",
    "payloadMeta.shouldScan is neither true nor false: ignored",
    "payloadMeta.extraData is not an object: ignored",
    "payloadMeta.dispatchTo is not a list of plugin names: ignored",
  ]);
});

Deno.test("errors that are no list of texts are still shown, each as one printable line", async () => {
  const one = await stoq.scan(puppet({ errors: "just one" }));
  assert.deepEqual(one.errors["puppet"], ["just one"]);
  const odd = await stoq.scan(puppet({ errors: [{ code: 5 }, 7, "two\nlines", "\u001b[31mred", null] }));
  assert.deepEqual(odd.errors["puppet"], ['{"code":5}', "7", "two lines", "\ufffd[31mred", "null"]);
  const many = await stoq.scan(puppet({ errors: Array.from({ length: 150 }, (_, n) => `error ${n}`) }));
  assert.equal(many.errors["puppet"]?.length, 101);
  assert.equal(many.errors["puppet"]?.at(-1), "50 more errors are not shown");
});

Deno.test("results may be any JSON value; null is none", async () => {
  for (const results of [0, false, "", [], {}, "text", [1, { a: null }]]) {
    assert.deepEqual(firstPass(only((await stoq.scan(puppet({ results }))).results)), { puppet: results });
  }
  assert.deepEqual(firstPass(only((await stoq.scan(puppet({ results: null }))).results)), {});
});

Deno.test("a result's key __proto__ is data like any other and changes nothing", async () => {
  const response = await stoq.scan('{"results": {"__proto__": {"polluted": true}, "a": 1}}');
  assert.equal(Reflect.get({}, "polluted"), undefined);
  assert.equal(JSON.stringify(firstPass(only(response.results))["puppet"]), '{"__proto__":{"polluted":true},"a":1}');
});

Deno.test("plugins named like members of Object.prototype cause no confusion", async () => {
  const { results, errors } = await stoq.scan("data", { addStartDispatch: ["constructor", "toString", "__proto__"] });
  assert.deepEqual(only(results).pluginsRun.workers, [["puppet"]]);
  assert.deepEqual(Object.keys(errors).sort(), ["__proto__", "constructor", "toString"]);
});
