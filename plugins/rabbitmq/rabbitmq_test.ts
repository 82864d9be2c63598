import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type ChannelModel, connect, type Options } from "amqplib";
import type { ProviderItem } from "../../plugin.ts";
import { openPlugin } from "../../testing.ts";
import { type TestQueue, testQueue } from "../lib/testing_queue.ts";
import { response, take, testsWith, textOf, until } from "../lib/testing_services.ts";

const service = { name: "RabbitMQ", port: 5672 };

/** A connection for the tests, and the names of one test. */
class RabbitTestQueue implements TestQueue {
  readonly name = `stoq-test-${crypto.randomUUID()}`;
  readonly options: Record<string, unknown> = {
    rabbitmq_queue: this.name,
    rabbitmq_results_queue: `${this.name}-results`,
    dead_letter_queue: `${this.name}-dead`,
    archive_queue: `${this.name}-payloads`,
  };

  private constructor(readonly connection: ChannelModel) {}

  static async make(): Promise<RabbitTestQueue> {
    const queue = new RabbitTestQueue(await connect(`amqp://127.0.0.1:${service.port}`));
    const channel = await queue.connection.createChannel();
    await channel.assertQueue(queue.name, { durable: true });
    await channel.close();
    return queue;
  }

  async put(...bodies: (string | Uint8Array)[]): Promise<void> {
    for (const body of bodies) await this.publish(body);
  }

  async publish(
    body: string | Uint8Array,
    headers: Record<string, unknown> = {},
    queue: string = this.name,
  ): Promise<void> {
    const channel = await this.connection.createConfirmChannel();
    channel.sendToQueue(queue, Buffer.from(body), { persistent: true, headers });
    await channel.waitForConfirms();
    await channel.close();
  }

  async count(queue: string = this.name): Promise<number> {
    const channel = await this.connection.createChannel();
    const { messageCount } = await channel.checkQueue(queue);
    await channel.close();
    return messageCount;
  }

  async declare(queue: string, options: Options.AssertQueue = {}): Promise<void> {
    const channel = await this.connection.createChannel();
    await channel.assertQueue(queue, options);
    await channel.close();
  }

  async drop(queue: string): Promise<void> {
    const channel = await this.connection.createChannel();
    await channel.deleteQueue(queue);
    await channel.close();
  }

  async exists(queue: string): Promise<boolean> {
    const channel = await this.connection.createChannel();
    channel.on("error", () => {});
    const found = await channel.checkQueue(queue).then(() => true, () => false);
    if (found) await channel.close();
    return found;
  }

  /** A topic exchange. */
  async exchange(): Promise<
    { name: string; bind(queue: string, pattern: string): Promise<unknown> } & AsyncDisposable
  > {
    const channel = await this.connection.createChannel();
    const name = `${this.name}-exchange`;
    await channel.assertExchange(name, "topic");
    return {
      name,
      bind: (queue, pattern) => channel.bindQueue(queue, name, pattern),
      [Symbol.asyncDispose]: async () => {
        await channel.deleteExchange(name);
        await channel.close();
      },
    };
  }

  results(): Promise<string[]> {
    return this.#drain(`${this.name}-results`);
  }

  dead(): Promise<string[]> {
    return this.#drain(`${this.name}-dead`);
  }

  async #drain(queue: string): Promise<string[]> {
    const channel = await this.connection.createChannel();
    const texts: string[] = [];
    const next = () => channel.get(queue, { noAck: true });
    for (let message = await next(); message; message = await next()) texts.push(message.content.toString());
    await channel.close();
    return texts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const channel = await this.connection.createChannel();
    for (const suffix of ["", "-results", "-dead", "-payloads"]) await channel.deleteQueue(this.name + suffix);
    await this.connection.close();
  }
}

await testQueue({
  plugin: "rabbitmq",
  service,
  name: "RabbitMQ",
  portOption: "rabbitmq_port",
  large: 10_000_000,
  make: () => RabbitTestQueue.make(),
});

const test = await testsWith(service);
const open = (options: Record<string, unknown>, log: string[] = []) =>
  openPlugin("rabbitmq", { options, log: (level, message) => log.push(`${level} ${message}`) });
const iterate = (provider: { ingest(): AsyncIterable<ProviderItem> }) => provider.ingest()[Symbol.asyncIterator]();

test("headers become metadata: ours as they are, others under their names, the broker's not", async () => {
  await using queue = await RabbitTestQueue.make();
  await queue.publish("MZ", {
    filename: "bad.exe",
    size: 2,
    trusted: false,
    "x-first-death-queue": "other",
    nested: { no: 1 },
    "stoq-payload-meta": JSON.stringify({ extra_data: { from: "päth" }, dispatch_to: ["pecarve"] }),
    "Stoq-Request-Meta": JSON.stringify({ source: "mail", archive_payloads: false }),
  });
  await using provider = await open(queue.options);
  const [item] = await take(iterate(provider), 1);
  assert.deepEqual(item?.payload?.payloadMeta, {
    shouldArchive: true,
    shouldScan: true,
    extraData: { filename: "bad.exe", size: 2, trusted: false, from: "päth" },
    dispatchTo: ["pecarve"],
  });
  assert.deepEqual(item?.request, { source: "mail", archivePayloads: false });
});

