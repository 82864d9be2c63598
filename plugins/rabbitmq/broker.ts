import { type ChannelModel, connect as open } from "amqplib";
import { ConnectionError, reasonOf } from "../lib/service_link.ts";

/** How to reach the broker. */
export interface BrokerSetup {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly vhost: string;
  readonly tls: boolean;
  /** Path of a file. */
  readonly ca: string | undefined;
  /** Whether queues that are declared survive a restart of the broker. */
  readonly durable: boolean;
  /** Milliseconds that a confirmation may take. */
  readonly timeout: number;
}

/** Milliseconds that connecting may take. */
const CONNECT_TIMEOUT = 10_000;
/** Seconds between signs of life, of either side; without two of them the connection is given up. */
const HEARTBEAT = 30;

/** AMQP 0-9-1 reply code (section 1.2) with which a broker says that a login is wrong. */
const REFUSED = /\b403 \(/;
/** What the library makes of the answer to a virtual host that is not there, or not for this user. */
const NO_VHOST = /Expected ConnectionOpenOk; got <ConnectionClose/;
const NOT_FOUND = 404;

/** `RabbitMQ at 127.0.0.1:5672`. */
export function nameOf({ host, port }: BrokerSetup): string {
  return `RabbitMQ at ${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** A connection, and what became of it. */
export class Broker {
  isOpen = true;
  /** Why it was lost. */
  cause: unknown;
  readonly model: ChannelModel;
  readonly setup: BrokerSetup;

  private constructor(model: ChannelModel, setup: BrokerSetup) {
    this.model = model;
    this.setup = setup;
    model.on("error", (error: Error) => this.cause ??= error);
    model.on("close", (error?: Error) => {
      this.cause ??= error;
      this.isOpen = false;
    });
  }

  /**
   * Connects.
   *
   * @throws {ConnectionError} If the broker cannot be reached.
   * @throws {Error} If it refuses the login.
   */
  static async connect(setup: BrokerSetup): Promise<Broker> {
    const { host, port, user, password, vhost, tls, ca } = setup;
    const target = {
      protocol: tls ? "amqps" : "amqp",
      hostname: host,
      port,
      username: user,
      password,
      vhost: encodeURIComponent(vhost),
      heartbeat: HEARTBEAT,
    };
    const socket = {
      noDelay: true,
      keepAlive: true,
      timeout: CONNECT_TIMEOUT,
      ...(ca !== undefined && { ca: [await Deno.readTextFile(ca)] }),
    };
    try {
      return new Broker(await open(target, socket), setup);
    } catch (cause) {
      throw connectError(setup, cause);
    }
  }

  /** Declares a queue, if there is none: one that is there is taken as it is. */
  async ensureQueue(queue: string): Promise<void> {
    // Whatever the answer, if it is no then the channel is gone.
    const exists = await this.#withChannel(async (channel) => {
      await channel.checkQueue(queue);
      return true;
    }).catch((error) => {
      if (codeOf(error) === NOT_FOUND) return false;
      throw this.failure(`use queue "${queue}"`, error);
    });
    if (exists) return;
    await this.#withChannel((channel) => channel.assertQueue(queue, { durable: this.setup.durable })).catch((error) => {
      throw this.failure(`declare queue "${queue}"`, error);
    });
  }

  /** @throws {Error} If there is no such exchange. */
  async needExchange(exchange: string): Promise<void> {
    await this.#withChannel((channel) => channel.checkExchange(exchange)).catch((error) => {
      if (codeOf(error) !== NOT_FOUND) throw this.failure(`use exchange "${exchange}"`, error);
      throw new Error(`${nameOf(this.setup)} has no exchange "${exchange}": declare it, or check rabbitmq_exchange`);
    });
  }

  /** An error of something that was tried: of the connection, or of the broker's own. */
  failure(what: string, error: unknown): Error {
    if (error instanceof ConnectionError) return error;
    const reply = codeOf(error);
    // The broker's texts are `NOT_FOUND - no queue 'x' in vhost '/'`, in quotes after `Operation failed: …`.
    if (reply !== undefined && this.isOpen) {
      return new Error(`Cannot ${what} at ${nameOf(this.setup)}: ${textOf(error)}`, { cause: error });
    }
    return new ConnectionError(`Lost ${nameOf(this.setup)}: ${textOf(this.cause ?? error)}`, { cause: error });
  }

  /** Closes it, whatever its state. */
  async close(): Promise<void> {
    await this.model.close().catch(() => {});
  }

  async #withChannel<T>(work: (channel: Awaited<ReturnType<ChannelModel["createChannel"]>>) => Promise<T>): Promise<T> {
    const channel = await this.model.createChannel();
    // What it says is in the error of the call too.
    channel.on("error", () => {});
    const result = await work(channel);
    await channel.close();
    return result;
  }
}

function connectError(setup: BrokerSetup, cause: unknown): Error {
  if (cause instanceof Deno.errors.NotCapable) return cause;
  const text = textOf(cause);
  if (REFUSED.test(String(cause))) {
    const remedy = "check rabbitmq_user and rabbitmq_password";
    return new Error(`${nameOf(setup)} refused the login: ${text}: ${remedy}`, { cause });
  }
  if (NO_VHOST.test(text)) {
    const { user, vhost } = setup;
    return new Error(`${nameOf(setup)} has no virtual host "${vhost}" for user "${user}": check rabbitmq_vhost`, {
      cause,
    });
  }
  const remedy = "check rabbitmq_host, rabbitmq_port and rabbitmq_tls";
  return new ConnectionError(`Cannot reach ${nameOf(setup)}: ${text}: ${remedy}`, { cause });
}

/** AMQP reply code of an error, if the broker sent it. */
function codeOf(error: unknown): number | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "number" ? error.code : undefined;
}

/** What the broker said, or else why the connection failed. */
function textOf(error: unknown): string {
  const reason = error === undefined ? "connection closed" : reasonOf(error);
  return /with message "(.*)"$/.exec(reason)?.[1] ?? reason;
}
