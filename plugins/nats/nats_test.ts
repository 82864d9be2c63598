import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { AckPolicy, jetstream, type JetStreamManager, jetstreamManager, RetentionPolicy } from "@nats-io/jetstream";
import { connect, headers, type NatsConnection } from "@nats-io/transport-node";
import type { ProviderItem } from "../../plugin.ts";
import { openPlugin } from "../../testing.ts";
import { type TestQueue, testQueue } from "../lib/testing_queue.ts";
import { needs, response, Server, take, testsWith, textOf, until } from "../lib/testing_services.ts";

const service = { name: "NATS", port: 4222 };

/** A connection for the tests, and the names of one test. */
class NatsTestQueue implements TestQueue {
  readonly name = `stoq-test-${crypto.randomUUID()}`;
  readonly options: Record<string, unknown>;

  private constructor(readonly nats: NatsConnection, readonly manager: JetStreamManager, port: number) {
    this.options = {
      nats_port: port,
      stream: this.name,
      subject: `${this.name}.payloads`,
      results_stream: `${this.name}-results`,
      results_subject: `${this.name}.results`,
      dead_letter_stream: `${this.name}-dead`,
      dead_letter_subject: `${this.name}.dead`,
      archive_stream: `${this.name}-archive`,
      archive_subject: `${this.name}.archive`,
    };
  }

  static async make(port: number = service.port): Promise<NatsTestQueue> {
    const nats = await connect({ port });
    const queue = new NatsTestQueue(nats, await jetstreamManager(nats), port);
    const subjects = [`${queue.name}.payloads`];
    await queue.manager.streams.add({ name: queue.name, subjects, retention: RetentionPolicy.Workqueue });
    return queue;
  }

  async put(...bodies: (string | Uint8Array)[]): Promise<void> {
    for (const body of bodies) await this.publish(body);
  }

  async publish(body: string | Uint8Array, values: Record<string, string> = {}): Promise<void> {
    const all = headers();
    for (const [name, value] of Object.entries(values)) all.set(name, value);
    await jetstream(this.nats).publish(`${this.name}.payloads`, body, { headers: all });
  }

  async count(): Promise<number> {
    return (await this.manager.streams.info(this.name)).state.messages;
  }

  results(): Promise<string[]> {
    return this.#read(`${this.name}-results`);
  }

  dead(): Promise<string[]> {
    return this.#read(`${this.name}-dead`);
  }

  async #read(stream: string): Promise<string[]> {
    const { state } = await this.manager.streams.info(stream);
    const texts: string[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
      const message = await this.manager.streams.getMessage(stream, { seq });
      if (message !== null) texts.push(message.string());
    }
    return texts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const suffix of ["", "-results", "-dead", "-archive"]) {
      await this.manager.streams.delete(this.name + suffix).catch(() => {});
    }
    await this.nats.close();
  }
}

await testQueue({
  plugin: "nats",
  service,
  name: "NATS",
  portOption: "nats_port",
  large: 1_000_000,
  make: () => NatsTestQueue.make(),
});

const test = await testsWith(service);
const open = (options: Record<string, unknown>, log: string[] = []) =>
  openPlugin("nats", { options, log: (level, message) => log.push(`${level} ${message}`) });
const iterate = (provider: { ingest(): AsyncIterable<ProviderItem> }) => provider.ingest()[Symbol.asyncIterator]();

test("headers become metadata: ours as they are, others under their names, the server's not", async () => {
  await using queue = await NatsTestQueue.make();
  await queue.publish("MZ", {
    filename: "päth.exe",
    "Nats-Msg-Id": "7",
    "stoq-payload-meta": JSON.stringify({ extra_data: { size: 2 }, dispatch_to: ["pecarve"] }),
    "Stoq-Request-Meta": JSON.stringify({ source: "mail" }),
  });
  await using provider = await open(queue.options);
  const [item] = await take(iterate(provider), 1);
  assert.deepEqual(item?.payload?.payloadMeta, {
    shouldArchive: true,
    shouldScan: true,
    extraData: { filename: "päth.exe", size: 2 },
    dispatchTo: ["pecarve"],
  });
  assert.deepEqual(item?.request, { source: "mail" });
});

