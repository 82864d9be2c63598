import assert from "node:assert/strict";
import { responseFromJson, StoqResponse } from "../../mod.ts";
import { first, firstPass, item, only, openStoq, puppet, sharedStoq } from "./support.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const stoq = sharedStoq();

/** Keys of an object that came out of `JSON.parse`, in order. */
function keys(value: unknown): string[] {
  return Object.keys(value as object);
}

Deno.test("a response has the documented keys in the documented order, at every level", async () => {
  await using stoq = openStoq({ destArchivers: ["shelf"], decorators: ["summary"] });
  const response = await stoq.scan(puppet({ results: { found: 1 }, extracted: [item("inner")] }), {
    payloadMeta: { extraData: { filename: "bad.exe" } },
    addStartDispatch: ["puppet", "size"],
  });
  const json = JSON.parse(String(response));
  assert.deepEqual(keys(json), ["time", "results", "request_meta", "errors", "decorators", "scan_id"]);
  assert.equal(json.results.length, 2);
  for (const result of json.results) {
    assert.deepEqual(keys(result), [
      "payload_id",
      "size",
      "payload_meta",
      "workers",
      "archivers",
      "plugins_run",
      "extracted_from",
      "extracted_by",
    ]);
    assert.deepEqual(keys(result.payload_meta), ["should_archive", "extra_data", "dispatch_to"]);
    assert.deepEqual(keys(result.plugins_run), ["workers", "archivers"]);
  }
  assert.deepEqual(keys(json.request_meta), ["archive_payloads", "source", "extra_data"]);
  assert.deepEqual(keys(json.results[0].workers[0]), ["puppet", "size"]);
  assert.deepEqual(keys(json.decorators), ["summary"]);
});

Deno.test("the first example of the documentation comes out value by value", async () => {
  const response = await stoq.scan("data\n", {
    payloadMeta: { extraData: { filename: "bad.exe" } },
    addStartDispatch: ["hash"],
  });
  const { time, scan_id, results: [result], ...rest } = JSON.parse(String(response));
  const { payload_id, workers, ...described } = result;
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  assert.match(scan_id, UUID);
  assert.match(payload_id, UUID);
  assert.notEqual(scan_id, payload_id);
  assert.deepEqual(keys(workers[0].hash).slice(0, 3), ["sha256", "md5", "sha1"]);
  assert.deepEqual(described, {
    size: 5,
    payload_meta: { should_archive: true, extra_data: { filename: "bad.exe" }, dispatch_to: [] },
    archivers: {},
    plugins_run: { workers: [["hash"]], archivers: [] },
    extracted_from: null,
    extracted_by: null,
  });
  assert.deepEqual(rest, {
    request_meta: { archive_payloads: true, source: null, extra_data: {} },
    errors: {},
    decorators: {},
  });
});

