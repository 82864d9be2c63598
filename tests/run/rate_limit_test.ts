import assert from "node:assert/strict";
import { RateLimit } from "../../core/rate_limit.ts";
import { StoqConfigError } from "../../mod.ts";
import { Home } from "./support.ts";

Deno.test("a ratelimit of another form than count/seconds is refused, with the form", async (t) => {
  for (const limit of ["", "10", "10/", "/1", "0/1", "1/0", "-1/1", "1/-1", "1.5/1", "a/b", "1/1/1", "1 per 2"]) {
    await t.step(JSON.stringify(limit), async () => {
      await assert.rejects(
        new RateLimit().turn(limit),
        new StoqConfigError(`Cannot use ratelimit "${limit}": it must be count/seconds, such as 10/1`),
      );
    });
  }
});

Deno.test("spaces around the numbers of a ratelimit do no harm", async () => {
  await new RateLimit().turn(" 10 / 1 ");
});

Deno.test("calls get their turn in the order in which they asked", async () => {
  const limit = new RateLimit();
  const order: number[] = [];
  await Promise.all(Array.from({ length: 20 }, (_, i) => limit.turn("1000/1").then(() => order.push(i))));
  assert.deepEqual(order, Array.from({ length: 20 }, (_, i) => i));
});

Deno.test("calls without a limit do not wait for those with one", async () => {
  const limit = new RateLimit();
  await limit.turn("1/86400");
  // The next with a limit would wait for a day.
  await limit.turn(undefined);
});

Deno.test("scans with a ratelimit are all done; a wrong one is said before anything is scanned", async () => {
  await using home = new Home();
  await using stoq = home.open({ alwaysDispatch: ["hash"] });
  const responses = await Promise.all(["a", "b", "c"].map((text) => stoq.scan(text, { ratelimit: "1000/1" })));
  assert.deepEqual(responses.map(({ results }) => results.length), [1, 1, 1]);
  await assert.rejects(stoq.scan("a", { ratelimit: "often" }), /Cannot use ratelimit "often"/);
});