test("a payload is archived in a stream, and loaded again with its metadata", async () => {
  await using queue = await NatsTestQueue.make();
  await using nats = await open(queue.options);
  const bytes = new Uint8Array([0, 0xff, 0x0d, 0x0a]);
  await nats.archive("other");
  const archived = await nats.archive(bytes, {
    payloadMeta: { extraData: { filename: "päth\r\n" }, shouldScan: false },
  });
  assert.equal(archived.results?.["stream"], `${queue.name}-archive`);
  assert.equal(archived.results?.["seq"], 2);
  const loaded = await nats.get(archived);
  assert.deepEqual(loaded?.content, bytes);
  assert.deepEqual(loaded?.payloadMeta?.extraData, { filename: "päth\r\n" });
  assert.equal(loaded?.payloadMeta?.shouldScan, false);
  assert.deepEqual((await nats.get(await nats.archive("")))?.content, new Uint8Array(0));
  const load = (changed: Record<string, unknown>) => nats.get({ results: { ...archived.results, ...changed } });
  await assert.rejects(
    load({ seq: 99 }),
    /Cannot load message 99 of stream ".*" from NATS at 127.0.0.1:4222: it is not/,
  );
  await assert.rejects(load({ seq: 1 }), /its bytes have another SHA-256/);
  await assert.rejects(load({ stream: queue.name }), /archive_stream is ".*-archive"/);
  for (const seq of [0, "1", 1.5, null]) await assert.rejects(load({ seq }), /results\.seq of the task is no sequence/);
});

test("a message that is worked on for longer than ack_wait does not come again", async () => {
  await using queue = await NatsTestQueue.make();
  const watched = queue.nats.subscribe(`$JS.ACK.${queue.name}.>`);
  await using provider = await open({ ...queue.options, ack_wait: 0.5 });
  await queue.put("slow", "slow too");
  const items = await take(iterate(provider), 2);
  // Told every half of ack_wait, of each.
  let told = 0;
  for await (const message of watched) if (message.string() === "+WPI" && ++told === 12) break;
  const { num_redelivered, num_ack_pending } = await queue.manager.consumers.info(queue.name, "stoq");
  assert.deepEqual({ num_redelivered, num_ack_pending }, { num_redelivered: 0, num_ack_pending: 2 });
  for (const item of items) await item.acknowledge?.();
  assert.equal(await queue.count(), 0);
});

test("no more messages are held than prefetch says", async () => {
  await using queue = await NatsTestQueue.make();
  await queue.put("1", "2", "3", "4", "5");
  await using provider = await open({ ...queue.options, prefetch: 2 });
  const items = iterate(provider);
  const [first] = await take(items, 2);
  const pending = async () => (await queue.manager.consumers.info(queue.name, "stoq")).num_ack_pending;
  assert.equal(await pending(), 2);
  const third = take(items, 1);
  await first?.acknowledge?.();
  assert.deepEqual((await third).map(textOf), ["3"]);
  assert.equal(await pending(), 2);
});

test("without dead_letter_subject a message that cannot be understood does not come again", async () => {
  await using queue = await NatsTestQueue.make();
  const log: string[] = [];
  const options = { ...queue.options, payload_format: "json", dead_letter_subject: "" };
  await using provider = await open(options, log);
  void iterate(provider).next().catch(() => {});
  await queue.put("{}");
  await until("it is gone", async () => await queue.count() === 0);
  await until("it is in the log", () => log.some((line) => line.startsWith("error")));
  assert.match(log.join("\n"), /^error terminated a message of 2 bytes of subject ".*": the message has no "content"/m);
});

test("a stream and a durable consumer that are there are used as they are", async () => {
  await using queue = await NatsTestQueue.make();
  await queue.manager.consumers.add(queue.name, {
    durable_name: "mine",
    ack_policy: AckPolicy.Explicit,
    ack_wait: 7e9,
    max_deliver: 3,
  });
  await queue.put("one");
  await using provider = await open({ ...queue.options, consumer: "mine" });
  const [item] = await take(iterate(provider), 1);
  await item?.acknowledge?.();
  const { config } = await queue.manager.consumers.info(queue.name, "mine");
  assert.deepEqual([config.ack_wait, config.max_deliver], [7e9, 3]);
});

