/**
 * The guest's message loop: one plugin, called by the host. Pure: what it can do is injected by `guest_main.ts`.
 *
 * It runs in the plugin's realm, so nothing here is a wall: the host believes no message (protocol.ts).
 *
 * @module
 */
import type { ExtractedPayload, PayloadMeta, PluginContext, ProviderItem } from "../plugin.ts";
import { makeOptions } from "./options.ts";
import { toJsonValue } from "./json_value.ts";
import {
  type FromGuest,
  type GuestCall,
  type GuestError,
  type GuestSetup,
  type Method,
  PLUGIN_METHODS,
  type PluginMethod,
  ROLES,
  type ToGuest,
} from "./protocol.ts";

/** What the guest may do, given by its entry. */
export interface GuestPowers {
  post(message: FromGuest, transfer?: ArrayBuffer[]): void;
  /** Imports the plugin's module. */
  load(entry: string): Promise<unknown>;
  /** Makes a response object out of the camelCase data of one. */
  makeResponse(data: unknown): unknown;
}

/** A result on its way out: JSON data, and buffers beside it. */
interface Outgoing {
  readonly value: unknown;
  readonly parts: ArrayBuffer[];
}

type AnyPlugin = Partial<Record<PluginMethod | "close", (...args: unknown[]) => unknown>>;

/** One plugin and the state of its calls. */
export class Guest {
  readonly #powers: GuestPowers;
  #plugin: AnyPlugin = {};
  readonly #abort = new AbortController();
  #items: AsyncIterator<unknown> | undefined;
  /** Provider items not yet acknowledged, by a name that no other sandbox of the plugin uses. */
  readonly #unacknowledged = new Map<string, () => unknown>();
  readonly #questions = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #nextQuestion = 1;

  constructor(powers: GuestPowers) {
    this.#powers = powers;
  }

  /** Loads and constructs the plugin, then tells the host which methods it has. */
  async start(setup: GuestSetup): Promise<void> {
    try {
      const module = await this.#powers.load(setup.entry) as { default?: unknown };
      const Plugin = module.default;
      if (typeof Plugin !== "function") {
        throw new TypeError(`module has no default export that is a class: add "export default class …"`);
      }
      this.#plugin = new (Plugin as new (context: PluginContext) => AnyPlugin)(this.#context(setup));
      const methods = PLUGIN_METHODS.filter((method) => typeof this.#plugin[method] === "function");
      this.#powers.post({ type: "ready", methods });
    } catch (error) {
      this.#powers.post({ type: "unusable", error: describeError(error) });
    }
  }

  /** Handles one message of the host, after `init`. */
  async receive(message: ToGuest): Promise<void> {
    switch (message.type) {
      case "call":
        return await this.#answer(message);
      case "calls":
        for (let i = 0; i < message.calls.length; i++) await this.#answer(message.calls[i]!);
        return;
      case "answer": {
        const question = this.#questions.get(message.id);
        this.#questions.delete(message.id);
        if (message.error === undefined) question?.resolve(message.value);
        else question?.reject(new Error(message.error));
        return;
      }
      case "close":
        this.#abort.abort();
        // Both at once: a provider that ignores the signal must not keep the plugin from closing.
        for (
          const end of await Promise.allSettled([
            this.#items?.return?.(),
            (async () => await this.#plugin.close?.())(),
          ])
        ) {
          if (end.status === "fulfilled") continue;
          this.#powers.post({
            type: "log",
            level: "error",
            message: `close failed: ${describeError(end.reason).message}`,
          });
        }
        this.#powers.post({ type: "closed" });
        return;
      case "init":
        return await this.start(message.setup);
    }
  }

