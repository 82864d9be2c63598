import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import type { ProviderItem } from "../../plugin.ts";
import { openPlugin } from "../../testing.ts";
import { type TestQueue, testQueue } from "../lib/testing_queue.ts";
import { needs, response, Server, take, testsWith, textOf, until } from "../lib/testing_services.ts";

const service = { name: "Redis", port: 6379 };

/** A client for the tests, and the names of one test. */
class RedisTestQueue implements TestQueue {
  readonly name = `stoq-test-${crypto.randomUUID()}`;
  readonly redis: Redis;
  readonly options: Record<string, unknown>;

  constructor(port: number = service.port) {
    this.redis = new Redis({ port, lazyConnect: true });
    this.redis.on("error", () => {}); // It connects again.
    this.options = {
      redis_port: port,
      redis_queue: this.name,
      redis_results_queue: `${this.name}-results`,
      dead_letter_queue: `${this.name}-dead`,
      archive_prefix: `${this.name}-payload:`,
      payload_format: "raw",
    };
  }

  async put(...bodies: (string | Uint8Array)[]): Promise<void> {
    await this.redis.rpush(this.name, ...bodies.map((body) => Buffer.from(body)));
  }

  count(): Promise<number> {
    return this.redis.llen(this.name);
  }

  results(): Promise<string[]> {
    return this.redis.lrange(`${this.name}-results`, 0, -1);
  }

  dead(): Promise<string[]> {
    return this.redis.lrange(`${this.name}-dead`, 0, -1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const key of await this.redis.keys(`${this.name}*`)) await this.redis.del(key);
    this.redis.disconnect();
  }
}

await testQueue({
  plugin: "redis-queue",
  service,
  name: "Redis",
  portOption: "redis_port",
  large: 10_000_000,
  make: () => Promise.resolve(new RedisTestQueue()),
});

const test = await testsWith(service);
const open = (options: Record<string, unknown>, log: string[] = []) =>
  openPlugin("redis-queue", { options, log: (level, message) => log.push(`${level} ${message}`) });
const iterate = (provider: { ingest(): AsyncIterable<ProviderItem> }) => provider.ingest()[Symbol.asyncIterator]();
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

test("a payload is archived under its SHA-256, and loaded again with its metadata", async () => {
  await using queue = new RedisTestQueue();
  await using redis = await open({ ...queue.options, archive_ttl: 600 });
  const bytes = new Uint8Array([0, 0xff, 0x0d, 0x0a]);
  const archived = await redis.archive(bytes, { payloadMeta: { extraData: { filename: "bad.exe" } } });
  assert.equal(archived.results?.["size"], 4);
  const loaded = await redis.get(archived);
  assert.deepEqual(loaded?.content, bytes);
  assert.deepEqual(loaded?.payloadMeta?.extraData, { filename: "bad.exe" });
  const ttl = await queue.redis.ttl(`${queue.name}-payload:${archived.results?.["sha256"]}`);
  assert.ok(ttl > 590 && ttl <= 600);
  assert.deepEqual((await redis.get(await redis.archive("")))?.content, new Uint8Array(0));
});

test("what is not there, is something else, or is no payload of ours, is not loaded", async () => {
  await using queue = new RedisTestQueue();
  await using redis = await open(queue.options);
  await queue.redis.set(`${queue.name}-payload:${sha256("x")}`, "y");
  const load = (value: unknown) => redis.get({ results: { sha256: value } });
  await assert.rejects(load(sha256("z")), /Cannot load ".*-payload:.*" from Redis at 127.0.0.1:6379: it is not there/);
  await assert.rejects(load(sha256("x")), /its bytes have another SHA-256/);
  for (const value of ["../x", "*", "", 7, null, sha256("x").toUpperCase()]) {
    await assert.rejects(load(value), /results\.sha256 of the task is .*, not a SHA-256/);
  }
});

