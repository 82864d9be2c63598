/**
 * For tests that need a service: where it is not running they are skipped, by a name that says so; in CI that is not allowed.
 *
 * @module
 */
import type { ProviderItem, ScanResponse } from "../../plugin.ts";

/** Where the tests look for a service. */
export interface Service {
  readonly name: string;
  readonly port: number;
}

/** Whether something listens on a port of this machine. */
export async function isListening(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

/** Registers tests that need a service. */
export async function testsWith(service: Service): Promise<(name: string, fn: () => Promise<void>) => void> {
  const ignore = Deno.env.get("CI") !== "true" && !await isListening(service.port);
  const why = ignore ? ` (skipped: ${service.name} is not running at 127.0.0.1:${service.port})` : "";
  return (name, fn) => Deno.test({ name: name + why, ignore, fn });
}

/** Name of a test that starts a program itself; skipped where that is missing. */
export function needs(program: string, name: string): { name: string; ignore: boolean } {
  const found = (Deno.env.get("PATH") ?? "").split(":").some((dir) => {
    try {
      return Deno.statSync(`${dir}/${program}`).isFile;
    } catch {
      return false;
    }
  });
  const ignore = !found && Deno.env.get("CI") !== "true";
  return { name: ignore ? `${name} (skipped: ${program} is not installed)` : name, ignore };
}

/** A port that nothing listens on. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Waits for a condition; it fails after so many seconds that something must be wrong. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000;
  while (!await condition()) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A way to a service that can be cut. */
export class Proxy implements AsyncDisposable {
  readonly port: number;
  readonly #target: number;
  #listener: Deno.TcpListener | undefined;
  readonly #connections = new Set<Deno.TcpConn>();
  /** How many connections were made through it. */
  accepted = 0;

  constructor(target: number) {
    this.#target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    void this.#serve(this.#listener);
  }

  /** Ends all connections. */
  cut(): void {
    for (const connection of this.#connections) close(connection);
    this.#connections.clear();
  }

  /** Ends all connections, and takes no more until {@linkcode up}. */
  down(): void {
    this.#listener?.close();
    this.#listener = undefined;
    this.cut();
  }

  /** Takes connections again. */
  up(): void {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: this.port });
    void this.#serve(this.#listener);
  }

  async #serve(listener: Deno.TcpListener): Promise<void> {
    try {
      for await (const client of listener) {
        this.accepted++;
        void this.#join(client);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  async #join(client: Deno.TcpConn): Promise<void> {
    this.#connections.add(client);
    try {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
      this.#connections.add(server);
      await Promise.allSettled([client.readable.pipeTo(server.writable), server.readable.pipeTo(client.writable)]);
    } catch {
      close(client);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.down();
    return Promise.resolve();
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It was closed already.
  }
}

/** A server of the test's own. */
export class Server implements AsyncDisposable {
  readonly port: number = freePort();
  readonly #command: (port: number, dir: string) => string[];
  readonly #dir = Deno.makeTempDirSync({ prefix: "service-" });
  #process: Deno.ChildProcess | undefined;

  constructor(command: (port: number, dir: string) => string[]) {
    this.#command = command;
  }

  /** Starts it, and waits until it listens. */
  async start(): Promise<this> {
    const [program = "", ...args] = this.#command(this.port, this.#dir);
    this.#process = new Deno.Command(program, { args, cwd: this.#dir, stdout: "null", stderr: "null" }).spawn();
    await until(`${program} listens`, () => isListening(this.port));
    return this;
  }

  /** Stops it, at once. */
  async kill(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#process?.status;
    this.#process = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.#dir, { recursive: true });
  }
}

/** Text of the payload that a provider brought. */
export function textOf(item: ProviderItem | undefined): string | undefined {
  return item?.payload && new TextDecoder().decode(item.payload.content);
}

/** The next items of a provider. */
export async function take(items: AsyncIterator<ProviderItem>, count: number): Promise<ProviderItem[]> {
  const taken: ProviderItem[] = [];
  while (taken.length < count) {
    const { done, value } = await items.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

/** A response about one payload. */
export function response(fields: Partial<ScanResponse> = {}, archivers: Record<string, unknown> = {}): ScanResponse {
  return {
    time: "2026-11-24T23:59:59.000Z",
    results: [{
      payloadId: "7d7ac9e8-4a2a-4f3c-9a54-1f1c6a3dd7b3",
      size: 4,
      payloadMeta: { shouldArchive: true, shouldScan: true, extraData: {}, dispatchTo: [] },
      workers: [],
      archivers,
      pluginsRun: { workers: [], archivers: [] },
      extractedFrom: null,
      extractedBy: null,
    }],
    requestMeta: { archivePayloads: true, source: null, extraData: {} },
    errors: {},
    decorators: {},
    scanId: "1f168f68-1c19-46f9-9427-585345a6fe24",
    ...fields,
  };
}