Deno.test("the text of a response is indented by four spaces, or in one line", async () => {
  const response = await stoq.scan("data");
  assert.match(String(response), /^\{\n {4}"time": "[^"]+",\n {4}"results": \[\n {8}\{\n {12}"payload_id"/);
  assert.equal(response.toString(0).includes("\n"), false);
  assert.deepEqual(JSON.parse(response.toString(0)), JSON.parse(String(response)));
  assert.equal(JSON.stringify(response), response.toString(0));
});

Deno.test("a scan without any plugin gives one result with one empty pass", async () => {
  const { results, errors } = await stoq.scan("data");
  assert.deepEqual(only(results).workers, [{}]);
  assert.deepEqual(only(results).pluginsRun, { workers: [[]], archivers: [] });
  assert.deepEqual(errors, {});
});

Deno.test("metadata of payload and request is camelCase in TypeScript and snake_case in JSON", async () => {
  const response = await stoq.scan("data", {
    payloadMeta: { shouldArchive: false, dispatchTo: ["size"], extraData: { someKey: 1 } },
    requestMeta: { archivePayloads: false, source: "my_mail", extraData: { server: "mail-server-01", postfix: true } },
  });
  assert.equal(only(response.results).payloadMeta.shouldArchive, false);
  assert.equal(response.requestMeta.archivePayloads, false);
  const json = JSON.parse(String(response));
  assert.deepEqual(json.results[0].payload_meta, {
    should_archive: false,
    extra_data: { someKey: 1 },
    dispatch_to: ["size"],
  });
  assert.deepEqual(json.request_meta, {
    archive_payloads: false,
    source: "my_mail",
    extra_data: { server: "mail-server-01", postfix: true },
  });
});

Deno.test("keys inside results, extra data and decorators are the plugins' own: never converted", async () => {
  const results = { camelCase: 1, snake_case: 2, "with space": 3, Upper: 4 };
  const response = await stoq.scan(puppet({ results }), { addStartDispatch: ["puppet"] });
  assert.deepEqual(JSON.parse(String(response)).results[0].workers[0].puppet, results);
});

Deno.test("the order of keys is the order in which plugins were named, not the alphabet's", async () => {
  for (const names of [["text", "size", "puppet"], ["puppet", "text", "size"], ["size", "puppet", "text"]]) {
    const { results } = await stoq.scan(puppet({ results: 1 }), { addStartDispatch: names });
    assert.deepEqual(Object.keys(firstPass(only(results))), names);
    assert.deepEqual(only(results).pluginsRun.workers, [names]);
  }
});

Deno.test("a repeat of the same bytes shows the documented metadata and where it came from", async () => {
  const response = await stoq.scan(
    puppet({ extracted: [item("twin", { extraData: { n: 1 } }), item("twin", { extraData: { n: 2 } })] }),
    { addStartDispatch: ["puppet"] },
  );
  const json = JSON.parse(String(response));
  assert.deepEqual(keys(json.results[1]).at(-1), "duplicates");
  assert.deepEqual(json.results[1].duplicates, [{
    extracted_from: json.results[0].payload_id,
    extracted_by: "puppet",
    payload_meta: { should_archive: true, extra_data: { n: 2 }, dispatch_to: [] },
  }]);
});

Deno.test("should_scan appears only where it is false", async () => {
  const scanned = JSON.parse(String(await stoq.scan("data")));
  const recorded = JSON.parse(String(await stoq.scan("data", { payloadMeta: { shouldScan: false } })));
  assert.equal("should_scan" in scanned.results[0].payload_meta, false);
  assert.deepEqual(keys(recorded.results[0].payload_meta), [
    "should_archive",
    "extra_data",
    "dispatch_to",
    "should_scan",
  ]);
});

Deno.test("a response comes back from its JSON the same", async () => {
  const response = await stoq.scan(
    puppet({ results: { a: [1, null, "ü"] }, errors: ["an error"], extracted: [item("x"), item("x")] }),
    { addStartDispatch: ["puppet"], payloadMeta: { shouldArchive: false } },
  );
  const back = new StoqResponse(responseFromJson(JSON.parse(String(response))));
  assert.equal(String(back), String(response));
  assert.deepEqual({ ...back }, { ...response });
  assert.equal(first(back.results).payloadMeta.shouldArchive, false);
});

Deno.test("two scans of the same input give the same JSON but for time and UUIDs", async () => {
  const again = { dispatchTo: ["text", "throws", "puppet", "size"] };
  const payload = puppet({
    extracted: [item("b", again), item(puppet({ extracted: [item("c")] }), again), item("b", again)],
  });
  const texts = [];
  for (let n = 0; n < 2; n++) {
    const ids = new Map<string, string>();
    const text = String(await stoq.scan(payload, { addStartDispatch: ["puppet", "size", "throws", "text"] }));
    texts.push(
      text.replace(/"time": "[^"]*"/, "").replace(
        /[0-9a-f]{8}-[0-9a-f-]{27}/g,
        (id) => ids.get(id) ?? (ids.set(id, `#${ids.size}`), `#${ids.size}`),
      ),
    );
  }
  assert.equal(texts[0], texts[1]);
});
