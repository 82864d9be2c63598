import assert from "node:assert/strict";
import { Payload } from "../../mod.ts";
import { item, only, openStoq, puppet, sharedStoq } from "./support.ts";

const stoq = sharedStoq({ destArchivers: ["shelf"], dispatchers: ["router"], alwaysDispatch: ["puppet"] });

Deno.test("a payload is archived when request and payload both allow it", async () => {
  for (const archivePayloads of [true, false]) {
    for (const shouldArchive of [true, false]) {
      const { results, errors } = await stoq.scan("data", {
        requestMeta: { archivePayloads },
        payloadMeta: { shouldArchive },
      });
      const { payloadId, archivers, pluginsRun } = only(results);
      const archived = archivePayloads && shouldArchive;
      assert.deepEqual(archivers, archived ? { shelf: { place: payloadId } } : {});
      assert.deepEqual(pluginsRun.archivers, archived ? ["shelf"] : []);
      assert.deepEqual(errors, {});
    }
  }
});

Deno.test("extracted payloads are archived as their extractor says", async () => {
  const { results } = await stoq.scan(puppet({ extracted: [item("keep"), item("drop", { shouldArchive: false })] }));
  assert.deepEqual(results.map(({ pluginsRun }) => pluginsRun.archivers), [["shelf"], ["shelf"], []]);
});

Deno.test("a dispatcher overrides whether a payload is archived, both ways", async () => {
  const says = (shouldArchive: unknown) => ({ extraData: { router: { shouldArchive } } });
  const no = await stoq.scan("data", { payloadMeta: says(false) });
  assert.deepEqual(only(no.results).pluginsRun.archivers, []);
  assert.equal(JSON.parse(String(no)).results[0].payload_meta.should_archive, false);
  const yes = await stoq.scan("data", { payloadMeta: { ...says(true), shouldArchive: false } });
  assert.deepEqual(only(yes.results).pluginsRun.archivers, ["shelf"]);
  const forbidden = await stoq.scan("data", { payloadMeta: says(true), requestMeta: { archivePayloads: false } });
  assert.deepEqual(only(forbidden.results).pluginsRun.archivers, []);
  const odd = await stoq.scan("data", { payloadMeta: says("no") });
  assert.deepEqual(only(odd.results).pluginsRun.archivers, ["shelf"]);
});

Deno.test("a payload that is not to be scanned is archived all the same", async () => {
  const { results } = await stoq.scan("data", { payloadMeta: { shouldScan: false } });
  assert.deepEqual(only(results).pluginsRun, { workers: [], archivers: ["shelf"] });
});

Deno.test("archivers are told of the payload, its results and the request", async () => {
  await using stoq = openStoq({ destArchivers: ["witness"], alwaysDispatch: ["size"] });
  const { results } = await stoq.scan("data", { requestMeta: { source: "mail" } });
  const { payload, text, request } = only(results).archivers["witness"] as Record<string, Record<string, unknown>>;
  assert.equal(text, "data");
  assert.equal(payload?.["payloadId"], only(results).payloadId);
  assert.deepEqual(payload?.["workers"], [{ size: { size: 4 } }]);
  assert.equal(request?.["source"], "mail");
});

Deno.test("archivers all get the payload, in the order in which they are configured", async () => {
  await using stoq = openStoq({ destArchivers: ["witness", "shelf", "multiclass"] });
  const { results } = await stoq.scan("data");
  assert.deepEqual(only(results).pluginsRun.archivers, ["witness", "shelf", "multiclass"]);
  assert.deepEqual(Object.keys(only(results).archivers), ["witness", "shelf", "multiclass"]);
});

Deno.test("what archive returned brings the payload back through get", async () => {
  await using stoq = openStoq();
  const shelf = await stoq.loadPlugin("shelf");
  const payload = new Payload(new TextEncoder().encode("this is going to be saved"));
  const answer = await shelf.archive(payload);
  assert.deepEqual(answer, { results: { place: payload.payloadId }, errors: [] });
  const back = await shelf.get(answer);
  assert.equal(new TextDecoder().decode(back?.content), "this is going to be saved");
  assert.deepEqual(back?.payloadMeta.extraData, { place: payload.payloadId });
  assert.equal(await shelf.get({ results: { place: "nowhere" } }), null);
});