test("archived payloads are in a queue that brings them with their metadata, raw or in JSON", async () => {
  for (const payload_format of ["raw", "json"]) {
    await using queue = await RabbitTestQueue.make();
    const options = { ...queue.options, payload_format };
    await using archiver = await open(options);
    const { results } = await archiver.archive("MZ", {
      payloadMeta: { extraData: { filename: "päth\r\n\u{1f600}" }, shouldScan: false },
      request: { source: "mail" },
    });
    assert.equal(results?.["queue"], `${queue.name}-payloads`);
    await using provider = await open({ ...options, rabbitmq_queue: `${queue.name}-payloads` });
    const [item] = await take(iterate(provider), 1);
    assert.equal(textOf(item), "MZ");
    assert.equal(item?.payload?.payloadMeta?.shouldScan, false);
    assert.deepEqual(item?.payload?.payloadMeta?.extraData, { filename: "päth\r\n\u{1f600}" });
    assert.deepEqual(item?.request, { source: "mail", archivePayloads: true, extraData: {} });
  }
});

test("no more messages are held than prefetch says", async () => {
  await using queue = await RabbitTestQueue.make();
  await queue.put("1", "2", "3", "4", "5");
  await using provider = await open({ ...queue.options, prefetch: 2 });
  const items = iterate(provider);
  const [first] = await take(items, 2);
  await until("three are left", async () => await queue.count() === 3);
  const third = take(items, 1);
  await first?.acknowledge?.();
  assert.deepEqual((await third).map(textOf), ["3"]);
});

test("without dead_letter_queue a message that cannot be understood goes where the queue says", async () => {
  await using queue = await RabbitTestQueue.make();
  const name = `${queue.name}-payloads`;
  await queue.declare(`${queue.name}-dead`);
  await queue.declare(name, { deadLetterExchange: "", deadLetterRoutingKey: `${queue.name}-dead` });
  const log: string[] = [];
  const options = { rabbitmq_queue: name, payload_format: "json", dead_letter_queue: "" };
  await using provider = await open({ ...queue.options, ...options }, log);
  void iterate(provider).next().catch(() => {});
  await queue.publish("{}", {}, name);
  await until("it is a dead letter", async () => await queue.count(`${queue.name}-dead`) === 1);
  await until("it is logged", () => log.some((line) => line.startsWith("error")));
  assert.match(
    log.join("\n"),
    /^error rejected a message of 2 bytes of queue ".*": the message has no "content" in base64: /m,
  );
});

test("results go to an exchange with a routing key", async () => {
  await using queue = await RabbitTestQueue.make();
  await using exchange = await queue.exchange();
  await queue.declare(`${queue.name}-results`);
  await exchange.bind(`${queue.name}-results`, "results.#");
  const options = { ...queue.options, rabbitmq_exchange: exchange.name };
  await using connector = await open({ ...options, rabbitmq_routing_key: "results.mail" });
  await connector.save(response());
  assert.equal((await queue.results()).length, 1);
  await using lost = await open({ ...options, rabbitmq_routing_key: "nowhere" });
  await assert.rejects(lost.save(response()), {
    message:
      /^Error: RabbitMQ at 127\.0\.0\.1:5672 returned a message: exchange ".*" with routing key "nowhere" leads to no queue: bind one$/,
  });
  await using missing = await open({ ...options, rabbitmq_exchange: `${exchange.name}-2` });
  await assert.rejects(missing.save(response()), {
    message: /^Error: RabbitMQ at 127\.0\.0\.1:5672 has no exchange ".*-2": declare it, or check rabbitmq_exchange$/,
  });
});

test("a result that the broker refuses is an error, and the next one is saved", async () => {
  await using queue = await RabbitTestQueue.make();
  await queue.declare(`${queue.name}-results`, { maxLength: 1, overflow: "reject-publish" });
  await using connector = await open(queue.options);
  await connector.save(response());
  await assert.rejects(connector.save(response()), {
    message: /^Error: RabbitMQ at 127\.0\.0\.1:5672 refused a message for queue ".*-results": is it full\?$/,
  });
  assert.equal((await queue.results()).length, 1);
  await connector.save(response());
});

test("a queue that is deleted meanwhile is declared again, by provider and connector", async () => {
  await using queue = await RabbitTestQueue.make();
  const log: string[] = [];
  await using plugin = await open(queue.options, log);
  const items = iterate(plugin);
  await queue.put("one");
  const [one] = await take(items, 1);
  await plugin.save(response());
  await queue.drop(queue.name);
  await queue.drop(`${queue.name}-results`);
  const next = take(items, 1);
  await until("it is there again", () => queue.exists(queue.name));
  await queue.put("two");
  assert.deepEqual((await next).map(textOf), ["two"]);
  await assert.rejects(Promise.resolve(one?.acknowledge?.()), /Cannot acknowledge a message: .*: it comes again/);
  await assert.rejects(plugin.save(response()), /leads to no queue/);
  await plugin.save(response());
  assert.equal((await queue.results()).length, 1);
  assert.match(log.join("\n"), /^warning Lost RabbitMQ at 127\.0\.0\.1:5672: queue ".*" was deleted: trying again/m);
});

test("a login, or a virtual host, that the broker refuses is an error that says so", async () => {
  await using wrong = await open({ rabbitmq_password: "wrong" });
  await assert.rejects(wrong.save(response()), {
    message:
      /^Error: RabbitMQ at 127\.0\.0\.1:5672 refused the login: ACCESS_REFUSED [^\n]*: check rabbitmq_user and rabbitmq_password$/,
  });
  await using missing = await open({ rabbitmq_vhost: "a/b" });
  await assert.rejects(missing.save(response()), {
    message: 'Error: RabbitMQ at 127.0.0.1:5672 has no virtual host "a/b" for user "guest": check rabbitmq_vhost',
  });
});