test("a stream that is deleted meanwhile is made again, by provider and connector", async () => {
  await using queue = await NatsTestQueue.make();
  const log: string[] = [];
  await using plugin = await open(queue.options, log);
  const items = iterate(plugin);
  await queue.put("one");
  await take(items, 1);
  await plugin.save(response());
  await queue.manager.streams.delete(queue.name);
  const next = take(items, 1);
  await until("it is there again", async () => await queue.count().then(() => true, () => false));
  await queue.put("two");
  assert.deepEqual((await next).map(textOf), ["two"]);
  await queue.manager.streams.delete(`${queue.name}-results`);
  await plugin.save(response());
  assert.equal((await queue.results()).length, 1);
  assert.match(log.join("\n"), /^warning Lost NATS at 127\.0\.0\.1:4222: .*: trying again/m);
});

test("results without a stream of their own need one that has the subject", async () => {
  await using queue = await NatsTestQueue.make();
  await using connector = await open({ ...queue.options, results_stream: "" });
  await assert.rejects(connector.save(response()), {
    message:
      /^Error: Cannot publish to ".*\.results" at NATS at 127\.0\.0\.1:4222: no stream has that subject: make one$/,
  });
  await queue.manager.streams.add({ name: `${queue.name}-results`, subjects: [`${queue.name}.results`] });
  await connector.save(response());
  await connector.save(response());
  assert.equal((await queue.results()).length, 1, "a result that is saved twice is kept once");
});

test("a message larger than the server takes is an error that says so", async () => {
  await using queue = await NatsTestQueue.make();
  await using nats = await open(queue.options);
  await assert.rejects(nats.archive(new Uint8Array(1_048_577)), {
    message:
      /^Error: Cannot publish to ".*" at NATS at 127\.0\.0\.1:4222: message has 1048577 bytes, the server takes 1048576: raise its max_payload$/,
  });
});

/** A server of its own; `-` in front of each argument, as nats-server has them. */
const server = (...args: string[]) =>
  new Server((port, dir) => ["nats-server", "-a", "127.0.0.1", "-p", `${port}`, "-sd", dir, ...args]);

Deno.test({
  ...needs("nats-server", "a server that is restarted brings again what was not acknowledged, also large messages"),
  fn: async () => {
    const config = await Deno.makeTempFile();
    await Deno.writeTextFile(config, "max_payload: 16MB\n");
    await using own = await server("-js", "-c", config).start();
    await using queue = await NatsTestQueue.make(own.port);
    const large = randomBytes(10_000_000);
    await queue.put("one", large, "three");
    await using plugin = await open(queue.options);
    const items = iterate(plugin);
    const [one, second] = await take(items, 2);
    assert.ok(large.equals(second!.payload!.content));
    await one?.acknowledge?.();
    await own.kill();
    const saved = plugin.save(response());
    await own.start();
    await saved;
    // Held across the restart.
    await second?.acknowledge?.();
    const [third] = await take(items, 1);
    assert.equal(textOf(third), "three");
    await third?.acknowledge?.();
    await until("nothing is left", async () => await queue.count().catch(() => -1) === 0);
    await Deno.remove(config);
  },
});

Deno.test({
  ...needs("nats-server", "a login that the server refuses, or a server without JetStream, is an error that says so"),
  fn: async () => {
    await using own = await server("-js", "--user", "me", "--pass", "secret").start();
    const options = { nats_port: own.port };
    await using wrong = await open({ ...options, nats_user: "me", nats_password: "other" });
    await assert.rejects(wrong.save(response()), {
      message: new RegExp(`^Error: NATS at 127\\.0\\.0\\.1:${own.port} refused the login: [^\\n]*: check nats_user`),
    });
    await using right = await open({ ...options, nats_user: "me", nats_password: "secret" });
    await right.save(response());
    await using plain = await server().start();
    await using none = await open({ nats_port: plain.port });
    await assert.rejects(none.save(response()), {
      message: new RegExp(`^Error: NATS at 127\\.0\\.0\\.1:${plain.port} has no JetStream: start it with -js`),
    });
  },
});

Deno.test({
  ...needs("nats-server", "TLS works with the certificate of an authority of one's own"),
  fn: async () => {
    const [cert, key, ca] = ["server.pem", "server.key", "ca.pem"].map((name) =>
      fileURLToPath(import.meta.resolve(`../lib/testdata/tls/${name}`))
    );
    await using own = await server("-js", "--tls", "--tlscert", cert!, "--tlskey", key!).start();
    const options = { nats_host: "localhost", nats_port: own.port, nats_tls: true };
    await using trusting = await open({ ...options, nats_ca: ca });
    await trusting.save(response());
    await using strict = await open(options);
    await assert.rejects(strict.save(response()), /Cannot reach NATS at localhost:\d+: [^\n]*certificate/i);
  },
});
