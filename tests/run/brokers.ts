/**
 * Queues on real servers, under names that nobody else has.
 *
 * @module
 */
import { jetstream, type JetStreamManager, jetstreamManager, RetentionPolicy } from "@nats-io/jetstream";
import { connect as connectNats, type NatsConnection } from "@nats-io/transport-node";
import { type Channel, type ChannelModel, connect as connectRabbit } from "amqplib";
import { Redis } from "ioredis";
import { Buffer } from "node:buffer";

/** A queue of payloads and one of results; gone when disposed. */
export interface TestQueue extends AsyncDisposable {
  /** Options with which the plugin uses them. */
  readonly options: Readonly<Record<string, string | number>>;
  /** Puts payloads into the one. */
  put(texts: readonly string[]): Promise<void>;
  /** Takes what has come into the other. */
  takeResults(): Promise<string[]>;
  /** How many payloads are in the one, once no consumer has any. */
  count(): Promise<number>;
}

/** A server and the plugin for it. */
export interface Broker {
  readonly name: string;
  readonly port: number;
  readonly plugin: string;
  makeQueue(): Promise<TestQueue>;
}

/** The servers that stoQ has plugins for. */
export const BROKERS: readonly Broker[] = [
  { name: "RabbitMQ", port: 5672, plugin: "rabbitmq", makeQueue: () => RabbitQueue.make(5672) },
  { name: "Redis", port: 6379, plugin: "redis-queue", makeQueue: () => Promise.resolve(new RedisQueue(6379)) },
  { name: "NATS", port: 4222, plugin: "nats", makeQueue: () => NatsQueue.make(4222) },
];

/** Whether something listens at a port of this machine. */
export async function isListening(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

function newName(): string {
  return `stoq-run-test-${crypto.randomUUID()}`;
}

class RabbitQueue implements TestQueue {
  readonly #name = newName();
  readonly options = { rabbitmq_queue: this.#name, rabbitmq_results_queue: `${this.#name}-results` };

  private constructor(private readonly connection: ChannelModel, private readonly channel: Channel) {}

  static async make(port: number): Promise<RabbitQueue> {
    const connection = await connectRabbit(`amqp://guest:guest@127.0.0.1:${port}`);
    const queue = new RabbitQueue(connection, await connection.createChannel());
    for (const name of Object.values(queue.options)) await queue.channel.assertQueue(name, { durable: true });
    return queue;
  }

  async put(texts: readonly string[]): Promise<void> {
    const channel = await this.connection.createConfirmChannel();
    for (const text of texts) channel.sendToQueue(this.#name, Buffer.from(text), { persistent: true });
    await channel.waitForConfirms();
    await channel.close();
  }

  async takeResults(): Promise<string[]> {
    const taken: string[] = [];
    const queue = this.options.rabbitmq_results_queue;
    const take = () => this.channel.get(queue, { noAck: true });
    for (let message = await take(); message !== false; message = await take()) taken.push(message.content.toString());
    return taken;
  }

  async count(): Promise<number> {
    return (await this.channel.checkQueue(this.#name)).messageCount;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of Object.values(this.options)) await this.channel.deleteQueue(name);
    await this.connection.close();
  }
}

class RedisQueue implements TestQueue {
  readonly #name = newName();
  readonly options = {
    redis_queue: this.#name,
    redis_results_queue: `${this.#name}-results`,
    payload_format: "raw",
    publish_archive: "false",
    lease: 3,
  };
  readonly #redis: Redis;

  constructor(port: number) {
    this.#redis = new Redis({ port });
  }

  async put(texts: readonly string[]): Promise<void> {
    await this.#redis.rpush(this.#name, ...texts);
  }

  async takeResults(): Promise<string[]> {
    return await this.#redis.lpop(this.options.redis_results_queue, 10_000) ?? [];
  }

  count(): Promise<number> {
    return this.#redis.llen(this.#name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const keys = await this.#redis.keys(`${this.#name}*`);
    if (keys.length > 0) await this.#redis.del(keys);
    this.#redis.disconnect();
  }
}

class NatsQueue implements TestQueue {
  readonly #name = newName();
  readonly options = {
    stream: this.#name,
    subject: `${this.#name}.payloads`,
    results_stream: `${this.#name}-results`,
    results_subject: `${this.#name}.results`,
    ack_wait: 3,
  };
  #taken = 0;

  private constructor(private readonly nats: NatsConnection, private readonly manager: JetStreamManager) {}

  static async make(port: number): Promise<NatsQueue> {
    const nats = await connectNats({ port });
    const queue = new NatsQueue(nats, await jetstreamManager(nats));
    const { stream, subject, results_stream, results_subject } = queue.options;
    await queue.manager.streams.add({ name: stream, subjects: [subject], retention: RetentionPolicy.Workqueue });
    await queue.manager.streams.add({ name: results_stream, subjects: [results_subject] });
    return queue;
  }

  async put(texts: readonly string[]): Promise<void> {
    // Not all at once: the client holds no more than so many that are not confirmed.
    for (let at = 0; at < texts.length; at += 500) {
      const some = texts.slice(at, at + 500);
      await Promise.all(some.map((text) => jetstream(this.nats).publish(this.options.subject, text)));
    }
  }

  async takeResults(): Promise<string[]> {
    const { results_stream } = this.options;
    const { state } = await this.manager.streams.info(results_stream);
    const sequences = Array.from({ length: state.last_seq - this.#taken }, (_, i) => this.#taken + 1 + i);
    this.#taken = state.last_seq;
    const messages = await Promise.all(
      sequences.map((seq) => this.manager.streams.getMessage(results_stream, { seq })),
    );
    return messages.flatMap((message) => message === null ? [] : [message.string()]);
  }

  async count(): Promise<number> {
    return (await this.manager.streams.info(this.#name)).state.messages;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stream of [this.options.stream, this.options.results_stream]) await this.manager.streams.delete(stream);
    await this.nats.close();
  }
}
