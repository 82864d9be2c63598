import { Redis } from "ioredis";
import { ConnectionError, reasonOf } from "../lib/service_link.ts";

/** How to reach the server. */
export interface RedisSetup {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly db: number;
  readonly tls: boolean;
  /** Path of a file. */
  readonly ca: string | undefined;
  /** Milliseconds that a command may take; Infinity for a connection to wait on. */
  readonly timeout: number;
}

/** Milliseconds that connecting may take. */
const CONNECT_TIMEOUT = 10_000;
/** Milliseconds after which an idle connection is probed. */
const KEEP_ALIVE = 30_000;
/** Errors of a server that will soon do again: starting, failing over, or without enough replicas. */
const PASSING = /^(LOADING|READONLY|MASTERDOWN|NOREPLICAS|TRYAGAIN|CLUSTERDOWN|BUSY) /;

/** `Redis at 127.0.0.1:6379`. */
export function nameOf({ host, port }: RedisSetup): string {
  return `Redis at ${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/**
 * Connects. The connection is not opened again when it is lost: what was under way then is for its user to decide.
 *
 * @throws {ConnectionError} If the server cannot be reached.
 * @throws {Error} If it wants other credentials.
 */
export async function connect(setup: RedisSetup): Promise<Redis> {
  const redis = new Redis({
    host: setup.host,
    port: setup.port,
    db: setup.db,
    ...(setup.username !== undefined && { username: setup.username }),
    ...(setup.password !== undefined && { password: setup.password }),
    ...(setup.tls && { tls: setup.ca === undefined ? {} : { ca: await Deno.readTextFile(setup.ca) } }),
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT,
    ...(setup.timeout < Infinity && { commandTimeout: setup.timeout }),
    keepAlive: KEEP_ALIVE,
    retryStrategy: null,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    disableClientInfo: true,
    connectionName: "stoq",
  });
  let cause: unknown;
  redis.on("error", (error: unknown) => cause ??= error);
  try {
    await redis.connect();
    // Without a password that the server wants, it only says so now.
    await redis.ping();
    // A database that is not there is only told of: commands would go to another.
    if (cause !== undefined) throw cause;
    return redis;
  } catch (error) {
    redis.disconnect();
    throw connectError(setup, cause ?? error);
  }
}

function connectError(setup: RedisSetup, cause: unknown): Error {
  if (cause instanceof Deno.errors.NotCapable) return cause;
  const reason = reasonOf(cause);
  if (/^(WRONGPASS|NOAUTH|NOPERM)\b|^ERR AUTH|invalid password/.test(reason)) {
    return new Error(`${nameOf(setup)} refused the login: ${reason}: check redis_user and redis_password`, { cause });
  }
  if (/^ERR .*DB index/i.test(reason)) {
    return new Error(`${nameOf(setup)} has no database ${setup.db}: check redis_db`, { cause });
  }
  return new ConnectionError(`Cannot reach ${nameOf(setup)}: ${reason}: check redis_host, redis_port and redis_tls`, {
    cause,
  });
}

/** Whether commands can be sent. */
export function isOpen(redis: Redis): boolean {
  return redis.status === "ready";
}

/** An error of a command: one of the connection, or one of the server's own. */
export function commandError(setup: RedisSetup, what: string, error: unknown): Error {
  if (error instanceof ConnectionError) return error;
  const reason = reasonOf(error);
  const isReply = error instanceof Error && error.name === "ReplyError";
  if (isReply && !PASSING.test(reason)) {
    return new Error(`Cannot ${what} at ${nameOf(setup)}: ${reason}`, { cause: error });
  }
  return new ConnectionError(`Lost ${nameOf(setup)}: ${reason.replace(/\.$/, "").toLowerCase()}`, { cause: error });
}
