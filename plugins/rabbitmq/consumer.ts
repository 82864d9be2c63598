import { Buffer } from "node:buffer";
import type { Channel, ConsumeMessage } from "amqplib";
import type { PluginLog, ProviderItem } from "../../plugin.ts";
import { type PayloadFormat, PoisonMessage, readMessage } from "../lib/queue_message.ts";
import type { QueueSession } from "../lib/queue_sessions.ts";
import { ConnectionError } from "../lib/service_link.ts";
import { Broker, type BrokerSetup, nameOf } from "./broker.ts";

/** What a consumer works with. */
export interface ConsumerSetup {
  readonly broker: BrokerSetup;
  readonly queue: string;
  readonly prefetch: number;
  readonly format: PayloadFormat;
  /** Keeps a message that cannot be understood; not there where the broker shall decide. */
  readonly bury: ((message: ConsumeMessage, reason: string) => Promise<void>) | undefined;
  readonly signal: AbortSignal;
  readonly log: PluginLog;
}

/**
 * A connection that messages come on, as many as prefetch allows. What is not acknowledged when it ends comes again, on another:
 * an acknowledgement counts only on the connection that brought the message.
 */
export class Consumer implements QueueSession {
  readonly #setup: ConsumerSetup;
  readonly #broker: Broker;
  readonly #channel: Channel;
  readonly #messages: ConsumeMessage[] = [];
  #isOpen = true;
  #cause: unknown;
  /** Wakes who waits for a message. */
  #wake = () => {};

  private constructor(setup: ConsumerSetup, broker: Broker, channel: Channel) {
    this.#setup = setup;
    this.#broker = broker;
    this.#channel = channel;
    channel.on("error", (error: Error) => this.#cause ??= error);
    for (const end of [channel, broker.model]) end.on("close", () => this.#ended());
  }

  /** Connects, and declares the queue if need be. */
  static async open(setup: ConsumerSetup): Promise<Consumer> {
    const broker = await Broker.connect(setup.broker);
    try {
      await broker.ensureQueue(setup.queue);
      const channel = await broker.model.createChannel();
      const consumer = new Consumer(setup, broker, channel);
      await channel.prefetch(setup.prefetch);
      await channel.consume(setup.queue, (message) => consumer.#receive(message));
      return consumer;
    } catch (error) {
      const failure = broker.failure(`consume queue "${setup.queue}"`, error);
      await broker.close();
      throw failure;
    }
  }

  async next(): Promise<ProviderItem | null> {
    const { format, log, signal } = this.#setup;
    const stop = () => this.#wake();
    signal.addEventListener("abort", stop);
    try {
      while (!signal.aborted) {
        if (!this.#isOpen) throw this.#lost();
        const message = this.#messages.shift();
        if (message === undefined) {
          await new Promise<void>((resolve) => this.#wake = resolve);
          continue;
        }
        try {
          const item = readMessage(format, message.content, message.properties.headers ?? {});
          // The bytes need not stay until then.
          const delivery = { ...message, content: Buffer.alloc(0) };
          return { ...item, acknowledge: () => this.#acknowledge(delivery) };
        } catch (error) {
          if (!(error instanceof PoisonMessage)) throw error;
          log.error(await this.#bury(message, error.message));
        }
      }
      return null;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  async close(): Promise<void> {
    // Closing the channel sends what was acknowledged first.
    if (this.#isOpen) await this.#channel.close().catch(() => {});
    await this.#broker.close();
  }

  /** @param message Null when the broker ends the consuming: the queue was deleted. */
  #receive(message: ConsumeMessage | null): void {
    if (message !== null) this.#messages.push(message);
    else {
      this.#cause ??= new Error(`queue "${this.#setup.queue}" was deleted`);
      this.#ended();
    }
    this.#wake();
  }

  #ended(): void {
    this.#isOpen = false;
    this.#messages.length = 0;
    this.#wake();
  }

  #acknowledge(message: ConsumeMessage): void {
    if (!this.#isOpen) throw new Error(`Cannot acknowledge a message: ${this.#lost().message}: it comes again`);
    this.#channel.ack(message);
  }

  /** @returns What was done, for the log. */
  async #bury(message: ConsumeMessage, reason: string): Promise<string> {
    const { bury, queue } = this.#setup;
    const what = `a message of ${message.content.length} bytes of queue "${queue}"`;
    if (bury !== undefined) {
      await bury(message, reason);
      this.#acknowledge(message);
      return `moved ${what} to the dead letters: ${reason}`;
    }
    this.#channel.nack(message, false, false);
    return `rejected ${what}: ${reason}: it is lost, unless the queue has a dead-letter exchange: set dead_letter_queue`;
  }

  #lost(): ConnectionError {
    const failure = this.#broker.failure("consume", this.#cause);
    return failure instanceof ConnectionError
      ? failure
      : new ConnectionError(`Lost ${nameOf(this.#setup.broker)}: ${failure.message}`, { cause: this.#cause });
  }
}