test("one stoQ archives and queues payloads, another scans them", async () => {
  await using queue = new RedisTestQueue();
  await using here = await open(queue.options);
  const { results } = await here.archive("MZ", { payloadMeta: { extraData: { filename: "bad.exe" } } });
  await here.save(response({}, { "redis-queue": results }));
  await using there = await open({ ...queue.options, payload_format: "task" });
  const [item] = await take(iterate(there), 1);
  const loaded = await there.get({ results: item!.task!["redis-queue"]! });
  assert.equal(new TextDecoder().decode(loaded?.content), "MZ");
  assert.deepEqual(loaded?.payloadMeta?.extraData, { filename: "bad.exe" });
});

test("messages of a consumer that died are put back in their order, those of one that lives are not", async () => {
  await using queue = new RedisTestQueue();
  for (const [id, number] of [["dead", 1], ["dead", 2], ["alive", 1]] as const) {
    await queue.redis.sadd(`${queue.name}:consumers`, id);
    await queue.redis.sadd(`${queue.name}:taken:${id}`, number);
    await queue.redis.rpush(`${queue.name}:taken:${id}:${number}`, `${id} ${number}`);
  }
  await queue.redis.set(`${queue.name}:consumer:alive`, "1");
  await queue.put("new");
  const log: string[] = [];
  await using provider = await open({ ...queue.options, lease: 2 }, log);
  const items = iterate(provider);
  assert.deepEqual((await take(items, 3)).map(textOf), ["dead 1", "dead 2", "new"]);
  assert.ok(log.includes(`warning put back 2 messages into "${queue.name}": their consumer is gone`));
  // It dies while we run.
  await queue.redis.del(`${queue.name}:consumer:alive`);
  assert.deepEqual((await take(items, 1)).map(textOf), ["alive 1"]);
  await until("we are the only one", async () => (await queue.redis.smembers(`${queue.name}:consumers`)).length === 1);
});

test("nothing is left of a consumer that closed", async () => {
  await using queue = new RedisTestQueue();
  await queue.put("one", "two");
  {
    await using provider = await open(queue.options);
    const items = iterate(provider);
    const [first] = await take(items, 2);
    await first?.acknowledge?.();
    void items.next().catch(() => {});
    const waiting = /name=stoq .*cmd=blmove/;
    await until("it waits", async () => waiting.test(String(await queue.redis.client("LIST", "TYPE", "NORMAL"))));
  }
  assert.deepEqual(await queue.redis.keys(`${queue.name}*`), [queue.name]);
  assert.deepEqual(await queue.redis.lrange(queue.name, 0, -1), ["two"]);
});

test("connections that the server kills in the middle are opened again", async () => {
  await using queue = new RedisTestQueue();
  await using provider = await open(queue.options);
  const items = iterate(provider);
  await queue.put("one", "two");
  const [one] = await take(items, 1);
  const list = String(await queue.redis.client("LIST"));
  const ours = list.split("\n").filter((line) => line.includes(" name=stoq "));
  for (const line of ours) await queue.redis.client("KILL", "ID", Number(/^id=(\d+)/.exec(line)?.[1]));
  await one?.acknowledge?.();
  const [two] = await take(items, 1);
  assert.equal(textOf(two), "two");
  await two?.acknowledge?.();
  assert.deepEqual(await queue.redis.keys(`${queue.name}:taken:*`), []);
});

test("a message of stoQ 3's archiver brings the payload, and goes with it", async () => {
  await using queue = new RedisTestQueue();
  const id = crypto.randomUUID();
  await queue.redis.set(`${id}_buf`, "MZ");
  await queue.redis.set(`${id}_meta`, `{"extra_data": {"filename": "bad.exe"}, "dispatch_to": []}`);
  await queue.put(id, crypto.randomUUID());
  const log: string[] = [];
  await using provider = await open({ ...queue.options, payload_format: "task" }, log);
  const items = iterate(provider);
  const [item] = await take(items, 1);
  assert.equal(textOf(item), "MZ");
  assert.deepEqual(item?.payload?.payloadMeta?.extraData, { extra_data: { filename: "bad.exe" }, dispatch_to: [] });
  await item?.acknowledge?.();
  assert.equal(await queue.redis.exists(`${id}_buf`, `${id}_meta`), 0);
  void items.next().catch(() => {});
  await until("the other is among the dead letters", async () => (await queue.dead()).length === 1);
});