  #context(setup: GuestSetup): PluginContext {
    const log = (level: "debug" | "info" | "warning" | "error" | "critical") => (message: string) =>
      this.#powers.post({ type: "log", level, message: String(message) });
    return {
      name: setup.name,
      options: makeOptions(setup.name, setup.options),
      log: {
        debug: log("debug"),
        info: log("info"),
        warning: log("warning"),
        error: log("error"),
        critical: log("critical"),
      },
      signal: this.#abort.signal,
      asset: (path) => this.#ask("asset", path) as Promise<Uint8Array<ArrayBuffer>>,
      command: (name, input) =>
        this.#ask("command", name, input === undefined ? undefined : ownBuffer(input)) as ReturnType<
          PluginContext["command"]
        >,
    };
  }

  #ask(what: "asset" | "command", name: string, input?: ArrayBuffer): Promise<unknown> {
    const id = this.#nextQuestion++;
    return new Promise((resolve, reject) => {
      this.#questions.set(id, { resolve, reject });
      this.#powers.post({ type: "ask", id, what, name, ...(input && { input }) }, input ? [input] : []);
    });
  }

  /** Makes a call and posts how it ended. */
  async #answer({ id, method, args, content }: GuestCall): Promise<void> {
    try {
      const { value, parts } = await this.#call(method, JSON.parse(args), content);
      const json = JSON.stringify(value) ?? "null";
      this.#powers.post({ type: "result", id, json, parts }, parts);
    } catch (error) {
      this.#powers.post({ type: "error", id, error: describeError(error) });
    }
  }

  async #call(method: Method, args: readonly unknown[], content?: ArrayBuffer): Promise<Outgoing> {
    switch (method) {
      case "scan":
        return workerResponse(await this.#invoke(method, withContent(args[0], content), args[1]));
      case "getDispatches":
      case "getDeepDispatches":
        return plain(await this.#invoke(method, withContent(args[0], content), args[1]), [
          "pluginNames",
          "meta",
          "errors",
          "shouldArchive",
        ]);
      case "archive":
        return plain(await this.#invoke(method, withContent(args[0], content), args[1]), ["results", "errors"]);
      case "get":
        return newPayload(await this.#invoke(method, args[0]));
      case "decorate":
        return plain(await this.#invoke(method, this.#powers.makeResponse(args[0])), ["results", "errors"]);
      case "save":
        return { value: toJsonValue(await this.#invoke(method, this.#powers.makeResponse(args[0]))), parts: [] };
      case "ingest":
        return await this.#nextOf();
      case "acknowledge": {
        const acknowledge = this.#unacknowledged.get(args[0] as string);
        this.#unacknowledged.delete(args[0] as string);
        await acknowledge?.();
        return { value: null, parts: [] };
      }
    }
  }

  #invoke(method: PluginMethod, ...args: unknown[]): unknown {
    const call = this.#plugin[method];
    if (typeof call !== "function") throw new TypeError(`is no ${ROLES[method]}: it has no method "${method}"`);
    return call.apply(this.#plugin, args);
  }

  /** The provider's next item; `null` when its source is exhausted. */
  async #nextOf(): Promise<Outgoing> {
    this.#items ??= (this.#invoke("ingest") as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    const { done, value } = await this.#items.next().catch((error) => {
      // An iterator that threw is over: asked again, the provider begins anew.
      this.#items = undefined;
      throw error;
    });
    if (done) return { value: null, parts: [] };
    const { payload, task, request, acknowledge } = value as ProviderItem;
    let id: string | null = null;
    if (typeof acknowledge === "function") {
      id = crypto.randomUUID();
      this.#unacknowledged.set(id, () => acknowledge.call(value));
    }
    const brought = payload === undefined ? { value: null, parts: [] } : newPayload(payload);
    return {
      value: {
        payload: brought.value,
        task: toJsonValue(task ?? null),
        request: toJsonValue(request ?? null),
        acknowledge: id,
      },
      parts: brought.parts,
    };
  }
}

function withContent(payload: unknown, content: ArrayBuffer | undefined): unknown {
  return { ...payload as object, content: new Uint8Array(content ?? new ArrayBuffer(0)) };
}

