import { Buffer } from "node:buffer";
import type { ConfirmChannel, Message, Options } from "amqplib";
import { ConnectionError, within } from "../lib/service_link.ts";
import { Broker, type BrokerSetup, nameOf } from "./broker.ts";

/** Where a message goes: an exchange, or a queue, which is declared if need be. */
export type Target =
  | { readonly queue: string }
  | { readonly exchange: string; readonly routingKey: string };

/** A connection to publish on: a message counts as published when the broker has confirmed it. */
export class Publisher {
  readonly #broker: Broker;
  readonly #channel: ConfirmChannel;
  /** Targets that are known to be there. */
  readonly #ensured = new Map<string, Promise<void>>();
  /** Identifiers of messages that the broker gave back. They come before their confirmation. */
  readonly #returned = new Set<string>();
  #isOpen = true;
  #cause: unknown;

  private constructor(broker: Broker, channel: ConfirmChannel) {
    this.#broker = broker;
    this.#channel = channel;
    channel.on("return", ({ properties }: Message) => this.#returned.add(properties.messageId));
    channel.on("error", (error: Error) => this.#cause ??= error);
    channel.on("close", () => this.#isOpen = false);
  }

  /** Connects. */
  static async connect(setup: BrokerSetup): Promise<Publisher> {
    const broker = await Broker.connect(setup);
    try {
      return new Publisher(broker, await broker.model.createConfirmChannel());
    } catch (error) {
      await broker.close();
      throw broker.failure("open a channel", error);
    }
  }

  /** Whether messages can be published, as far as is known. */
  get isOpen(): boolean {
    return this.#isOpen && this.#broker.isOpen;
  }

  /**
   * Publishes a message.
   *
   * @returns Its identifier, once the broker has it.
   * @throws {Error} If no queue takes it.
   */
  async publish(target: Target, content: Uint8Array, options: Options.Publish = {}): Promise<string> {
    const { setup } = this.#broker;
    await this.#ensure(target);
    const messageId = crypto.randomUUID();
    const [exchange, routingKey] = "queue" in target ? ["", target.queue] : [target.exchange, target.routingKey];
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    const all = { ...options, messageId, mandatory: true, persistent: setup.durable };
    const confirmed = new Promise<void>((resolve, reject) => {
      this.#channel.publish(exchange, routingKey, bytes, all, (error) => error ? reject(error) : resolve());
    });
    try {
      await within(
        setup.timeout,
        confirmed,
        () => new ConnectionError(`${nameOf(setup)} has not confirmed a message within ${setup.timeout / 1000} s`),
      );
    } catch (error) {
      if (this.isOpen && !(error instanceof ConnectionError)) {
        throw new Error(`${nameOf(setup)} refused a message for ${textOf(target)}: is it full?`, { cause: error });
      }
      throw this.#broker.failure(`publish to ${textOf(target)}`, this.#cause ?? error);
    }
    if (this.#returned.delete(messageId)) {
      this.#ensured.delete(textOf(target));
      throw new Error(`${nameOf(setup)} returned a message: ${textOf(target)} leads to no queue: bind one`);
    }
    return messageId;
  }

  /** Closes the connection, whatever its state. */
  async close(): Promise<void> {
    await this.#broker.close();
  }

  #ensure(target: Target): Promise<void> {
    const name = textOf(target);
    let ensured = this.#ensured.get(name);
    if (ensured === undefined) {
      ensured = "queue" in target ? this.#broker.ensureQueue(target.queue) : this.#broker.needExchange(target.exchange);
      this.#ensured.set(name, ensured);
      ensured.catch(() => this.#ensured.delete(name));
    }
    return ensured;
  }
}

function textOf(target: Target): string {
  return "queue" in target
    ? `queue "${target.queue}"`
    : `exchange "${target.exchange}" with routing key "${target.routingKey}"`;
}
