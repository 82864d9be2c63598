/**
 * What every plugin that has a queue must do, whatever the service: the suite that each of them runs.
 *
 * @module
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { LogLevel, ProviderItem } from "../../plugin.ts";
import { openPlugin } from "../../testing.ts";
import { freePort, Proxy, response, type Service, take, testsWith, textOf, until } from "./testing_services.ts";

/** A queue on a real server, under names that nobody else has; gone when disposed. */
export interface TestQueue extends AsyncDisposable {
  /** Options with which the plugin uses it. */
  readonly options: Record<string, unknown>;
  /** Puts messages into it. */
  put(...bodies: (string | Uint8Array)[]): Promise<void>;
  /** How many messages there are, once no consumer has any. */
  count(): Promise<number>;
  /** What was saved as results. */
  results(): Promise<string[]>;
  /** What is among the dead letters. */
  dead(): Promise<string[]>;
}

/** How a plugin is tested. */
export interface QueueSuite {
  readonly plugin: string;
  readonly service: Service;
  /** Name of the service in errors. */
  readonly name: string;
  /** Name of the option for the port. */
  readonly portOption: string;
  /** Bytes of a message that the server takes as it comes. */
  readonly large: number;
  make(): Promise<TestQueue>;
}

/** Registers the tests. */
export async function testQueue({ plugin, service, name, portOption, large, make }: QueueSuite): Promise<void> {
  const test = await testsWith(service);
  const open = (options: Record<string, unknown>, log: string[] = []) =>
    openPlugin(plugin, { options, log: (level: LogLevel, message: string) => log.push(`${level} ${message}`) });
  const iterate = (provider: { ingest(): AsyncIterable<ProviderItem> }) => provider.ingest()[Symbol.asyncIterator]();

  test("payloads come in order, and what is acknowledged is gone", async () => {
    await using queue = await make();
    await queue.put("one", "two", "", "three");
    {
      await using provider = await open(queue.options);
      const items = await take(iterate(provider), 4);
      assert.deepEqual(items.map(textOf), ["one", "two", "", "three"]);
      for (const item of items) await item.acknowledge?.();
    }
    assert.equal(await queue.count(), 0);
  });

  test("what is not acknowledged comes again, to the next consumer", async () => {
    await using queue = await make();
    await queue.put("one", "two", "three", "four");
    {
      await using provider = await open(queue.options);
      const [, second] = await take(iterate(provider), 3);
      await second?.acknowledge?.();
    }
    await until("three are left", async () => await queue.count() === 3);
    await using next = await open(queue.options);
    const items = await take(iterate(next), 3);
    assert.deepEqual(items.map(textOf).sort(), ["four", "one", "three"]);
  });

  test("two consumers share the messages", async () => {
    await using queue = await make();
    const bodies = Array.from({ length: 40 }, (_, i) => String(i));
    await queue.put(...bodies);
    await using one = await open({ ...queue.options, prefetch: 1 });
    await using two = await open({ ...queue.options, prefetch: 1 });
    const seen: (string | undefined)[] = [];
    const work = async (items: AsyncIterator<ProviderItem>) => {
      while (seen.length < bodies.length) {
        const { done, value } = await items.next();
        if (done) return;
        seen.push(textOf(value));
        await value.acknowledge?.();
      }
    };
    // The second to finish waits for a message that does not come: closing ends that.
    await Promise.race([one, two].map((provider) => work(iterate(provider)).catch(() => {})));
    await until("all were seen", () => seen.length === bodies.length);
    assert.deepEqual(seen.map(Number).sort((a, b) => a - b), bodies.map(Number));
  });

  test("a large message comes whole", async () => {
    await using queue = await make();
    const body = randomBytes(large);
    await queue.put(body);
    {
      await using provider = await open(queue.options);
      const [item] = await take(iterate(provider), 1);
      assert.ok(body.equals(item!.payload!.content));
      await item?.acknowledge?.();
    }
    assert.equal(await queue.count(), 0);
  });

  test("results are in their queue once save has resolved, also many at once", async () => {
    await using queue = await make();
    await using connector = await open({ ...queue.options, publish_archive: false });
    const ids = Array.from({ length: 50 }, () => crypto.randomUUID());
    await Promise.all(ids.map((scanId) => connector.save(response({ scanId }))));
    const saved = (await queue.results()).map((text) => JSON.parse(text).scan_id);
    assert.deepEqual(saved.sort(), ids.sort());
  });

  test("with publish_archive tasks are saved that a provider brings back", async () => {
    await using queue = await make();
    const log: string[] = [];
    const options = { ...queue.options, publish_archive: true, payload_format: "task" };
    await using both = await open(options, log);
    await both.save(response({}, { filedir: { path: "/data/x" }, s3: { key: "y" }, broken: null }));
    const items = await take(iterate(both), 2);
    assert.deepEqual(items.map(({ task }) => task), [{ filedir: { path: "/data/x" } }, { s3: { key: "y" } }]);
    await both.save(response());
    assert.match(log.at(-1) ?? "", /^warning no payload of scan .* was archived, so nothing was saved/);
  });

  test("a message in JSON brings its metadata along", async () => {
    await using queue = await make();
    await using provider = await open({ ...queue.options, payload_format: "json" });
    await queue.put(JSON.stringify({
      content: btoa("MZ"),
      payload_meta: { extra_data: { filename: "bad.exe" }, dispatch_to: ["pecarve"], should_archive: false },
      request_meta: { source: "mail", extra_data: { id: 7 } },
    }));
    const [item] = await take(iterate(provider), 1);
    assert.equal(textOf(item), "MZ");
    assert.deepEqual(item?.payload?.payloadMeta, {
      shouldArchive: false,
      shouldScan: true,
      extraData: { filename: "bad.exe" },
      dispatchTo: ["pecarve"],
    });
    assert.deepEqual(item?.request, { source: "mail", extraData: { id: 7 } });
  });

  test("a message that cannot be understood goes to the dead letters, and the next one comes", async () => {
    await using queue = await make();
    const log: string[] = [];
    {
      await using provider = await open({ ...queue.options, payload_format: "task" }, log);
      await queue.put("no JSON", `{"filedir": {"path": "x"}}`);
      const [item] = await take(iterate(provider), 1);
      assert.deepEqual(item?.task, { filedir: { path: "x" } });
      await item?.acknowledge?.();
    }
    assert.deepEqual(await queue.dead(), ["no JSON"]);
    assert.equal(await queue.count(), 0);
    assert.match(
      log.filter((line) => line.startsWith("error")).join("\n"),
      /^error moved a message of 7 bytes .*not JSON/,
    );
  });

  test("a connection that is cut is opened again, and no message is lost", async () => {
    await using queue = await make();
    await using proxy = new Proxy(service.port);
    const log: string[] = [];
    {
      await using plugin = await open({ ...queue.options, [portOption]: proxy.port, publish_archive: false }, log);
      await queue.put("one", "two", "three", "four");
      const items = iterate(plugin);
      const [first] = await take(items, 2);
      await first?.acknowledge?.();
      await plugin.save(response({ scanId: "before" }));
      proxy.cut();
      await plugin.save(response({ scanId: "after" }));
      await queue.put("five");
      const seen = new Set<string | undefined>();
      while (!["three", "four", "five"].every((text) => seen.has(text))) {
        const [item] = await take(items, 1);
        seen.add(textOf(item));
        await item?.acknowledge?.();
      }
      assert.ok(!seen.has("one"));
    }
    // "two" was never acknowledged, unless it came again meanwhile.
    await until("at most one is left", async () => await queue.count() <= 1);
    assert.deepEqual((await queue.results()).map((text) => JSON.parse(text).scan_id), ["before", "after"]);
    assert.match(
      log.join("\n"),
      new RegExp(`warning Lost ${name} at 127\\.0\\.0\\.1:${proxy.port}: .*: trying again in`),
    );
  });

  test("a server that is away for a while is waited for", async () => {
    await using queue = await make();
    await using proxy = new Proxy(service.port);
    const log: string[] = [];
    await using plugin = await open({ ...queue.options, [portOption]: proxy.port, publish_archive: false }, log);
    const items = iterate(plugin);
    await queue.put("one");
    await take(items, 1);
    await plugin.save(response({ scanId: "before" }));
    proxy.down();
    const next = take(items, 1);
    const saved = plugin.save(response({ scanId: "after" }));
    await until(
      "both have tried in vain",
      () =>
        log.some((line) => line.startsWith("debug Cannot reach")) &&
        log.some((line) => line.startsWith("warning Cannot reach")),
    );
    proxy.up();
    await saved;
    await queue.put("two");
    const texts = [...(await next).map(textOf)];
    while (!texts.includes("two")) texts.push(...(await take(items, 1)).map(textOf));
    assert.deepEqual((await queue.results()).length, 2);
    assert.match(log.join("\n"), /info connected again/);
  });

  test("a server that is not there is an error of one line, of every method", async () => {
    await using queue = await make();
    const port = freePort();
    await using plugin = await open({ ...queue.options, [portOption]: port, publish_archive: false });
    const message = new RegExp(
      `^ConnectionError: Cannot reach ${name} at 127\\.0\\.0\\.1:${port}: connection refused: check .*${portOption}[^\\n]*$`,
    );
    await assert.rejects(take(iterate(plugin), 1), { message });
    await assert.rejects(plugin.save(response()), { message });
    await assert.rejects(plugin.archive("x"), { message });
  });

  test("closing ends a provider that waits, and gives back what it holds", async () => {
    await using queue = await make();
    const log: string[] = [];
    const provider = await open(queue.options, log);
    const items = iterate(provider);
    await queue.put("one", "two");
    await take(items, 2);
    const waiting = items.next().catch((error: Error) => error.message);
    await provider[Symbol.asyncDispose]();
    assert.match(String(await waiting), /sandbox was closed/);
    await until("both are back", async () => await queue.count() === 2);
    assert.deepEqual(log.filter((line) => !line.startsWith("info waiting for messages")), []);
    await using next = await open(queue.options);
    assert.deepEqual((await take(iterate(next), 2)).map(textOf).sort(), ["one", "two"]);
  });
}
