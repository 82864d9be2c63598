/**
 * The one place that calls plugins: finds the plugin, gives it its sandbox, and turns every way a call can fail into an entry
 * of `errors` and a line of the log.
 *
 * @module
 */
import { grantedOf, type Method } from "../sandbox/protocol.ts";
import type { Answer, Call, Outcome, Sandbox } from "../sandbox/sandbox.ts";
import type { Config } from "./config.ts";
import { type Grant, grant } from "./grant.ts";
import type { Log } from "./log.ts";
import type { RegisteredPlugin, Registry } from "./registry.ts";
import { backoff } from "./backoff.ts";
import { StoqPluginError } from "./errors.ts";
import { traced } from "./trace.ts";
import type { Payload } from "./payload.ts";

/** Messages by plugin name, in the order in which plugins first had one. */
export type Errors = Record<string, string[]>;

/** Adds messages to those of a plugin. */
export function addErrors(errors: Errors, plugin: string, messages: readonly string[]): void {
  if (messages.length === 0) return;
  // Plugins may be called like members of Object.prototype.
  const own = Object.hasOwn(errors, plugin) ? errors[plugin]! : [];
  Object.defineProperty(errors, plugin, { value: own, enumerable: true, configurable: true, writable: true });
  for (const message of messages) own.push(message);
}

/** Adds all messages of `more`; one that is there already, about a plugin as a whole, is not said again. */
export function mergeErrors(errors: Errors, more: Errors): void {
  for (const [plugin, messages] of Object.entries(more)) {
    const known = Object.hasOwn(errors, plugin) ? errors[plugin]! : [];
    addErrors(errors, plugin, messages.filter((message) => !known.includes(message)));
  }
}

/** What a call is about, for its error message. */
export interface Subject {
  /** The payload, if it is about one. */
  readonly payload?: Payload;
  /** Collects the message if the call fails. */
  readonly errors: Errors;
  /** How often a call that fails is made again, after a while. Default: not. */
  readonly retries?: number;
  /** Time at which the scan has to be over, in milliseconds as of `performance.now()`. */
  readonly deadline?: number;
}

/** A plugin and what it is granted. */
export interface FoundPlugin {
  readonly plugin: RegisteredPlugin;
  readonly grant: Grant;
}

/** Calls plugins by name. */
export class PluginCaller {
  /** Set when the sandboxes are about to be closed. */
  closing = false;
  readonly #grants = new Map<string, Promise<FoundPlugin>>();

  constructor(
    readonly registry: Registry,
    private readonly config: Config,
    private readonly sandbox: Sandbox,
    private readonly log: Log,
    /** Told of every call that was made. */
    private readonly observe: (plugin: string, method: Method, outcome: Outcome) => void = () => {},
  ) {}

  /**
   * Finds a plugin and what it is granted.
   *
   * @throws {StoqError} If it does not exist or cannot be used.
   */
  find(name: string): Promise<FoundPlugin> {
    let found = this.#grants.get(name);
    if (found === undefined) {
      found = this.#find(name);
      this.#grants.set(name, found);
      // Not kept: there is no end to the names that a plugin can think of.
      found.catch(() => this.#grants.delete(name));
    }
    return found;
  }

  async #find(name: string): Promise<FoundPlugin> {
    let plugin = await this.registry.find(name);
    if (!plugin.builtin) {
      // Loaded only where it is needed. Files are hashed here, once for each plugin that is used, not for each call.
      const [{ enforceLock }, { readLock }] = await Promise.all([import("./installed.ts"), import("./lock.ts")]);
      plugin = await enforceLock(plugin, await readLock());
    }
    const granted = grant(plugin, this.config);
    if (!plugin.builtin && !plugin.installed) this.#announce(granted);
    return { plugin, grant: granted };
  }

  /** Finds a plugin; null if it cannot be used: then the reason is in `errors`, once, and in the log. */
  async tryFind(name: string, errors: Errors): Promise<FoundPlugin | null> {
    try {
      return await this.find(name);
    } catch (error) {
      const { message, stack } = error as Error;
      return Object.hasOwn(errors, name) && errors[name]!.includes(message)
        ? null
        : this.#fail(name, message, errors, stack);
    }
  }

  /**
   * Loads a plugin.
   *
   * @returns The names of its methods.
   * @throws {StoqPluginError} If it cannot be loaded.
   */
  async load(name: string): Promise<readonly string[]> {
    const { grant } = await this.find(name);
    const outcome = await this.sandbox.methods(grant.spec);
    if (outcome.status === "ok") return outcome.answer.value as readonly string[];
    throw new StoqPluginError(`Plugin "${name}" ${outcome.message}`, { cause: outcome });
  }