test("a list that is something else is an error that says so", async () => {
  await using queue = new RedisTestQueue();
  await queue.redis.set(queue.name, "text");
  await using provider = await open(queue.options);
  await assert.rejects(take(iterate(provider), 1), {
    message: /^Error: Cannot take messages of ".*" at Redis at 127\.0\.0\.1:6379: WRONGTYPE [^\n]*$/,
  });
});

const server = (...args: string[]) =>
  new Server((port) => ["redis-server", "--port", `${port}`, "--save", "", ...args]);

Deno.test({
  ...needs("redis-server", "a server that is restarted gives back what was not acknowledged"),
  fn: async () => {
    await using own = await server("--appendonly", "yes", "--appendfsync", "always").start();
    await using queue = new RedisTestQueue(own.port);
    const log: string[] = [];
    await queue.put("one", "two", "three");
    {
      await using plugin = await open({ ...queue.options, publish_archive: false }, log);
      const items = iterate(plugin);
      const [one] = await take(items, 2);
      await one?.acknowledge?.();
      await own.kill();
      const saved = plugin.save(response());
      await own.start();
      await saved;
      assert.deepEqual((await take(items, 1)).map(textOf), ["three"]);
    }
    assert.deepEqual(await queue.redis.lrange(queue.name, 0, -1), ["two", "three"]);
    assert.equal((await queue.results()).length, 1);
  },
});

Deno.test({
  ...needs("redis-server", "a login that the server refuses is an error that says so, and a right one works"),
  fn: async () => {
    await using own = await server("--requirepass", "secret").start();
    const options = { redis_port: own.port };
    const refused = new RegExp(
      `^Error: Redis at 127\\.0\\.0\\.1:${own.port} refused the login: [^\\n]*: check redis_user`,
    );
    await using none = await open(options);
    await assert.rejects(none.archive("x"), { message: refused });
    await using wrong = await open({ ...options, redis_password: "other" });
    await assert.rejects(wrong.archive("x"), { message: refused });
    await using right = await open({ ...options, redis_user: "default", redis_password: "secret" });
    assert.equal((await right.archive("x")).results?.["sha256"], sha256("x"));
    await using other = await open({ ...options, redis_password: "secret", redis_db: 99 });
    await assert.rejects(other.archive("x"), /Redis at .* has no database 99: check redis_db/);
  },
});

Deno.test({
  ...needs("redis-server", "TLS works with the certificate of an authority of one's own"),
  fn: async () => {
    const [cert, key, ca] = ["server.pem", "server.key", "ca.pem"].map((name) =>
      fileURLToPath(import.meta.resolve(`../lib/testdata/tls/${name}`))
    );
    await using own = await new Server((port) => [
      ...["redis-server", "--port", "0", "--tls-port", `${port}`, "--save", "", "--tls-auth-clients", "no"],
      ...["--tls-cert-file", cert!, "--tls-key-file", key!, "--tls-ca-cert-file", ca!],
    ]).start();
    const options = { redis_host: "localhost", redis_port: own.port, redis_tls: true };
    await using trusting = await open({ ...options, redis_ca: ca });
    assert.equal((await trusting.archive("x")).results?.["sha256"], sha256("x"));
    await using strict = await open(options);
    await assert.rejects(strict.archive("x"), /Cannot reach Redis at localhost:\d+: [^\n]*certificate/i);
  },
});