/** Copies the named fields of what a plugin returned; nothing returned stays nothing. */
function plain(response: unknown, fields: readonly string[]): Outgoing {
  if (response === undefined || response === null) return { value: null, parts: [] };
  if (typeof response !== "object") throw new TypeError(`returned a ${typeof response}: return an object or nothing`);
  const value: Record<string, unknown> = {};
  for (const field of fields) {
    const content = (response as Record<string, unknown>)[field];
    if (content !== undefined && content !== null) value[field] = toJsonValue(content);
  }
  return { value, parts: [] };
}

function workerResponse(response: unknown): Outgoing {
  const { value, parts } = plain(response, ["results", "errors", "dispatchTo"]);
  if (value === null) return { value, parts };
  const extracted = (response as { extracted?: Iterable<ExtractedPayload> }).extracted;
  if (extracted === undefined || extracted === null) return { value, parts };
  const metas: unknown[] = [];
  const errors: string[] = [];
  const taken = new Set<ArrayBuffer>();
  if (typeof extracted !== "object" || typeof extracted[Symbol.iterator] !== "function") {
    (value as Record<string, unknown>)["errors"] = [
      ...listOf((value as Record<string, unknown>)["errors"]),
      `extracted is ${kindOf(extracted)}, not a list of payloads: ignored`,
    ];
    return { value, parts };
  }
  let index = 0;
  for (const item of extracted) {
    const content: unknown = item?.content;
    // One payload that is not bytes must not cost the others.
    try {
      if (!(content instanceof Uint8Array)) throw new TypeError(`is ${kindOf(content)}, not a Uint8Array`);
      const meta = payloadMeta(item.payloadMeta);
      parts.push(ownBuffer(content, taken));
      metas.push(meta);
    } catch (error) {
      errors.push(`extracted[${index}].content ${describeError(error).message.replace("TypeError: ", "")}`);
    }
    index++;
  }
  const record = value as Record<string, unknown>;
  record["extracted"] = metas;
  if (errors.length > 0) record["errors"] = [...listOf(record["errors"]), ...errors];
  return { value, parts };
}

function listOf(errors: unknown): unknown[] {
  return errors === undefined ? [] : Array.isArray(errors) ? errors : [errors];
}

function newPayload(payload: unknown): Outgoing {
  if (payload === undefined || payload === null) return { value: null, parts: [] };
  const { content, payloadMeta: meta } = payload as { content: unknown; payloadMeta?: Partial<PayloadMeta> };
  if (!(content instanceof Uint8Array)) throw new TypeError(`payload.content is ${kindOf(content)}, not a Uint8Array`);
  return { value: payloadMeta(meta), parts: [ownBuffer(content)] };
}

function payloadMeta(meta: Partial<PayloadMeta> | undefined): unknown {
  return toJsonValue(meta ?? {});
}

/**
 * The bytes in a buffer of exactly their size, ready to be transferred; copied if they share theirs.
 *
 * @param taken Buffers that are on their way already: none can be transferred twice.
 */
function ownBuffer(bytes: Uint8Array, taken: Set<ArrayBuffer> = new Set()): ArrayBuffer {
  const { buffer, byteLength } = bytes;
  const own = buffer instanceof ArrayBuffer && byteLength === buffer.byteLength && !taken.has(buffer)
    ? buffer
    : new Uint8Array(bytes).buffer;
  taken.add(own);
  return own;
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "an array" : `of type ${typeof value}`;
}

/** An error, whatever was thrown, as text. */
export function describeError(error: unknown): GuestError {
  try {
    const { name, message, stack } = error as { name?: unknown; message?: unknown; stack?: unknown };
    const isError = error instanceof Error;
    const text = isError ? `${String(name)}: ${String(message)}` : `threw ${String(error)}`;
    // An import that is denied comes as another kind of error.
    const denied = isError
      ? /Requires (\w+ access[^\n]*?)(?:, run again|\n|$)/.exec(String(message))?.[1] ?? null
      : null;
    return { message: text, stack: isError ? String(stack) : "", denied };
  } catch {
    return { message: "threw something that cannot be shown as text", stack: "", denied: null };
  }
}
