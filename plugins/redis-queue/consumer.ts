/**
 * A reliable queue on Redis lists. Each message that is taken moves, in one step, into a list of its own, where it stays until it
 * is acknowledged:
 *
 *     QUEUE                   the queue; taken from its left end
 *     QUEUE:consumers         set of the consumers' identifiers
 *     QUEUE:consumer:ID       is there while the consumer lives: it expires, and the consumer renews it
 *     QUEUE:taken:ID          set of the numbers of messages that the consumer holds
 *     QUEUE:taken:ID:NUMBER   list with the one message
 *
 * What a consumer holds whose key has expired is put back by the others. All steps can be repeated: after a lost connection nobody
 * knows whether the last one was done.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Redis } from "ioredis";
import type { PluginLog, ProviderItem } from "../../plugin.ts";
import { PoisonMessage } from "../lib/queue_message.ts";
import type { QueueSession } from "../lib/queue_sessions.ts";
import type { Link } from "../lib/service_link.ts";
import { commandError, type RedisSetup } from "./client.ts";

/** Seconds after which a wait without a message begins anew: so a connection that died silently is noticed. */
const WAIT_SECONDS = 5;
/** Milliseconds beyond that after which the connection is given up. */
const WAIT_GRACE = 10_000;

/** What the consumer works with. */
export interface ConsumerSetup {
  readonly queue: string;
  /** The list for messages that cannot be understood. */
  readonly deadLetterQueue: string;
  /** Milliseconds. */
  readonly lease: number;
  readonly redis: RedisSetup;
  /** For everything but waiting, which occupies a connection of its own. */
  readonly link: Link<Redis>;
  /** Opens a connection to wait on. */
  readonly connect: () => Promise<Redis>;
  /** Makes an item of a message. @throws {PoisonMessage} If it cannot be understood. */
  readonly read: (body: Uint8Array) => Promise<ProviderItem>;
  readonly signal: AbortSignal;
  readonly log: PluginLog;
}

/** One consumer. It outlives its connections, and holds its messages meanwhile. */
export class RedisConsumer {
  readonly #setup: ConsumerSetup;
  readonly #id: string = crypto.randomUUID();
  #number = 1;
  /** Messages that are being scanned. */
  readonly #held = new Set<number>();
  /** Messages that are done, which the server may not know yet. */
  readonly #done = new Set<number>();
  /** Messages that may have been taken without our seeing them: to be put back. */
  readonly #unseen = new Set<number>();
  #renewing: Promise<void> | undefined;

  constructor(setup: ConsumerSetup) {
    this.#setup = setup;
  }

