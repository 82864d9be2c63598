import type { ConsumeMessage } from "amqplib";
import type {
  ArchiverPlugin,
  ArchiverResponse,
  ConnectorPlugin,
  Payload,
  PluginContext,
  ProviderItem,
  ProviderPlugin,
  RequestMeta,
  Response,
} from "../../plugin.ts";
import {
  PAYLOAD_META_HEADER,
  type PayloadFormat,
  payloadFormat,
  REQUEST_META_HEADER,
  tasksOf,
  writePayload,
  writePayloadMeta,
  writeRequestMeta,
} from "../lib/queue_message.ts";
import { itemsOf } from "../lib/queue_sessions.ts";
import { Link } from "../lib/service_link.ts";
import { type BrokerSetup, nameOf } from "./broker.ts";
import { Consumer } from "./consumer.ts";
import { Publisher, type Target } from "./publisher.ts";

/** Payloads and tasks from a queue of RabbitMQ, results and payloads into others. */
export default class RabbitMq implements ProviderPlugin, ConnectorPlugin, ArchiverPlugin {
  readonly #context: PluginContext;
  readonly #broker: BrokerSetup;
  readonly #publisher: Link<Publisher>;
  readonly #queue: string;
  readonly #format: PayloadFormat;
  readonly #prefetch: number;
  readonly #deadLetterQueue: string | undefined;
  readonly #publishArchive: boolean;
  readonly #results: Target;
  readonly #archiveQueue: string;

  constructor(context: PluginContext) {
    const { options, log, signal } = context;
    this.#context = context;
    this.#broker = {
      host: options.getString("rabbitmq_host", "127.0.0.1"),
      port: options.getNumber("rabbitmq_port", 5672),
      user: options.getString("rabbitmq_user", "guest"),
      password: options.getString("rabbitmq_password", "guest"),
      vhost: options.getString("rabbitmq_vhost", "/"),
      tls: options.getBoolean("rabbitmq_tls", false),
      ca: options.has("rabbitmq_ca") ? options.getString("rabbitmq_ca") : undefined,
      durable: options.getBoolean("durable", true),
      timeout: options.getNumber("timeout", 30) * 1000,
    };
    this.#queue = options.getString("rabbitmq_queue", "stoq");
    this.#format = payloadFormat(options, context.name, "raw");
    this.#prefetch = options.getNumber("prefetch", 50);
    this.#deadLetterQueue = options.has("dead_letter_queue") ? options.getString("dead_letter_queue") : undefined;
    this.#publishArchive = options.getBoolean("publish_archive", false);
    this.#results = options.has("rabbitmq_exchange")
      ? {
        exchange: options.getString("rabbitmq_exchange"),
        routingKey: options.getString("rabbitmq_routing_key", "stoq.results"),
      }
      : { queue: options.getString("rabbitmq_results_queue", "stoq-results") };
    this.#archiveQueue = options.getString("archive_queue", "stoq-payloads");
    this.#publisher = new Link({
      open: () => Publisher.connect(this.#broker),
      isOpen: (publisher) => publisher.isOpen,
      close: (publisher) => publisher.close(),
      patience: this.#broker.timeout,
      signal,
      log,
    });
  }

  async *ingest(): AsyncGenerator<ProviderItem> {
    const { log, signal } = this.#context;
    log.info(`waiting for messages of "${this.#queue}" at ${nameOf(this.#broker)}`);
    const open = () =>
      Consumer.open({
        broker: this.#broker,
        queue: this.#queue,
        prefetch: this.#prefetch,
        format: this.#format,
        bury: this.#deadLetterQueue === undefined ? undefined : this.#bury(this.#deadLetterQueue),
        signal,
        log,
      });
    yield* itemsOf(open, { signal, log });
  }

  async save(response: Response): Promise<void> {
    const options = { contentType: "application/json", correlationId: response.scanId };
    if (!this.#publishArchive) {
      const body = new TextEncoder().encode(response.toString(0));
      await this.#publisher.use((publisher) => publisher.publish(this.#results, body, options));
      return;
    }
    for (const task of tasksOf(response, this.#context.log)) {
      const body = new TextEncoder().encode(JSON.stringify(task));
      await this.#publisher.use((publisher) => publisher.publish({ queue: this.#queue }, body, options));
    }
  }

  async archive({ content, payloadMeta }: Payload, request: RequestMeta): Promise<ArchiverResponse> {
    const isJson = this.#format === "json";
    const body = isJson ? writePayload(content, payloadMeta, request) : content;
    const headers = isJson ? {} : {
      [PAYLOAD_META_HEADER]: writePayloadMeta(payloadMeta),
      [REQUEST_META_HEADER]: writeRequestMeta(request),
    };
    const contentType = isJson ? "application/json" : "application/octet-stream";
    const queue = this.#archiveQueue;
    const id = await this.#publisher.use((publisher) => publisher.publish({ queue }, body, { headers, contentType }));
    return { results: { queue, message_id: id } };
  }

  async close(): Promise<void> {
    await this.#publisher.close();
  }

  #bury(queue: string): (message: ConsumeMessage, reason: string) => Promise<void> {
    return async ({ content, properties }, reason) => {
      const headers = { ...properties.headers, "stoq-error": reason };
      await this.#publisher.use((publisher) =>
        publisher.publish({ queue }, content, { headers, contentType: properties.contentType })
      );
    };
  }
}
