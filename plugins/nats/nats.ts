import { createHash } from "node:crypto";
import { jetstream, type JsMsg, type PubAck } from "@nats-io/jetstream";
import { headers, type MsgHdrs } from "@nats-io/transport-node";
import type {
  ArchiverPlugin,
  ArchiverResponse,
  ConnectorPlugin,
  NewPayload,
  Payload,
  PluginContext,
  PluginOptions,
  ProviderItem,
  ProviderPlugin,
  RequestMeta,
  Response,
} from "../../plugin.ts";
import {
  PAYLOAD_META_HEADER,
  type PayloadFormat,
  payloadFormat,
  readMessage,
  REQUEST_META_HEADER,
  tasksOf,
  writePayloadMeta,
  writeRequestMeta,
} from "../lib/queue_message.ts";
import { itemsOf } from "../lib/queue_sessions.ts";
import { Link } from "../lib/service_link.ts";
import { headersOf, NatsConsumer } from "./consumer.ts";
import { attempt, connect, type Connection, ensureStream, isNotFound, nameOf, type ServerSetup } from "./server.ts";

/** Where messages go. The stream may be empty: then some stream has the subject. */
interface Place {
  readonly stream: string;
  readonly subject: string;
  /** Whether messages go from the stream when they are acknowledged, if it is made. */
  readonly isQueue?: boolean;
}

/** Payloads and tasks from a stream of NATS JetStream, results into another, payloads archived in a third. */
export default class Nats implements ProviderPlugin, ConnectorPlugin, ArchiverPlugin {
  readonly #context: PluginContext;
  readonly #server: ServerSetup;
  readonly #link: Link<Connection>;
  readonly #source: Place;
  readonly #consumer: string;
  readonly #format: PayloadFormat;
  readonly #prefetch: number;
  readonly #ackWait: number;
  readonly #deadLetters: Place | undefined;
  readonly #publishArchive: boolean;
  readonly #results: Place;
  readonly #archive: Place;

