import { type BulkReader, type BulkWriter, openBulkFiles } from "./bulk.ts";
import { GUEST_MODULE, provideModule } from "./embedded.ts";
import { FrameReader, FrameWriter } from "./frames.ts";
import { encodeOutcome, type FromProcess, type ToProcess } from "./process_protocol.ts";
import { type Content, inMemory, type PluginSpec, type RawOutcome } from "./sandbox.ts";
import { PluginWorker, prepareGuest } from "./worker.ts";

/** Bytes read at a time. */
const READ_SIZE = 256 * 1024;

const decoder = new TextDecoder();

/** Serves the core on standard input and output until standard input ends. Never returns. */
export async function runSandboxProcess(): Promise<never> {
  const writer: FrameWriter = new FrameWriter(
    async (bytes) => {
      for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
    },
    () => host.calls > 0,
  );
  const reader = new FrameReader();
  const host: SandboxHost = new SandboxHost((message, parts) => writer.send(message, parts));
  const buffer = new Uint8Array(READ_SIZE);
  // Ctrl-C on a terminal reaches every process of the command; when this one ends is for the core to say.
  Deno.addSignalListener("SIGINT", () => {});
  // An error of the process itself must end it: the core sees that and knows what to do.
  for (let size = await Deno.stdin.read(buffer); size !== null; size = await Deno.stdin.read(buffer)) {
    for (const { envelope, parts } of reader.push(buffer.subarray(0, size))) {
      const message = envelope as ToProcess;
      if (message.type === "close") {
        await host.close();
        await writer.flush();
        Deno.exit(0);
      }
      host.receive(message, parts[0]);
    }
  }
  Deno.exit(0);
}

/** The plugins of one process. */
class SandboxHost {
  readonly #workers = new Map<string, PluginWorker>();
  readonly #contents = new Map<number, Content>();
  readonly #asked = new Map<number, { resolve(bytes: Uint8Array<ArrayBuffer>): void; reject(error: Error): void }>();
  #nextAsk = 1;
  #files: { readonly contents?: BulkReader; readonly answers?: BulkWriter } | undefined;
  /** Calls under way. */
  calls = 0;

  constructor(private readonly send: (message: FromProcess | object, parts: readonly Uint8Array[]) => void) {}

  /** Takes one message of the core. */
  receive(message: Exclude<ToProcess, { type: "close" }>, part: Uint8Array<ArrayBuffer> | undefined): void {
    if (message.type === "setup") return this.#setUp(message, part);
    // Else plugins would have what the process still may.
    if (this.#files === undefined) throw new Error("A sandbox process is set up before anything else");
    switch (message.type) {
      case "plugin":
        if (part !== undefined) provideModule(message.spec.entry, part);
        this.#workers.set(message.spec.name, this.#worker(message.spec));
        return;
      case "content":
        this.#contents.set(message.content, this.#content(message, part));
        return;
      case "forget":
        this.#contents.delete(message.content);
        return;
      case "call":
        void this.#call(message, part);
        return;
      case "asset": {
        const asked = this.#asked.get(message.ask);
        this.#asked.delete(message.ask);
        if (message.error !== undefined) asked?.reject(new Error(message.error));
        else asked?.resolve(part ?? new Uint8Array(0));
        return;
      }
      case "unlinked":
        return this.#files.answers?.open();
      case "read":
        for (const at of message.places) this.#files.answers?.free(at);
        return;
      case "ping":
        return this.send({ type: "pong" }, []);
    }
  }

  /** Lets every plugin close. */
  async close(): Promise<void> {
    await Promise.all([...this.#workers.values()].map((worker) => worker.close()));
  }

  #setUp(
    { files, revoke, guest }: ToProcess & { type: "setup" },
    guestModule: Uint8Array<ArrayBuffer> | undefined,
  ): void {
    if (guestModule !== undefined) provideModule(GUEST_MODULE, guestModule);
    this.#files = {};
    try {
      if (files !== null) this.#files = openBulkFiles(files);
    } catch {
      // They have lost their names already, or this process may not: all goes through the pipes.
    }
    for (const name of revoke) Deno.permissions.revokeSync({ name: name as Deno.PermissionName });
    if (files !== null) this.send({ type: "opened", usable: this.#files.contents !== undefined }, []);
    if (guest !== null) prepareGuest(guest);
  }

  #content({ place }: ToProcess & { type: "content" }, part: Uint8Array | undefined): Content {
    return place === undefined
      ? inMemory(part ?? new Uint8Array(0))
      : { size: place.size, copy: () => this.#files!.contents!.read(place).buffer };
  }

  #worker(spec: PluginSpec): PluginWorker {
    return new PluginWorker(
      spec,
      (level, plugin, message) => this.send({ type: "log", level, plugin, message }, []),
      ({ name: plugin }, name) => this.#ask(plugin, name),
    );
  }

  #ask(plugin: string, name: string): Promise<Uint8Array<ArrayBuffer>> {
    const ask = this.#nextAsk++;
    return new Promise((resolve, reject) => {
      this.#asked.set(ask, { resolve, reject });
      this.send({ type: "asset", ask, plugin, name }, []);
    });
  }

  async #call(
    { call, plugin, method, content, timeout }: ToProcess & { type: "call" },
    args: Uint8Array | undefined,
  ): Promise<void> {
    const worker = this.#workers.get(plugin);
    const source = content === null ? undefined : this.#contents.get(content);
    let outcome: RawOutcome;
    this.calls++;
    if (worker === undefined || content !== null && source === undefined) {
      outcome = { status: "crashed", message: "sandbox process does not know what it was asked for", stack: "" };
    } else if (method === "methods") outcome = await worker.methods();
    else {outcome = await worker.call({
        method,
        args: decoder.decode(args),
        timeout: timeout ?? Infinity,
        ...(source && { content: source }),
      });}
    this.calls--;
    const { envelope, parts } = encodeOutcome(call, outcome, (bytes) => this.#files?.answers?.put(bytes) ?? null);
    this.send(envelope as object, parts);
  }
}
