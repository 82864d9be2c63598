import assert from "node:assert/strict";
import { firstPass, item, only, openStoq, puppet, sharedStoq, tempFolder } from "./support.ts";

Deno.test("an original larger than max_payload_size is recorded, not scanned, and that is said", async () => {
  await using stoq = openStoq({ maxPayloadSize: 4, alwaysDispatch: ["size"], destArchivers: ["shelf"] });
  const fits = await stoq.scan("1234");
  assert.deepEqual(fits.errors, {});
  assert.deepEqual(firstPass(only(fits.results)), { size: { size: 4 } });
  const { results, errors } = await stoq.scan("12345");
  const { payloadId, size, workers, pluginsRun } = only(results);
  assert.equal(size, 5);
  assert.deepEqual(workers, []);
  assert.deepEqual(pluginsRun.workers, []);
  assert.deepEqual(errors, {
    stoq: [
      `max_payload_size = 4: payload ${payloadId} of 5 bytes was not scanned: ` +
      "raise the limit in [core] of stoq.cfg to scan it",
    ],
  });
});

/** Scans a payload with three in it, of 10, 20 and 30 bytes. @returns The sizes that were scanned, and what was said. */
async function scanThree(options: Parameters<typeof openStoq>[0]) {
  await using stoq = openStoq({ alwaysDispatch: ["puppet"], ...options });
  const texts = [10, 20, 30].map((size) => item("x".repeat(size)));
  const { results, errors } = await stoq.scan(puppet({ extracted: texts }));
  assert.deepEqual(Object.keys(errors), errors["stoq"] ? ["stoq"] : []);
  return { sizes: results.slice(1).map(({ size }) => size), said: errors["stoq"] ?? [], root: results[0]?.payloadId };
}

Deno.test("what max_extracted_payloads cuts off is said: how many, how large, from where, and the remedy", async () => {
  const { sizes, said, root } = await scanThree({ maxExtractedPayloads: 1 });
  assert.deepEqual(sizes, [10]);
  assert.deepEqual(said, [
    `max_extracted_payloads = 1: 2 extracted payloads (50 bytes) were not scanned, the first from payload ${root} ` +
    'by "puppet": raise the limit in [core] of stoq.cfg to scan them',
  ]);
  assert.deepEqual((await scanThree({ maxExtractedPayloads: 3 })).said, []);
});

Deno.test("what max_extracted_bytes cuts off is said; smaller ones after it still fit", async () => {
  const { sizes, said } = await scanThree({ maxExtractedBytes: 40 });
  assert.deepEqual(sizes, [10, 20]);
  assert.match(only(said), /^max_extracted_bytes = 40: 1 extracted payloads? \(30 bytes\) /);
});

Deno.test("what max_payload_size cuts off of the extracted ones is said", async () => {
  await using stoq = openStoq({ alwaysDispatch: ["puppet"], maxPayloadSize: 60 });
  const { results, errors } = await stoq.scan('{"extracted": [{"zeros": 61}, {"zeros": 60}]}');
  assert.deepEqual(results.map(({ size }) => size).slice(1), [60]);
  assert.match(only(errors["stoq"] ?? []), /^max_payload_size = 60: 1 extracted payloads? \(61 bytes\) /);
});

Deno.test("several limits are each said once", async () => {
  const { sizes, said } = await scanThree({ maxExtractedPayloads: 2, maxExtractedBytes: 15 });
  assert.deepEqual(sizes, [10]);
  assert.match(only(said), /^max_extracted_bytes = 15: 2 /);
});

Deno.test("scan_timeout ends a call that is under way and says it; other results are complete", async () => {
  await using stoq = openStoq({ scanTimeout: 1, alwaysDispatch: ["size", "waits_long"] });
  for (const name of stoq.config.plugins.alwaysDispatch) await stoq.loadPlugin(name);
  const { results, errors } = await stoq.scan("wait forever");
  const { payloadId } = only(results);
  assert.deepEqual(firstPass(only(results)), { size: { size: 12 } });
  assert.match(only(errors["waits_long"] ?? []), new RegExp(`^scan timed out for payload ${payloadId}: `));
});

Deno.test("payloads that scan_timeout leaves over are said to be", async () => {
  await using stoq = openStoq({ scanTimeout: 1, alwaysDispatch: ["puppet"] });
  for (const name of ["puppet", "waits_long"]) await stoq.loadPlugin(name);
  const { results, errors } = await stoq.scan(
    `{"extracted": [{"text": "a"}, {"text": "bb"}], "wait forever": 1}`,
    { addStartDispatch: ["waits_long"] },
  );
  assert.equal(results.length, 1);
  assert.match(
    only(errors["stoq"] ?? []),
    /^scan_timeout of 1 s was reached after 1 payloads?: 2 more were not scanned/,
  );
});

/** Each plugin in a process, which is what a timeout ends. */
const stoq = sharedStoq({ alwaysDispatch: ["size"], pluginLimits: {} });

Deno.test("a plugin that loops forever is ended by its timeout; the rest is complete, and the next scan works", async () => {
  const { results, errors } = await stoq.scan("loop forever", { addStartDispatch: ["loops", "text"] });
  const { payloadId, pluginsRun } = only(results);
  assert.deepEqual(pluginsRun.workers, [["loops", "text", "size"]]);
  assert.deepEqual(firstPass(only(results)), { text: "loop forever", size: { size: 12 } });
  assert.deepEqual(Object.keys(errors), ["loops"]);
  const message = only(errors["loops"] ?? []);
  assert.match(message, new RegExp(`^scan timed out for payload ${payloadId}: took longer than the limit of 2 s`));
  assert.match(message, /SHA-256 [0-9a-f]{64}, 12 bytes/);
  const next = await stoq.scan("data", { addStartDispatch: ["loops"] });
  assert.deepEqual(next.errors, {});
  assert.deepEqual(firstPass(only(next.results))["loops"], { ended: true });
});

Deno.test("a timeout in the manifest holds for every call; the next payload is scanned all the same", async () => {
  const { results, errors } = await stoq.scan(
    puppet({ extracted: [item("wait forever", { dispatchTo: ["waits"] }), item("no", { dispatchTo: ["waits"] })] }),
    { addStartDispatch: ["puppet"] },
  );
  assert.match(only(errors["waits"] ?? []), /took longer than the limit of 1\.5 s/);
  assert.deepEqual(results.map(({ workers }) => workers[0]?.["waits"]), [undefined, undefined, { ended: true }]);
});

Deno.test("[limits.NAME] of stoq.cfg is over the manifest's [limits]", async () => {
  await using home = await tempFolder({ "stoq.cfg": "[limits.waits_long]\ntimeout = 1.5 ; seconds\n" });
  await using stoq = openStoq({ baseDir: home.path, pluginLimits: {} });
  const { errors } = await stoq.scan("wait forever", { addStartDispatch: ["waits_long"] });
  assert.match(only(errors["waits_long"] ?? []), /took longer than the limit of 1\.5 s/);
});
