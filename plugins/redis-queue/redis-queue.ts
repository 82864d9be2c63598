import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import type {
  ArchiverPlugin,
  ArchiverResponse,
  ConnectorPlugin,
  NewPayload,
  Payload,
  PluginContext,
  ProviderItem,
  ProviderPlugin,
  Response,
} from "../../plugin.ts";
import { type PayloadFormat, payloadFormat, readMessage, tasksOf } from "../lib/queue_message.ts";
import { itemsOf } from "../lib/queue_sessions.ts";
import { Link } from "../lib/service_link.ts";
import { commandError, connect, isOpen, nameOf, type RedisSetup } from "./client.ts";
import { RedisConsumer } from "./consumer.ts";
import { keysOf, payloadOf } from "./stoq3.ts";

const SHA256 = /^[0-9a-f]{64}$/;

/** Payloads and tasks from a list in Redis, results into another, payloads archived under their SHA-256. */
export default class RedisQueue implements ProviderPlugin, ConnectorPlugin, ArchiverPlugin {
  readonly #context: PluginContext;
  readonly #redis: RedisSetup;
  readonly #link: Link<Redis>;
  readonly #queue: string;
  readonly #format: PayloadFormat;
  readonly #deadLetterQueue: string;
  readonly #lease: number;
  readonly #publishArchive: boolean;
  readonly #resultsQueue: string;
  readonly #archivePrefix: string;
  readonly #archiveTtl: number;

  constructor(context: PluginContext) {
    const { options, log, signal } = context;
    this.#context = context;
    const timeout = options.getNumber("timeout", 30) * 1000;
    this.#redis = {
      host: options.getString("redis_host", "127.0.0.1"),
      port: options.getNumber("redis_port", 6379),
      username: options.has("redis_user") ? options.getString("redis_user") : undefined,
      password: options.has("redis_password") ? options.getString("redis_password") : undefined,
      db: options.getNumber("redis_db", 0),
      tls: options.getBoolean("redis_tls", false),
      ca: options.has("redis_ca") ? options.getString("redis_ca") : undefined,
      timeout,
    };
    this.#queue = options.getString("redis_queue", "stoq");
    this.#format = payloadFormat(options, context.name, "task");
    this.#deadLetterQueue = options.getString("dead_letter_queue", "stoq-dead");
    this.#lease = options.getNumber("lease", 30) * 1000;
    this.#publishArchive = options.getBoolean("publish_archive", true);
    this.#resultsQueue = options.getString("redis_results_queue", "stoq-results");
    this.#archivePrefix = options.getString("archive_prefix", "stoq:payload:");
    this.#archiveTtl = options.getNumber("archive_ttl", 0);
    this.#link = new Link({
      open: () => connect(this.#redis),
      isOpen,
      close: (redis) => Promise.resolve(redis.disconnect()),
      patience: timeout,
      signal,
      log,
    });
  }

  async *ingest(): AsyncGenerator<ProviderItem> {
    const { log, signal } = this.#context;
    const consumer = new RedisConsumer({
      queue: this.#queue,
      deadLetterQueue: this.#deadLetterQueue,
      lease: this.#lease,
      redis: this.#redis,
      link: this.#link,
      connect: () => connect({ ...this.#redis, timeout: Infinity }),
      read: (body) => this.#read(body),
      signal,
      log,
    });
    log.info(`waiting for messages of "${this.#queue}" at ${nameOf(this.#redis)}`);
    yield* itemsOf(() => consumer.open(), { signal, log });
  }

  async save(response: Response): Promise<void> {
    if (!this.#publishArchive) {
      await this.#command("save a result", (redis) => redis.rpush(this.#resultsQueue, response.toString(0)));
      return;
    }
    const tasks = tasksOf(response, this.#context.log).map((task) => JSON.stringify(task));
    if (tasks.length > 0) await this.#command("save tasks", (redis) => redis.rpush(this.#queue, ...tasks));
  }

  async archive({ content, payloadMeta }: Payload): Promise<ArchiverResponse> {
    const sha256 = createHash("sha256").update(content).digest("hex");
    const key = this.#archivePrefix + sha256;
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    await this.#command(
      "archive a payload",
      (redis) => this.#archiveTtl > 0 ? redis.set(key, bytes, "EX", this.#archiveTtl) : redis.set(key, bytes),
    );
    const { extraData } = payloadMeta;
    return {
      results: { sha256, size: content.length, ...(Object.keys(extraData).length > 0 && { extra_data: extraData }) },
    };
  }

  async get({ results }: ArchiverResponse): Promise<NewPayload> {
    const sha256 = results?.["sha256"];
    // Nothing else: a task must not name any key of the server.
    if (typeof sha256 !== "string" || !SHA256.test(sha256)) {
      throw new TypeError(
        `Cannot load a payload: results.sha256 of the task is ${JSON.stringify(sha256)}, not a SHA-256`,
      );
    }
    const key = this.#archivePrefix + sha256;
    const content = await this.#command("load a payload", (redis) => redis.getBuffer(key));
    if (content === null) {
      throw new Error(
        `Cannot load "${key}" from ${nameOf(this.#redis)}: it is not there: check archive_prefix, archive_ttl`,
      );
    }
    if (createHash("sha256").update(content).digest("hex") !== sha256) {
      throw new Error(`Cannot load "${key}" from ${nameOf(this.#redis)}: its bytes have another SHA-256`);
    }
    const extraData = results?.["extra_data"];
    return {
      content,
      payloadMeta: { extraData: typeof extraData === "object" && extraData !== null ? { ...extraData } : {} },
    };
  }

  async close(): Promise<void> {
    await this.#link.close();
  }

  async #read(body: Uint8Array): Promise<ProviderItem> {
    const keys = this.#format === "task" ? keysOf(body) : null;
    if (keys === null) return readMessage(this.#format, body);
    const [bytes, meta] = keys;
    const [content, text] = await this.#command(
      "load a payload",
      (redis) => Promise.all([redis.getBuffer(bytes), redis.get(meta)]),
    );
    return {
      payload: payloadOf(bytes, content, text),
      acknowledge: async () => void await this.#command("delete a payload", (redis) => redis.del(bytes, meta)),
    };
  }

  async #command<T>(what: string, command: (redis: Redis) => Promise<T>): Promise<T> {
    return await this.#link.use((redis) =>
      command(redis).catch((error) => {
        throw commandError(this.#redis, what, error);
      })
    );
  }
}
