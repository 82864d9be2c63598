/** A queue with room for so many items: whoever fills it waits for room, whoever empties it for items. */
export class BoundedQueue<T> {
  readonly #items: T[] = [];
  readonly #takers: ((item: T | null) => void)[] = [];
  readonly #fillers: (() => void)[] = [];
  #closed = false;

  readonly #size: number;

  /** @param size How many items it holds. */
  constructor(size: number) {
    this.#size = size;
  }

  /** How many more items it holds. */
  get room(): number {
    return Math.max(0, this.#size - this.#items.length);
  }

  /** Items in it. */
  get length(): number {
    return this.#items.length;
  }

  /** Resolves when there is room, or the queue is closed. */
  async hasRoom(): Promise<void> {
    while (!this.#closed && this.room === 0) {
      await new Promise<void>((resolve) => this.#fillers.push(resolve));
    }
  }

  /** Adds an item. Wait for {@linkcode hasRoom} first. @returns Whether it was taken: not once the queue is closed. */
  put(item: T): boolean {
    if (this.#closed) return false;
    const taker = this.#takers.shift();
    if (taker) taker(item);
    else this.#items.push(item);
    return true;
  }

  /** The next item; null when there is none and none will come. */
  take(): Promise<T | null> {
    const item = this.#items.shift();
    if (item !== undefined) {
      // All of them: one that is told may have nothing to bring.
      for (const filler of this.#fillers.splice(0)) filler();
      return Promise.resolve(item);
    }
    return this.#closed ? Promise.resolve(null) : new Promise((resolve) => this.#takers.push(resolve));
  }

  /** Takes no more items; what is in it can still be taken. */
  close(): void {
    this.#closed = true;
    for (const taker of this.#takers.splice(0)) taker(null);
    for (const filler of this.#fillers.splice(0)) filler();
  }

  /** Closes, and drops what is in it. @returns What was dropped. */
  clear(): T[] {
    const dropped = this.#items.splice(0);
    this.close();
    return dropped;
  }
}
