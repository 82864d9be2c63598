import { type JetStreamManager, jetstreamManager, RetentionPolicy } from "@nats-io/jetstream";
import { connect as open, credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { ConnectionError, reasonOf } from "../lib/service_link.ts";

/** How to reach the server. */
export interface ServerSetup {
  /** `host:port`, each. */
  readonly servers: readonly string[];
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
  /** Path of a file. */
  readonly creds: string | undefined;
  readonly tls: boolean;
  /** Path of a file. */
  readonly ca: string | undefined;
  /** Milliseconds that an answer may take. */
  readonly timeout: number;
}

/** Milliseconds that connecting may take. */
const CONNECT_TIMEOUT = 10_000;
/** Milliseconds between signs of life. */
const PING_INTERVAL = 20_000;

/** Names of the library's errors that say that the connection, or an answer, is missing. */
const LOST = new Set(["ConnectionError", "ClosedConnectionError", "DrainingConnectionError", "TimeoutError"]);

/** `NATS at 127.0.0.1:4222`. */
export function nameOf({ servers }: ServerSetup): string {
  return `NATS at ${servers.join(", ")}`;
}

/** A connection. It is not opened again when it is lost: what was under way then is for its user to decide. */
export interface Connection {
  readonly nats: NatsConnection;
  readonly manager: JetStreamManager;
  /** Streams that are known to be there. */
  readonly streams: Set<string>;
}

/**
 * Connects.
 *
 * @throws {ConnectionError} If no server can be reached.
 * @throws {Error} If it refuses the login, or has no JetStream.
 */
export async function connect(setup: ServerSetup): Promise<Connection> {
  const { servers, user, password, token, creds, tls, ca, timeout } = setup;
  let nats: NatsConnection | undefined;
  try {
    nats = await open({
      servers: [...servers],
      name: "stoq",
      reconnect: false,
      // The permission is for the name, not for its addresses; and for no server that the cluster tells of.
      resolve: false,
      ignoreClusterUpdates: true,
      timeout: CONNECT_TIMEOUT,
      pingInterval: PING_INTERVAL,
      ...(user !== undefined && { user }),
      ...(password !== undefined && { pass: password }),
      ...(token !== undefined && { token }),
      ...(creds !== undefined && { authenticator: credsAuthenticator(await Deno.readFile(creds)) }),
      ...(tls ? { tls: ca === undefined ? {} : { ca: await Deno.readTextFile(ca) } } : {}),
    });
    return { nats, manager: await jetstreamManager(nats, { timeout }), streams: new Set() };
  } catch (cause) {
    await nats?.close();
    throw connectError(setup, cause);
  }
}

function connectError(setup: ServerSetup, cause: unknown): Error {
  if (cause instanceof Deno.errors.NotCapable || !(cause instanceof Error)) return new Error(String(cause));
  if (cause.name === "AuthorizationError" || cause.name === "UserAuthenticationExpiredError") {
    const remedy = "check nats_user, nats_password, nats_token and nats_creds";
    return new Error(`${nameOf(setup)} refused the login: ${reasonOf(cause)}: ${remedy}`, { cause });
  }
  if (cause.name === "JetStreamNotEnabled") {
    return new Error(`${nameOf(setup)} has no JetStream: start it with -js, or enable it for the account`, { cause });
  }
  const remedy = "check nats_host, nats_port and nats_tls";
  return new ConnectionError(`Cannot reach ${nameOf(setup)}: ${reasonOf(cause)}: ${remedy}`, { cause });
}

/** Does something with a connection. @throws {Error} Of the connection, or of the server's own. */
export async function attempt<T>(
  setup: ServerSetup,
  { what, connection, work }: {
    readonly what: string;
    readonly connection: Connection;
    readonly work: (connection: Connection) => Promise<T>;
  },
): Promise<T> {
  try {
    return await work(connection);
  } catch (error) {
    if (connection.nats.isClosed() || isLost(error)) {
      throw new ConnectionError(`Lost ${nameOf(setup)}: ${reasonOf(error)}`, { cause: error });
    }
    throw new Error(`Cannot ${what} at ${nameOf(setup)}: ${reasonOf(error)}`, { cause: error });
  }
}

function isLost(error: unknown): boolean {
  // Those of sockets have a code.
  return error instanceof Error &&
    (LOST.has(error.name) || "code" in error && typeof error.code === "string" || isLost(error.cause));
}

/** Makes a stream with one subject, if there is none: one that is there is taken as it is. */
export async function ensureStream(
  { manager, streams }: Connection,
  { name, subject, isQueue = false }: { readonly name: string; readonly subject: string; readonly isQueue?: boolean },
): Promise<void> {
  if (name === "" || streams.has(name)) return;
  try {
    await manager.streams.info(name);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    // Of a queue, what is acknowledged goes.
    const retention = isQueue ? RetentionPolicy.Workqueue : RetentionPolicy.Limits;
    await manager.streams.add({ name, subjects: [subject], retention }).catch(async (problem) => {
      // Someone else may have made it meanwhile, in another way.
      await manager.streams.info(name).catch(() => Promise.reject(problem));
    });
  }
  streams.add(name);
}

/** Whether an error says that a stream or a consumer is not there. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Error && (error.name === "StreamNotFoundError" || error.name === "ConsumerNotFoundError");
}
