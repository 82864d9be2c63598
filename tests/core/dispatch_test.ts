import assert from "node:assert/strict";
import { Payload } from "../../mod.ts";
import { catchStandardError, first, firstPass, item, only, openStoq, puppet, sharedStoq } from "./support.ts";

/** Dispatchers that say what `payloadMeta.extraData` has under their names. */
const stoq = sharedStoq({ dispatchers: ["router", "second_router"], alwaysDispatch: ["size"] });

Deno.test("start dispatch sends the original payload alone, always dispatch sends every payload", async () => {
  const { results } = await stoq.scan(puppet({ extracted: [item("inner")] }), { addStartDispatch: ["puppet"] });
  assert.deepEqual(results.map(({ pluginsRun }) => pluginsRun.workers), [[["puppet", "size"]], [["size"]]]);
});

Deno.test("a dispatcher names workers for a payload, original or extracted", async () => {
  const route = (...pluginNames: string[]) => ({ extraData: { router: { pluginNames } } });
  const { results } = await stoq.scan(puppet({ extracted: [item("inner", route("text"))] }), {
    payloadMeta: route("puppet"),
  });
  assert.deepEqual(results.map(({ pluginsRun }) => pluginsRun.workers), [[["size", "puppet"]], [["size", "text"]]]);
  assert.deepEqual(results[1]?.workers, [{ size: { size: 5 }, text: "inner" }]);
});

Deno.test("a payload's own dispatch_to names workers, and is kept in its metadata", async () => {
  const { results } = await stoq.scan(puppet({ extracted: [item("inner", { dispatchTo: ["text"] })] }), {
    payloadMeta: { dispatchTo: ["puppet"] },
  });
  assert.deepEqual(results.map(({ pluginsRun }) => pluginsRun.workers), [[["size", "puppet"]], [["size", "text"]]]);
  assert.deepEqual(results.map(({ payloadMeta }) => payloadMeta.dispatchTo), [["puppet"], ["text"]]);
});

Deno.test("dispatch_to may be a single name, as in the documentation's example", async () => {
  const { results, errors } = await stoq.scan(
    JSON.stringify({ extracted: [{ text: "inner", payloadMeta: { dispatchTo: "text" } }] }),
    { addStartDispatch: ["puppet"] },
  );
  assert.deepEqual(errors, {});
  assert.deepEqual(results[1]?.pluginsRun.workers, [["size", "text"]]);
});

Deno.test("names come as start, always, dispatch_to, dispatchers; one named twice runs once", async () => {
  const { results, errors } = await stoq.scan("{}", {
    addStartDispatch: ["text", "text"],
    payloadMeta: {
      dispatchTo: ["witness", "size"],
      extraData: { router: { pluginNames: ["puppet", "text"] }, second_router: { pluginNames: ["puppet", "nothing"] } },
    },
  });
  assert.deepEqual(only(results).pluginsRun.workers, [["text", "size", "witness", "puppet", "nothing"]]);
  assert.deepEqual(Object.keys(firstPass(only(results))), ["text", "size", "witness"]);
  assert.deepEqual(errors, {});
});

Deno.test("workers see what each dispatcher said, under its name", async () => {
  const { results } = await stoq.scan("data", {
    payloadMeta: {
      extraData: {
        router: { pluginNames: ["witness"], meta: { hit: "exe_file", n: 1 } },
        second_router: { meta: { hit: "other" } },
      },
    },
  });
  const { payload } = firstPass(only(results))["witness"] as { payload: { dispatchMeta: unknown } };
  assert.deepEqual(payload.dispatchMeta, { router: { hit: "exe_file", n: 1 }, second_router: { hit: "other" } });
});

Deno.test("each dispatcher is asked once about each payload, whatever the passes", async () => {
  using log = catchStandardError();
  await using stoq = openStoq({
    dispatchers: ["router"],
    deepDispatchers: ["planner"],
    maxDispatchPasses: 3,
    logLevel: "warning",
  });
  await stoq.scan(puppet({ extracted: [item("b"), item("a"), item("b")] }), {
    addStartDispatch: ["puppet"],
    payloadMeta: { extraData: { plan: [["size"], ["text"]] } },
  });
  const asked = log.lines().filter((line) => line.includes("router: asked about"));
  assert.deepEqual(asked.map((line) => line.replace(/^.*asked about /, "")).map((text) => text[0]).sort(), [
    "a",
    "b",
    "{",
  ]);
});