  /**
   * Calls a method of a plugin.
   *
   * @returns Its answer, or null if the call failed: then the reason is in the subject's `errors` and in the log.
   */
  async call(name: string, call: Call, subject: Subject): Promise<Answer | null> {
    const about = subject.payload === undefined ? "" : ` for payload ${subject.payload.payloadId}`;
    const fail = (message: string, stack?: string) => this.#fail(name, message, subject.errors, stack);
    const found = await this.tryFind(name, subject.errors);
    if (found === null) return null;
    const { spec } = found.grant;
    for (let attempt = 1;; attempt++) {
      const left = subject.deadline === undefined ? Infinity : (subject.deadline - performance.now()) / 1000;
      if (left <= 0) return fail(`${call.method} was not called${about}: the scan's time was over`);
      const timeout = Math.min(call.timeout ?? spec.limits.timeout, left);
      const outcome = await traced(
        `${call.method} ${name}`,
        {
          "stoq.plugin": name,
          "stoq.method": call.method,
          ...(subject.payload && { "stoq.payload_id": subject.payload.payloadId }),
        },
        () => this.sandbox.call(spec, { ...call, timeout }),
        (outcome) => outcome.status === "ok" ? null : outcome.message,
      );
      this.observe(name, call.method, outcome);
      if (outcome.status === "ok") return outcome.answer;
      const message = `${call.method} ${VERB[outcome.status]}${about}: ${
        this.#explain(outcome, name, subject.payload)
      }`;
      if (attempt > (subject.retries ?? 0) || this.closing) return fail(message, stackOf(outcome));
      this.log.write("warning", name, `${message}: attempt ${attempt} of ${1 + subject.retries!}`);
      await backoff(attempt);
    }
  }

  /**
   * Makes the same call of several plugins at the same time.
   *
   * @returns Their answers, and in the subject's `errors` their messages, in the order of `names`, whoever was first.
   */
  async callAll(
    names: readonly string[],
    call: Call,
    subject: Subject,
  ): Promise<{ name: string; answer: Answer | null }[]> {
    const calls = names.map((name) => {
      const errors: Errors = {};
      return { name, errors, answer: this.call(name, call, { ...subject, errors }) };
    });
    const answers = [];
    for (const { name, errors, answer } of calls) {
      answers.push({ name, answer: await answer });
      mergeErrors(subject.errors, errors);
    }
    return answers;
  }

  /** Says that no plugin will be given this payload again. */
  forget(payload: Payload): void {
    this.sandbox.forget(payload.content);
  }

  #fail(name: string, message: string, errors: Errors, stack?: string): null {
    addErrors(errors, name, [message]);
    // What ends with the sandboxes is no news.
    this.log.write(this.closing ? "debug" : "error", name, message, stack);
    return null;
  }

  #explain(outcome: Exclude<Outcome, { status: "ok" }>, name: string, payload: Payload | undefined): string {
    switch (outcome.status) {
      case "denied":
        return `${outcome.message} (plugin "${name}" has no permission for ${outcome.denied}; ${
          remedy(outcome.denied, name)
        })`;
      case "timedOut":
      case "crashed":
        return payload === undefined
          ? outcome.message
          : `${outcome.message} (SHA-256 ${payload.sha256}, ${payload.size} bytes)`;
      default:
        return outcome.message;
    }
  }

  /** Says once what a plugin that nobody was asked about may do. */
  #announce({ spec }: Grant): void {
    const may = grantedOf(spec.permissions).map(([kind, values]) =>
      `${kind} ${values === true ? "everything" : values.join(", ")}`
    );
    const commands = Object.values(spec.commands).map((words) => `run "${words.join(" ")}" through stoQ`);
    const all = [...may, ...commands];
    this.log.write(
      "info",
      "stoq",
      `Plugin "${spec.name}" from "${spec.folder}" may: ${all.join("; ") || "compute, nothing else"}`,
    );
  }
}

const VERB = { failed: "failed", denied: "was denied", timedOut: "timed out", crashed: "crashed" } as const;

function stackOf(outcome: Outcome): string {
  return "stack" in outcome ? outcome.stack : "";
}

/** The manifest line that would grant what was denied. */
function remedy(denied: string, plugin: string): string {
  const [, kind, value] = /^(\w+) access(?: to "([^"]*)")?/.exec(denied) ?? [];
  if (kind === undefined) return "its manifest does not ask for it";
  // Whatever is granted: what is there is the machine itself.
  if (kind === "all") return "Deno gives nothing of /dev, /proc and /sys to a sandbox: name another place";
  return `"${kind} = ${
    value ?? ""
  }" under [permissions] of its manifest, or under [permissions.${plugin}] in stoq.cfg, would grant it`;
}
