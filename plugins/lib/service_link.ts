/**
 * A connection to a service that several calls share: opened when it is first needed, and anew after it was lost.
 *
 * @module
 */
import type { PluginLog } from "../../plugin.ts";

/** Longest wait between two attempts to connect, in milliseconds. */
const MAX_DELAY = 30_000;

/** That a service cannot be reached, or went away: worth another attempt, where it was there before. */
export class ConnectionError extends Error {
  override name = "ConnectionError";
}

/** Milliseconds to wait before the next of several attempts: 100, doubled each time; some less, so that not all come at once. */
export function delayBefore(attempt: number): number {
  return Math.min(MAX_DELAY, 100 * 2 ** attempt) * (0.75 + 0.25 * Math.random());
}

/** Waits, but not past the signal. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}

/** What a promise gives, or an error if that takes too long. */
export async function within<T>(milliseconds: number, promise: Promise<T>, tooLong: () => Error): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLong()), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  ENOTFOUND: "host not found",
  EAI_AGAIN: "host not found",
  ETIMEDOUT: "no answer",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network unreachable",
  EPIPE: "connection closed",
};

/** Why connecting failed, in a few words and one line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  if (inner !== undefined) return reasonOf(inner);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const [line = ""] = (error.message || error.name).split("\n");
  return REASONS[code] ?? REASONS[/\bE[A-Z]{4,}\b/.exec(line)?.[0] ?? ""] ?? line;
}

/** What a {@linkcode Link} needs to know of its service. */
export interface LinkSetup<C> {
  /** Connects. @throws {ConnectionError} If the service cannot be reached. */
  open(): Promise<C>;
  /** Whether the connection still stands, as far as is known. */
  isOpen(connection: C): boolean;
  /** Closes it, whatever its state. Never throws. */
  close(connection: C): Promise<void>;
  /** For how long a call tries again after the connection was lost, in milliseconds. */
  readonly patience: number;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  readonly log: PluginLog;
}

/** The connection, whichever it is at the time. */
export class Link<C> {
  readonly #setup: LinkSetup<C>;
  #current: Promise<C> | undefined;
  #wasOpen = false;

  constructor(setup: LinkSetup<C>) {
    this.#setup = setup;
  }

  /** The connection; opened if there is none that stands. */
  async get(): Promise<C> {
    const { open, isOpen } = this.#setup;
    const current = this.#current;
    if (current !== undefined && isOpen(await current)) return await current;
    // Of several calls that find it lost, the first opens the next.
    if (this.#current === current) {
      const next = open();
      this.#current = next;
      next.then(() => this.#wasOpen = true, () => {
        if (this.#current === next) this.#current = undefined;
      });
    }
    return await this.#current!;
  }

  /**
   * Does something with the connection. If that is lost meanwhile, or was lost before, it is tried again for a while; a service
   * that was never reached is an error at once.
   */
  async use<T>(work: (connection: C) => Promise<T>): Promise<T> {
    const { patience, signal, log } = this.#setup;
    const end = performance.now() + patience;
    for (let attempt = 1;; attempt++) {
      let connection: C | undefined;
      try {
        connection = await this.get();
        return await work(connection);
      } catch (error) {
        if (!(error instanceof ConnectionError)) throw error;
        // One that does not answer is of no more use, even if it still stands.
        if (connection !== undefined) void this.#drop(connection);
        const delay = delayBefore(attempt);
        if (!this.#wasOpen || signal.aborted || performance.now() + delay > end) throw error;
        log.debug(`${error.message}: trying again`);
        await pause(delay, signal);
      }
    }
  }

  async #drop(connection: C): Promise<void> {
    const current = this.#current;
    if (await current === connection && this.#current === current) this.#current = undefined;
    await this.#setup.close(connection);
  }

  /** Closes the connection, if there is one. */
  async close(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    const connection = await current?.catch(() => undefined);
    if (connection !== undefined) await this.#setup.close(connection);
  }
}
