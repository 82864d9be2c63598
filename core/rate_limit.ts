import { StoqConfigError } from "./errors.ts";

/** Spaces calls evenly: at most so many in so many seconds. */
export class RateLimit {
  /** When the next call may begin, in milliseconds as of `performance.now()`. */
  #next = 0;
  /** Ends with the turn of the call that asked last: timers of the same millisecond keep no order. */
  #last: Promise<void> = Promise.resolve();

  /**
   * Waits for the turn of one call.
   *
   * @param limit `count/seconds`, such as `10/1`; nothing for no limit.
   * @throws {StoqConfigError} If it has another form.
   */
  async turn(limit: string | undefined): Promise<void> {
    if (limit === undefined) return;
    const [, count, seconds] = /^\s*(\d+)\s*\/\s*(\d+)\s*$/.exec(limit) ?? [];
    if (!Number(count) || !Number(seconds)) {
      throw new StoqConfigError(`Cannot use ratelimit "${limit}": it must be count/seconds, such as 10/1`);
    }
    const turn = Math.max(performance.now(), this.#next);
    this.#next = turn + Number(seconds) * 1000 / Number(count);
    await (this.#last = this.#last.then(() => until(turn)));
  }
}

async function until(time: number): Promise<void> {
  const wait = time - performance.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
}
