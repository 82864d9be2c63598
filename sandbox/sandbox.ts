/**
 * What the core sees of sandboxes: one interface, whatever tier is behind it.
 *
 * @module
 */
import type { LogLevel } from "../plugin.ts";
import { grantedOf, type Method, parseResult, type Permissions } from "./protocol.ts";

/** Limits of one plugin's sandbox. */
export interface Limits {
  /** Seconds that a call may take. */
  readonly timeout: number;
  /** MiB, of the process that the plugin runs in. */
  readonly memory: number;
  /** Calls that may be under way at once, in a plugin that waits for others; 1 where left out. */
  readonly concurrency?: number;
  /** `shared`: one process with other plugins; `process`: one of its own; `worker`: a Worker in the core, for measuring. */
  readonly isolation: "shared" | "process" | "worker";
}

/** All that a sandbox needs to know to run one plugin; plain data, so that it can be sent to another process. */
export interface PluginSpec {
  readonly name: string;
  /** URL of the module. */
  readonly entry: string;
  /** Absolute path of the plugin's own folder; assets are read from it. */
  readonly folder: string;
  /** Option values by lower-case name. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly permissions: Permissions;
  /** Absolute paths that the module itself may be loaded from. */
  readonly code: readonly string[];
  /** Listed assets: name to path, in the folder or absolute. */
  readonly assets: Readonly<Record<string, string>>;
  /** Command lines that the host runs for the plugin: name to program and arguments. */
  readonly commands: Readonly<Record<string, readonly string[]>>;
  readonly limits: Limits;
}

/** One call of a plugin. */
export interface Call {
  /** The method. */
  readonly method: Method;
  /** JSON data. */
  readonly args: readonly unknown[];
  /** The payload's bytes, for methods that take one; copied once. */
  readonly content?: Uint8Array<ArrayBuffer>;
  /** Overrides the plugin's timeout: seconds, or `Infinity`. */
  readonly timeout?: number;
}

/** A payload's bytes, wherever they are. */
export interface Content {
  /** Number of bytes. */
  readonly size: number;
  /** The bytes, in a buffer that nobody else has. */
  copy(): ArrayBuffer;
}

/** A content that is in memory. */
export function inMemory(bytes: Uint8Array): Content {
  return { size: bytes.length, copy: () => new Uint8Array(bytes).buffer };
}

/** A call whose arguments are JSON text already. */
export type RawCall = Omit<Call, "args" | "content"> & { readonly args: string; readonly content?: Content };

/** What a call gave: checked to be plain JSON data, but not yet to be of the method's shape. */
export interface Answer {
  /** Plain JSON data. */
  readonly value: unknown;
  /** Characters of JSON text that the value came as. */
  readonly size: number;
  /** Bytes beside it. */
  readonly parts: readonly Uint8Array<ArrayBuffer>[];
}

/** How a call failed. Every message is one line. */
export type Failure =
  /** The plugin threw, could not be loaded, or answered what is no answer. */
  | { readonly status: "failed"; readonly message: string; readonly stack: string }
  /** Deno refused what the plugin tried. */
  | { readonly status: "denied"; readonly message: string; readonly stack: string; readonly denied: string }
  /** The call took longer than its limit; its sandbox was killed. */
  | { readonly status: "timedOut"; readonly message: string }
  /** The sandbox ended during the call: memory, an exit, a late error, a forged message. */
  | { readonly status: "crashed"; readonly message: string; readonly stack: string };

/** Where the time of a call went, in milliseconds: waiting for its turn, copying the payload, running. */
export interface Timing {
  readonly queue: number;
  readonly copy: number;
  readonly run: number;
}

/** How a call ended. */
export type Outcome = ({ readonly status: "ok"; readonly answer: Answer } | Failure) & { readonly timing?: Timing };

/** An answer whose JSON text nobody has parsed yet: a process passes it on as it is. */
export type RawOutcome =
  & ({
    readonly status: "ok";
    readonly answer: { readonly json: string; readonly parts: readonly Uint8Array<ArrayBuffer>[] };
  } | Failure)
  & { readonly timing?: Timing };

/** Parses an answer; one that is no JSON, or nests too deep, is a failure of the plugin. */
export function parseOutcome(outcome: RawOutcome): Outcome {
  if (outcome.status !== "ok") return outcome;
  const { json, parts } = outcome.answer;
  try {
    return { ...outcome, answer: { value: parseResult(json), size: json.length, parts } };
  } catch (error) {
    return { status: "failed", message: `broke the sandbox protocol: ${(error as Error).message}`, stack: "" };
  }
}

/** Where log lines of plugins and sandboxes go. */
export type SandboxLog = (level: LogLevel, plugin: string, message: string) => void;

/** Runs plugins. Nothing that a plugin does makes a method reject or throw. */
export interface Sandbox extends AsyncDisposable {
  /** Methods that the plugin has, once loaded; loads it if need be. */
  methods(plugin: PluginSpec): Promise<Outcome>;
  /** Calls a method of a plugin; loads it if need be. */
  call(plugin: PluginSpec, call: Call): Promise<Outcome>;
  /** Says that no further call will have this content. */
  forget(content: Uint8Array<ArrayBuffer>): void;
}

/**
 * Whether a plugin lives with others: it is ours, and can do nothing but compute, so that no call of it does harm when it has to be
 * made again.
 */
export function sharesProcess({ limits, permissions, commands }: PluginSpec): boolean {
  const mayAct = grantedOf(permissions).length > 0 || Object.keys(commands).length > 0;
  return limits.isolation === "shared" && !mayAct;
}

/** Calls that may be under way in a plugin at once. */
export function concurrencyOf({ limits }: PluginSpec): number {
  return limits.concurrency ?? 1;
}
