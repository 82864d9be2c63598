import assert from "node:assert/strict";
import { firstPass, item, openStoq, puppet, tempFolder } from "./support.ts";

/** A response's JSON without what differs from scan to scan: time and UUIDs, which become numbers. */
function comparable(response: { toString(): string }): string {
  const ids = new Map<string, number>();
  return String(response).replace(/"time": "[^"]*"/, "").replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, (id) => {
    if (!ids.has(id)) ids.set(id, ids.size);
    return `#${ids.get(id)}`;
  });
}

Deno.test("a scan gives the same JSON in Workers of the core and in processes", async () => {
  const payload = puppet({
    results: { found: [1, null] },
    errors: ["e"],
    extracted: [item("a"), item("b", { dispatchTo: ["throws"] }), item("a")],
  });
  const texts: string[] = [];
  for (const isolation of ["worker", "process"]) {
    const names = ["puppet", "throws", "shelf", "summary", "router", "planner"];
    await using stoq = openStoq({
      alwaysDispatch: ["puppet", "hash"],
      dispatchers: ["router"],
      deepDispatchers: ["planner"],
      destArchivers: ["shelf"],
      decorators: ["summary"],
      pluginLimits: Object.fromEntries(names.map((name) => [name, { isolation }])),
    });
    texts.push(comparable(await stoq.scan(payload, { addStartDispatch: ["throws", "no_such_worker"] })));
  }
  assert.equal(texts[0], texts[1]);
});

Deno.test("a plugin of others with isolation = shared in stoq.cfg runs, and disturbs no built-in one", async () => {
  await using home = await tempFolder({ "stoq.cfg": "[limits.size]\nisolation = shared\n" });
  await using stoq = openStoq({ baseDir: home.path, pluginLimits: {}, scanTimeout: 30 });
  const { results, errors } = await stoq.scan("data", { addStartDispatch: ["hash", "size"] });
  assert.deepEqual(errors, {});
  assert.deepEqual(Object.keys(firstPass(results[0]!)), ["hash", "size"]);
});
