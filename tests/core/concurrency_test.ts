import assert from "node:assert/strict";
import type { StoqResponse } from "../../mod.ts";
import { item, only, openStoq, puppet } from "./support.ts";

/** A worker that has begun, and waits for its answer. */
interface Waiting {
  readonly name: string;
  release(answer: string): Promise<void>;
}

/** The other end of the workers `meet_a` and `meet_b`: they wait until this answers. */
function meetingPoint() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const next = async (): Promise<Waiting> => {
    const connection = await listener.accept();
    const name = new Uint8Array(64);
    const length = await connection.read(name) ?? 0;
    return {
      name: new TextDecoder().decode(name.subarray(0, length)),
      async release(answer) {
        await connection.write(new TextEncoder().encode(answer));
        connection.close();
      },
    };
  };
  return {
    address: `127.0.0.1:${listener.addr.port}`,
    /** Waits until two workers have begun; rejects if a scan ends before. */
    async both(scans: readonly Promise<StoqResponse>[]): Promise<Waiting[]> {
      const tooEarly = Promise.race(scans).then(({ errors }) => {
        throw new Error(`a scan ended before both workers had begun: ${JSON.stringify(errors)}`);
      });
      // Once both have begun, nobody awaits this any more.
      tooEarly.catch(() => {});
      const inTurn = async () => [await next(), await next()];
      return await Promise.race([inTurn(), tooEarly]);
    },
    [Symbol.dispose]: () => listener.close(),
  };
}

/** A Stoq whose workers `meet_a` and `meet_b` wait for the meeting point. */
function openWith(address: string) {
  return openStoq({ pluginOpts: { meet_a: { address }, meet_b: { address } } });
}

Deno.test("workers of one pass run at the same time, and don't see each other's results", async () => {
  using point = meetingPoint();
  await using stoq = openWith(point.address);
  const scan = stoq.scan("data", { addStartDispatch: ["meet_a", "meet_b"] });
  // Both are waiting here: were they run one after the other, the second would never come.
  const both = await point.both([scan]);
  assert.deepEqual(both.map(({ name }) => name).sort(), ["meet_a", "meet_b"]);
  for (const { name, release } of both) await release(`hello ${name}`);
  const { results, errors } = await scan;
  assert.deepEqual(errors, {});
  assert.deepEqual(only(results).workers, [{
    meet_a: { met: "hello meet_a", saw: [] },
    meet_b: { met: "hello meet_b", saw: [] },
  }]);
});

Deno.test("the order of keys is that of the names, whichever worker finished first", async () => {
  using point = meetingPoint();
  await using stoq = openWith(point.address);
  for (const names of [["meet_a", "meet_b"], ["meet_b", "meet_a"]]) {
    for (const firstDone of names) {
      const scan = stoq.scan("data", { addStartDispatch: [...names, "throws", "no_such_worker"] });
      const both = await point.both([scan]);
      both.sort((a) => a.name === firstDone ? -1 : 1);
      for (const { release } of both) await release("go");
      const { results, errors } = await scan;
      assert.deepEqual(Object.keys(only(results).workers[0] ?? {}), names);
      assert.deepEqual(only(results).pluginsRun.workers, [[...names, "throws"]]);
      assert.deepEqual(Object.keys(errors).sort(), ["no_such_worker", "throws"]);
    }
  }
});

Deno.test("payloads of one round are scanned at the same time, and come in the order of extraction", async () => {
  using point = meetingPoint();
  await using stoq = openWith(point.address);
  const scan = stoq.scan(
    puppet({ extracted: [item("1", { dispatchTo: ["meet_a"] }), item("22", { dispatchTo: ["meet_b"] })] }),
    { addStartDispatch: ["puppet"] },
  );
  const both = await point.both([scan]);
  // The second payload's worker is let go first.
  both.sort(({ name }) => name === "meet_b" ? -1 : 1);
  for (const { name, release } of both) await release(name);
  const { results, errors } = await scan;
  assert.deepEqual(errors, {});
  assert.deepEqual(results.slice(1).map(({ size, workers }) => [size, Object.keys(workers[0] ?? {})]), [
    [1, ["meet_a"]],
    [2, ["meet_b"]],
  ]);
});

Deno.test("scans of one Stoq run at the same time, each with its own response", async () => {
  using point = meetingPoint();
  await using stoq = openWith(point.address);
  const scans = ["meet_a", "meet_b"].map((name) => stoq.scan(name, { addStartDispatch: [name, "text"] }));
  const both = await point.both(scans);
  for (const { name, release } of both.reverse()) await release(name);
  const responses = await Promise.all(scans);
  assert.deepEqual(responses.map(({ results }) => only(results).workers[0]?.["text"]), ["meet_a", "meet_b"]);
});
