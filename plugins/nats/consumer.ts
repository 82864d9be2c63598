import { AckPolicy, type ConsumerMessages, jetstream, type JsMsg } from "@nats-io/jetstream";
import type { PluginLog, ProviderItem } from "../../plugin.ts";
import { type PayloadFormat, PoisonMessage, readMessage } from "../lib/queue_message.ts";
import type { QueueSession } from "../lib/queue_sessions.ts";
import { ConnectionError, type Link, reasonOf } from "../lib/service_link.ts";
import { attempt, type Connection, ensureStream, isNotFound, nameOf, type ServerSetup } from "./server.ts";

/** Milliseconds that a request for messages stands. */
const EXPIRES = 30_000;
const NANOSECONDS = 1_000_000;

/** What a consumer works with. */
export interface ConsumerSetup {
  readonly server: ServerSetup;
  readonly link: Link<Connection>;
  readonly stream: string;
  readonly subject: string;
  readonly consumer: string;
  readonly prefetch: number;
  /** Milliseconds. */
  readonly ackWait: number;
  readonly format: PayloadFormat;
  /** Keeps a message that cannot be understood; not there where it shall only be terminated. */
  readonly bury: ((message: JsMsg, reason: string) => Promise<void>) | undefined;
  readonly signal: AbortSignal;
  readonly log: PluginLog;
}

/**
 * A durable consumer of a stream. It outlives its connections, and so do the messages that it holds: the server is told of each, on
 * whatever connection, that it is still worked on, until it is acknowledged.
 */
export class NatsConsumer {
  readonly #setup: ConsumerSetup;
  /** Subjects to which the server wants to be told of messages that are not acknowledged. */
  readonly #held = new Set<string>();
  /** Of these, messages that nobody asked for yet. */
  readonly #messages: JsMsg[] = [];
  #wake = () => {};
  #roomMade = () => {};

  constructor(setup: ConsumerSetup) {
    this.#setup = setup;
  }

  /** Connects, and makes stream and consumer if need be. */
  async open(): Promise<QueueSession> {
    const { link, signal, server, consumer } = this.#setup;
    // Fails at once; a command would try again for a while.
    await link.get();
    const ackWait = await this.#use(`consume "${consumer}"`, (connection) => this.#ensure(connection));
    const timer = setInterval(() => void this.#stillWorking(), ackWait / 2);
    const connection = await link.get();
    const state: { over: boolean; error?: unknown } = { over: false };
    const stop = new AbortController();
    const pulling = this.#pull(connection, AbortSignal.any([signal, stop.signal]))
      .catch((error) => state.error = error)
      .finally(() => {
        state.over = true;
        this.#wake();
      });
    return {
      next: async () => {
        const item = await this.#next(() => state.over);
        if (item !== null || signal.aborted) return item;
        const why = state.error === undefined ? "connection closed" : reasonOf(state.error);
        throw new ConnectionError(`Lost ${nameOf(server)}: ${why}`, { cause: state.error });
      },
      close: async () => {
        stop.abort();
        clearInterval(timer);
        await pulling;
        if (signal.aborted) await this.#leave();
      },
    };
  }

  /** @returns Milliseconds after which the server lets a message come again. */
  async #ensure(connection: Connection): Promise<number> {
    const { stream, subject, consumer, ackWait } = this.#setup;
    const { manager } = connection;
    connection.streams.delete(stream);
    await ensureStream(connection, { name: stream, subject, isQueue: true });
    const found = await manager.consumers.info(stream, consumer).catch((error) => {
      if (!isNotFound(error)) throw error;
      return manager.consumers.add(stream, {
        durable_name: consumer,
        ack_policy: AckPolicy.Explicit,
        ack_wait: ackWait * NANOSECONDS,
        filter_subject: subject,
      });
    });
    return (found.config.ack_wait ?? ackWait * NANOSECONDS) / NANOSECONDS;
  }