  /** Connects, and puts back what dead consumers hold. */
  async open(): Promise<QueueSession> {
    const { connect, lease, link, log } = this.#setup;
    // Fails at once; a command would try again for a while.
    await link.get();
    await this.#renew();
    await this.#putBack(this.#id, this.#unseen);
    this.#unseen.clear();
    await this.#recover();
    const waiting = await connect();
    const client = await waiting.client("ID");
    const timer = setInterval(() => {
      this.#renewing ??= this.#renew().then(() => this.#recover())
        .catch((error) => log.debug((error as Error).message))
        .finally(() => this.#renewing = undefined);
    }, lease / 3);
    return {
      next: () => this.#next(waiting, client),
      close: async () => {
        clearInterval(timer);
        waiting.disconnect();
        if (this.#setup.signal.aborted) await this.#leave();
      },
    };
  }

  async #next(waiting: Redis, client: number): Promise<ProviderItem | null> {
    const { read, signal, log } = this.#setup;
    while (!signal.aborted) {
      const number = this.#number;
      const body = await this.#take(waiting, client, number);
      if (body === null) continue;
      this.#number++;
      // Taken while the waiting was ended: put back on leaving.
      this.#held.add(number);
      if (signal.aborted) return null;
      try {
        const { acknowledge, ...item } = await read(body);
        return {
          ...item,
          acknowledge: async () => {
            await this.#settle(number);
            await acknowledge?.();
          },
        };
      } catch (error) {
        this.#held.delete(number);
        this.#unseen.add(number);
        if (!(error instanceof PoisonMessage)) throw error;
        await this.#bury(number, body, error);
        log.error(`moved a message of ${body.length} bytes to "${this.#setup.deadLetterQueue}": ${error.message}`);
      }
    }
    return null;
  }

  /** The next message; null when there was none for a while, or the signal was aborted. */
  async #take(waiting: Redis, client: number, number: number): Promise<Uint8Array | null> {
    const { queue, redis, signal } = this.#setup;
    let over = false;
    /** Ends the waiting on the server, so that nothing is taken later; again, should it only just begin. */
    const stop = async () => {
      try {
        while (!over) await (await this.#setup.link.get()).client("UNBLOCK", client);
      } catch {
        waiting.disconnect();
      }
    };
    const silent = setTimeout(() => waiting.disconnect(), WAIT_SECONDS * 1000 + WAIT_GRACE);
    signal.addEventListener("abort", stop);
    try {
      const [, body] = await Promise.all([
        waiting.sadd(this.#taken(this.#id), number),
        waiting.blmoveBuffer(queue, this.#taken(this.#id, number), "LEFT", "RIGHT", WAIT_SECONDS),
      ]);
      return body;
    } catch (error) {
      this.#unseen.add(this.#number++);
      throw commandError(redis, `take messages of "${queue}"`, error);
    } finally {
      over = true;
      clearTimeout(silent);
      signal.removeEventListener("abort", stop);
    }
  }

  /** Ends a message: it is gone from the server. */
  async #settle(number: number): Promise<void> {
    this.#held.delete(number);
    this.#unseen.delete(number);
    this.#done.add(number);
    await this.#tellDone();
  }

  /** Tells the server what is done. What it cannot be told now, it is told when the lease is renewed. */
  async #tellDone(): Promise<void> {
    const numbers = [...this.#done];
    if (numbers.length === 0) return;
    await this.#command("acknowledge messages", (client) =>
      client.multi()
        .del(numbers.map((number) => this.#taken(this.#id, number)))
        .srem(this.#taken(this.#id), ...numbers)
        .exec());
    for (const number of numbers) this.#done.delete(number);
  }

  async #bury(number: number, body: Uint8Array, { message }: PoisonMessage): Promise<void> {
    const { deadLetterQueue } = this.#setup;
    const what = `keep a message in "${deadLetterQueue}" that cannot be understood (${message})`;
    await this.#command(what, (client) => client.rpush(deadLetterQueue, Buffer.from(body)));
    await this.#settle(number);
  }

  /** Says that this consumer lives. */
  async #renew(): Promise<void> {
    const { queue, lease } = this.#setup;
    await this.#command("register as a consumer", (client) =>
      client.multi()
        .set(this.#alive(this.#id), "1", "PX", lease)
        .sadd(`${queue}:consumers`, this.#id)
        .exec());
    await this.#tellDone();
  }

  /** Puts back what others hold whose lease has ended. */
  async #recover(): Promise<void> {
    const { queue, log } = this.#setup;
    const consumers = `${queue}:consumers`;
    const what = "put back messages";
    for (const id of await this.#command(what, (client) => client.smembers(consumers))) {
      const lives = () => this.#command(what, (client) => client.exists(this.#alive(id)));
      if (id === this.#id || await lives() > 0) continue;
      const numbers = await this.#command(what, (client) => client.smembers(this.#taken(id)));
      const count = await this.#putBack(id, numbers.map(Number));
      await this.#command(what, (client) => client.srem(consumers, id));
      // It was only slow, and came back meanwhile.
      if (await lives() > 0) await this.#command(what, (client) => client.sadd(consumers, id));
      if (count > 0) log.warning(`put back ${count} messages into "${queue}": their consumer is gone`);
    }
  }

  /** Puts messages back where they were: at the left end, in their order. @returns How many there were. */
  async #putBack(id: string, numbers: Iterable<number>): Promise<number> {
    let count = 0;
    for (const number of [...numbers].sort((a, b) => b - a)) {
      const taken = this.#taken(id, number);
      const body = await this.#command(
        "put back messages",
        (client) => client.lmoveBuffer(taken, this.#setup.queue, "RIGHT", "LEFT"),
      );
      await this.#command("put back messages", (client) => client.srem(this.#taken(id), number));
      if (body !== null) count++;
    }
    return count;
  }

  /** Gives back what is not acknowledged: others need not wait for the lease to end. */
  async #leave(): Promise<void> {
    const { queue, log } = this.#setup;
    try {
      await this.#renewing;
      await this.#tellDone();
      await this.#putBack(this.#id, [...this.#held, ...this.#unseen]);
      await this.#command(
        "leave",
        (client) =>
          client.multi().del(this.#alive(this.#id), this.#taken(this.#id)).srem(`${queue}:consumers`, this.#id).exec(),
      );
    } catch (error) {
      log.warning(`${(error as Error).message}: what was not acknowledged is put back when the lease ends`);
    }
  }

  #alive(id: string): string {
    return `${this.#setup.queue}:consumer:${id}`;
  }

  #taken(id: string, number?: number): string {
    return `${this.#setup.queue}:taken:${id}${number === undefined ? "" : `:${number}`}`;
  }

  async #command<T>(what: string, command: (client: Redis) => Promise<T>): Promise<T> {
    const { link, redis } = this.#setup;
    return await link.use((client) =>
      command(client).catch((error) => {
        throw commandError(redis, what, error);
      })
    );
  }
}