Deno.test("a plugin that does not exist is an error under its name, and the others run", async () => {
  const { results, errors } = await stoq.scan("data", {
    addStartDispatch: ["no_such_worker", "text"],
    payloadMeta: { extraData: { router: { pluginNames: ["no_such_worker", "witnes"] } } },
  });
  assert.deepEqual(only(results).pluginsRun.workers, [["text", "size"]]);
  assert.deepEqual(Object.keys(errors), ["no_such_worker", "witnes"]);
  assert.match(only(errors["no_such_worker"] ?? []), /^Plugin "no_such_worker" does not exist: .*"stoq list"/);
  assert.match(only(errors["witnes"] ?? []), /did you mean "witness"\?/);
});

Deno.test("a worker that is not one is an error under its name", async () => {
  const { errors } = await stoq.scan("data", { addStartDispatch: ["shelf"] });
  assert.match(only(errors["shelf"] ?? []), /no method "scan"/);
});

Deno.test("a dispatcher's list that is none, or names that are none, are errors and the rest counts", async () => {
  const { results, errors } = await stoq.scan("data", {
    payloadMeta: {
      extraData: {
        router: { pluginNames: ["text", 5, "", null], meta: "no object" },
        second_router: { pluginNames: 7 },
      },
    },
  });
  assert.deepEqual(only(results).pluginsRun.workers, [["size", "text"]]);
  assert.deepEqual(errors["second_router"], ["pluginNames is not a list of plugin names: ignored"]);
  assert.equal(errors["router"]?.length, 4);
});

Deno.test("a worker's dispatchTo sends the payload on, in the next pass, to those that have not run", async () => {
  const { results } = await stoq.scan(puppet({ results: 1, dispatchTo: ["text", "puppet", "size"] }), {
    addStartDispatch: ["puppet"],
  });
  assert.deepEqual(only(results).pluginsRun.workers, [["puppet", "size"], ["text"]]);
  assert.deepEqual(only(results).workers.map((pass) => Object.keys(pass)), [["puppet", "size"], ["text"]]);
});

Deno.test("a payload with should_scan false is recorded: no dispatcher, no worker sees it", async () => {
  const { results, errors } = await stoq.scan(
    puppet({ extracted: [item("inner", { shouldScan: false, extraData: { router: { pluginNames: ["nobody"] } } })] }),
    { addStartDispatch: ["puppet"] },
  );
  const inner = results[1];
  assert.equal(inner?.size, 5);
  assert.equal(inner?.payloadMeta.shouldScan, false);
  assert.deepEqual(inner?.workers, []);
  assert.deepEqual(inner?.pluginsRun, { workers: [], archivers: [] });
  assert.deepEqual(errors, {});
  const whole = await stoq.scan("data", { payloadMeta: { shouldScan: false }, addStartDispatch: ["text"] });
  assert.deepEqual(only(whole.results).pluginsRun.workers, []);
});

Deno.test("scanPayload scans a payload object, scan makes one of bytes or text", async () => {
  const payload = new Payload(new Uint8Array([1, 2, 3]), { extraData: { filename: "a.bin" } });
  const id = payload.payloadId;
  const response = await stoq.scanPayload(payload, { requestMeta: { source: "queue" } });
  assert.equal(first(response.results).payloadId, id);
  assert.deepEqual(first(response.results).payloadMeta.extraData, { filename: "a.bin" });
  assert.equal(response.requestMeta.source, "queue");
  const fromBytes = await stoq.scan(new Uint8Array([1, 2, 3]));
  const fromText = await stoq.scan("ü");
  assert.deepEqual(firstPass(only(fromBytes.results)), { size: { size: 3 } });
  assert.deepEqual(firstPass(only(fromText.results)), { size: { size: 2 } });
});

Deno.test("an empty payload is scanned like any other", async () => {
  const { results, errors } = await stoq.scan("", { addStartDispatch: ["text"] });
  assert.deepEqual(only(results).workers, [{ text: "", size: { size: 0 } }]);
  assert.deepEqual(errors, {});
});

Deno.test("workers are told the payload's id, metadata and request", async () => {
  const response = await stoq.scan("data", {
    addStartDispatch: ["witness"],
    payloadMeta: { extraData: { filename: "x" }, shouldArchive: false },
    requestMeta: { source: "mail", extraData: { k: [1] } },
  });
  const { payloadId } = only(response.results);
  assert.deepEqual(firstPass(only(response.results))["witness"], {
    payload: {
      payloadId,
      payloadMeta: { shouldArchive: false, shouldScan: true, extraData: { filename: "x" }, dispatchTo: [] },
      dispatchMeta: {},
      workers: [],
      pluginsRun: { workers: [], archivers: [] },
      extractedFrom: null,
      extractedBy: null,
    },
    text: "data",
    request: { archivePayloads: true, source: "mail", extraData: { k: [1] } },
  });
});