  constructor(context: PluginContext) {
    const { options, log, signal } = context;
    this.#context = context;
    this.#server = serverSetup(options);
    const text = (name: string, fallback: string) => options.getString(name, fallback);
    this.#source = { stream: text("stream", "stoq"), subject: text("subject", "stoq.payloads"), isQueue: true };
    this.#consumer = text("consumer", "stoq");
    this.#format = payloadFormat(options, context.name, "raw");
    this.#prefetch = options.getNumber("prefetch", 50);
    this.#ackWait = options.getNumber("ack_wait", 60) * 1000;
    this.#deadLetters = options.has("dead_letter_subject")
      ? { stream: optional(options, "dead_letter_stream") ?? "", subject: options.getString("dead_letter_subject") }
      : undefined;
    this.#publishArchive = options.getBoolean("publish_archive", false);
    this.#results = {
      stream: optional(options, "results_stream") ?? "",
      subject: text("results_subject", "stoq.results"),
    };
    this.#archive = {
      stream: text("archive_stream", "stoq-archive"),
      subject: text("archive_subject", "stoq.archive"),
    };
    this.#link = new Link({
      open: () => connect(this.#server),
      isOpen: ({ nats }) => !nats.isClosed(),
      close: ({ nats }) => nats.close().catch(() => {}),
      patience: this.#server.timeout,
      signal,
      log,
    });
  }

  async *ingest(): AsyncGenerator<ProviderItem> {
    const { log, signal } = this.#context;
    const { stream, subject } = this.#source;
    const deadLetters = this.#deadLetters;
    const consumer = new NatsConsumer({
      server: this.#server,
      link: this.#link,
      stream,
      subject,
      consumer: this.#consumer,
      prefetch: this.#prefetch,
      ackWait: this.#ackWait,
      format: this.#format,
      bury: deadLetters && (async (message: JsMsg, reason: string) => {
        const all = headersOf(message);
        await this.#publish(deadLetters, message.data, { ...withoutNats(all), "stoq-error": reason });
      }),
      signal,
      log,
    });
    log.info(`waiting for messages of "${subject}" in stream "${stream}" at ${nameOf(this.#server)}`);
    yield* itemsOf(() => consumer.open(), { signal, log });
  }

  async save(response: Response): Promise<void> {
    if (!this.#publishArchive) {
      // The identifier lets the server forget what comes twice, as after a lost answer.
      await this.#publish(this.#results, response.toString(0), { "Nats-Msg-Id": response.scanId });
      return;
    }
    for (const [index, task] of tasksOf(response, this.#context.log).entries()) {
      await this.#publish(this.#source, JSON.stringify(task), { "Nats-Msg-Id": `${response.scanId}-${index}` });
    }
  }

  async archive({ content, payloadMeta }: Payload, request: RequestMeta): Promise<ArchiverResponse> {
    const sha256 = createHash("sha256").update(content).digest("hex");
    const { stream, seq } = await this.#publish(this.#archive, content, {
      [PAYLOAD_META_HEADER]: writePayloadMeta(payloadMeta),
      [REQUEST_META_HEADER]: writeRequestMeta(request),
    });
    return { results: { stream, seq, sha256, size: content.length } };
  }

  async get({ results }: ArchiverResponse): Promise<NewPayload> {
    const { stream, seq, sha256 } = results ?? {};
    const where = `message ${JSON.stringify(seq)} of stream ${JSON.stringify(stream)}`;
    if (typeof seq !== "number" || !Number.isSafeInteger(seq) || seq < 1) {
      throw new TypeError(`Cannot load ${where}: results.seq of the task is no sequence number`);
    }
    // Nothing else: a task must not name any stream of the server.
    if (stream !== this.#archive.stream) {
      throw new TypeError(`Cannot load ${where}: archive_stream is "${this.#archive.stream}"`);
    }
    const message = await this.#use(
      `load ${where}`,
      ({ manager }) =>
        manager.streams.getMessage(this.#archive.stream, { seq }).catch((error) => {
          if (!isNotFound(error)) throw error;
          return null;
        }),
    );
    if (message === null) throw new Error(`Cannot load ${where} from ${nameOf(this.#server)}: it is not there`);
    if (createHash("sha256").update(message.data).digest("hex") !== sha256) {
      throw new Error(`Cannot load ${where} from ${nameOf(this.#server)}: its bytes have another SHA-256`);
    }
    const { payload } = readMessage("raw", message.data, withoutNats({ ...headersOf({ headers: message.header }) }));
    if (payload === undefined) throw new Error(`Cannot load ${where}: it is no payload`);
    return payload;
  }

  async close(): Promise<void> {
    await this.#link.close();
  }

  /** Publishes a message. @returns What the server says once it has stored it. */
  async #publish(
    { stream, subject, isQueue = false }: Place,
    content: Uint8Array | string,
    headers: Readonly<Record<string, string>>,
  ): Promise<PubAck> {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    return await this.#use(`publish to "${subject}"`, async (connection) => {
      const { nats } = connection;
      const limit = nats.info?.max_payload ?? Infinity;
      if (bytes.length > limit) {
        throw new RangeError(`message has ${bytes.length} bytes, the server takes ${limit}: raise its max_payload`);
      }
      const publish = async () => {
        await ensureStream(connection, { name: stream, subject, isQueue });
        return await jetstream(nats, { timeout: this.#server.timeout }).publish(subject, bytes, {
          headers: toHeaders(headers),
        });
      };
      try {
        return await publish();
      } catch (error) {
        // Nobody answered: the library takes that for a server without JetStream, but we have one.
        if (!(error instanceof Error) || error.name !== "JetStreamNotEnabled") throw error;
        // It was there before, and has been deleted.
        if (connection.streams.delete(stream)) return await publish();
        throw new Error("no stream has that subject: make one", { cause: error });
      }
    });
  }

  async #use<T>(what: string, work: (connection: Connection) => Promise<T>): Promise<T> {
    return await this.#link.use((connection) => attempt(this.#server, { what, connection, work }));
  }
}

function serverSetup(options: PluginOptions): ServerSetup {
  const host = options.getString("nats_host", "127.0.0.1");
  const first = `${host.includes(":") ? `[${host}]` : host}:${options.getNumber("nats_port", 4222)}`;
  return {
    servers: [first, ...options.getList("nats_servers", [])],
    user: optional(options, "nats_user"),
    password: optional(options, "nats_password"),
    token: optional(options, "nats_token"),
    creds: optional(options, "nats_creds"),
    tls: options.getBoolean("nats_tls", false),
    ca: optional(options, "nats_ca"),
    timeout: options.getNumber("timeout", 30) * 1000,
  };
}

function optional(options: PluginOptions, name: string): string | undefined {
  return options.has(name) ? options.getString(name) : undefined;
}

function toHeaders(values: Readonly<Record<string, string>>): MsgHdrs {
  const all = headers();
  for (const [name, value] of Object.entries(values)) all.set(name, value.replace(/[\r\n]+/g, " "));
  return all;
}

/** Without the headers with which a message tells the server what to do with it. */
function withoutNats(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !/^nats-/i.test(name)));
}