  /** Asks for messages, for no more than may be held, until the connection or the signal ends it. */
  async #pull({ nats }: Connection, signal: AbortSignal): Promise<void> {
    const { stream, consumer, prefetch } = this.#setup;
    const source = await jetstream(nats).consumers.get(stream, consumer);
    while (!signal.aborted && !nats.isClosed()) {
      const room = prefetch - this.#held.size;
      if (room <= 0) {
        await this.#room(signal, nats.closed());
        continue;
      }
      await this.#fetch(await source.fetch({ max_messages: room, expires: EXPIRES }), signal);
    }
  }

  async #fetch(messages: ConsumerMessages, signal: AbortSignal): Promise<void> {
    const stop = () => void messages.close();
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    try {
      for await (const message of messages) {
        this.#held.add(replyOf(message));
        this.#messages.push(message);
        this.#wake();
      }
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  async #next(isOver: () => boolean): Promise<ProviderItem | null> {
    const { format, log, signal } = this.#setup;
    const stop = () => this.#wake();
    signal.addEventListener("abort", stop);
    try {
      while (!signal.aborted) {
        const message = this.#messages.shift();
        if (message === undefined) {
          if (isOver()) return null;
          await new Promise<void>((resolve) => this.#wake = resolve);
          continue;
        }
        try {
          const item = readMessage(format, message.data, headersOf(message));
          // Not the message: its bytes need not stay until then.
          const reply = replyOf(message);
          return { ...item, acknowledge: () => this.#settle(reply, "+ACK") };
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

  /** @returns What was done, for the log. */
  async #bury(message: JsMsg, reason: string): Promise<string> {
    const { bury } = this.#setup;
    const what = `a message of ${message.data.length} bytes of subject "${message.subject}"`;
    await bury?.(message, reason);
    await this.#settle(replyOf(message), "+TERM");
    return bury === undefined
      ? `terminated ${what}: ${reason}: it does not come again: set dead_letter_subject to keep such`
      : `moved ${what} to the dead letters: ${reason}`;
  }

  /** Tells the server the end of a message, and hears from it that it knows. */
  async #settle(reply: string, end: "+ACK" | "+TERM"): Promise<void> {
    const { timeout } = this.#setup.server;
    try {
      await this.#use("acknowledge a message", ({ nats }) => nats.request(reply, end, { timeout }));
    } finally {
      // If that failed it comes again, once nobody says any more that it is worked on.
      this.#held.delete(reply);
      this.#roomMade();
    }
  }

  /** Tells the server that what is held is worked on: its time begins anew. */
  async #stillWorking(): Promise<void> {
    try {
      const { nats } = await this.#setup.link.get();
      for (const reply of this.#held) nats.publish(reply, "+WPI");
    } catch (error) {
      this.#setup.log.debug((error as Error).message);
    }
  }

  /** Gives back what is not acknowledged: others need not wait until its time is over. */
  async #leave(): Promise<void> {
    if (this.#held.size === 0) return;
    try {
      const { nats, manager } = await this.#setup.link.get();
      // The server looks who still listens, and forgets our request: NATS 2.9 would lose track of a message meant for it.
      await manager.consumers.info(this.#setup.stream, this.#setup.consumer);
      for (const reply of this.#held) nats.publish(reply, "-NAK");
      await nats.flush();
    } catch (error) {
      this.#setup.log.warning(`${(error as Error).message}: what was not acknowledged comes again after ack_wait`);
    }
  }

  /** Waits until fewer messages are held, or there is no more reason to wait. */
  async #room(signal: AbortSignal, closed: Promise<unknown>): Promise<void> {
    const room = new Promise<void>((resolve) => this.#roomMade = resolve);
    const stop = () => this.#roomMade();
    signal.addEventListener("abort", stop);
    await Promise.race([room, closed]);
    signal.removeEventListener("abort", stop);
  }

  async #use<T>(what: string, work: (connection: Connection) => Promise<T>): Promise<T> {
    return await this.#setup.link.use((connection) => attempt(this.#setup.server, { what, connection, work }));
  }
}

/** The last value of each header. */
export function headersOf({ headers }: Pick<JsMsg, "headers">): Record<string, string> {
  return Object.fromEntries((headers?.keys() ?? []).map((name) => [name, headers!.last(name)]));
}

/** Where the server wants to be told of a message; the type does not mention it, as the library would tell it itself. */
function replyOf(message: JsMsg): string {
  const reply: unknown = Reflect.get(message, "reply");
  if (typeof reply === "string" && reply !== "") return reply;
  throw new TypeError("Cannot use a message of NATS: it has no subject to acknowledge it to");
}
