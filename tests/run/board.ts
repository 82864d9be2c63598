/** What a plugin told: an event, in words, and data that goes with it. */
interface Told {
  readonly event: string;
  readonly data?: unknown;
}

/** Where fixture plugins, in whatever process, tell the test what happens, and wait for what it answers. */
export class Board implements AsyncDisposable {
  /** What happened, in order. */
  readonly events: string[] = [];
  /** Data of the events that have some. */
  readonly data: unknown[] = [];
  /** What plugins are answered. */
  answer: (event: string) => string | Promise<string> = () => "";
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #waiting = new Set<() => void>();
  /** Opened at the end, for plugins that still wait for an answer. */
  readonly #end = makeGate();

  constructor() {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
      const { event, data }: Told = await request.json();
      this.events.push(event);
      if (data !== undefined) this.data.push(data);
      for (const look of this.#waiting) look();
      return new Response(await Promise.race([this.answer(event), this.#end.opened]));
    });
  }

  /** `host:port`. */
  get address(): string {
    return `127.0.0.1:${this.#server.addr.port}`;
  }

  /** Events that begin with these words. */
  those(begin: string): string[] {
    return this.events.filter((event) => event.startsWith(begin));
  }

  /** Resolves once so many events begin with these words. */
  until(begin: string, count = 1): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (this.those(begin).length < count) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.open();
    await this.#server.shutdown();
  }
}

/** A promise that the test resolves: `await gate.opened` waits for `gate.open()`. */
export function makeGate(): { readonly opened: Promise<string>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<string>();
  return { opened: promise, open: () => resolve("") };
}
