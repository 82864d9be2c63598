/**
 * The messages between the core and a sandbox process, both directions, and the core's check of what comes back: a process is ours,
 * but it holds hostile code, and the core survives whatever becomes of it.
 *
 * @module
 */
import type { LogLevel } from "../plugin.ts";
import type { Frame } from "./frames.ts";
import { FrameError } from "./frames.ts";
import { MAX_MESSAGE_CHARS, MAX_RESULT_CHARS, MAX_STACK_CHARS, type Method, oneLine, printable } from "./protocol.ts";
import type { PluginSpec, RawOutcome, Timing } from "./sandbox.ts";

/** Core to process. The part of a `content` is the payload's bytes, that of a `call` the JSON text of its arguments. */
export type ToProcess =
  | { readonly type: "plugin"; readonly spec: PluginSpec }
  | { readonly type: "content"; readonly content: number }
  | { readonly type: "forget"; readonly content: number }
  | {
    readonly type: "call";
    readonly call: number;
    readonly plugin: string;
    /** `methods` loads the plugin and names its methods. */
    readonly method: Method | "methods";
    readonly content: number | null;
    /** Seconds; null for no limit. */
    readonly timeout: number | null;
  }
  /** The part is the asset; or there is none, and why. */
  | { readonly type: "asset"; readonly ask: number; readonly error?: string }
  | { readonly type: "ping" }
  | { readonly type: "close" };

/** Process to core. The parts of an `ok` are the JSON text and the buffers of the answer. */
export type FromProcess =
  | { readonly type: "done"; readonly call: number; readonly outcome: RawOutcome }
  | { readonly type: "log"; readonly level: LogLevel; readonly plugin: string; readonly message: string }
  /** Asks for an asset: the process itself can read no file but code. */
  | { readonly type: "asset"; readonly ask: number; readonly plugin: string; readonly name: string }
  | { readonly type: "pong" };

const decoder = new TextDecoder();

/** Writes an outcome as envelope and parts. */
export function encodeOutcome(call: number, outcome: RawOutcome): { envelope: unknown; parts: Uint8Array[] } {
  if (outcome.status !== "ok") return { envelope: { type: "done", call, ...outcome }, parts: [] };
  const { answer: { json, parts }, status, timing } = outcome;
  return { envelope: { type: "done", call, status, timing }, parts: [new TextEncoder().encode(json), ...parts] };
}

/**
 * Reads a frame of a process.
 *
 * @throws {FrameError} If it is none of {@linkcode FromProcess}.
 */
export function parseFromProcess({ envelope, parts }: Frame): FromProcess {
  if (typeof envelope !== "object" || envelope === null) throw new FrameError("envelope is no object");
  const { type, call, status, message, stack, denied, level, plugin, ask, name, timing } = envelope as Record<
    string,
    unknown
  >;
  if (type === "pong") return { type };
  if (type === "log") {
    return {
      type,
      level: logLevel(level),
      plugin: text(plugin, 64),
      message: printable(text(message, Infinity), MAX_MESSAGE_CHARS),
    };
  }
  if (type === "asset" && typeof ask === "number") {
    return { type, ask, plugin: text(plugin, 64), name: text(name, 1024) };
  }
  if (type !== "done" || typeof call !== "number") throw new FrameError("envelope has an unknown type");
  const outcome = parseOutcomeOf({ status, message, stack, denied }, parts);
  return { type, call, outcome: { ...outcome, ...parseTiming(timing) } };
}

function parseOutcomeOf(
  { status, message, stack, denied }: Record<"status" | "message" | "stack" | "denied", unknown>,
  parts: Frame["parts"],
): RawOutcome {
  const trace = () => printable(text(stack, Infinity), MAX_STACK_CHARS);
  switch (status) {
    case "ok": {
      const [json, ...rest] = parts;
      if (json === undefined || json.length > 3 * MAX_RESULT_CHARS) {
        throw new FrameError("answer has no JSON, or too much");
      }
      return { status, answer: { json: decoder.decode(json), parts: rest } };
    }
    case "timedOut":
      return { status, message: line(message) };
    case "failed":
    case "crashed":
      return { status, message: line(message), stack: trace() };
    case "denied":
      return { status, message: line(message), stack: trace(), denied: line(denied) };
    default:
      throw new FrameError("answer has an unknown status");
  }
}

function parseTiming(value: unknown): { timing?: Timing } {
  if (typeof value !== "object" || value === null) return {};
  const { queue, copy, run } = value as Record<string, unknown>;
  if (typeof queue !== "number" || typeof copy !== "number" || typeof run !== "number") {
    throw new FrameError("timing has a field that is no number");
  }
  return { timing: { queue, copy, run } };
}

function line(value: unknown): string {
  return oneLine(text(value, Infinity));
}

function text(value: unknown, limit: number): string {
  if (typeof value !== "string" || value.length > limit) throw new FrameError("envelope has a field that is not text");
  return value;
}

function logLevel(value: unknown): LogLevel {
  switch (value) {
    case "debug":
    case "info":
    case "warning":
    case "error":
    case "critical":
      return value;
    default:
      throw new FrameError("envelope has an unknown level");
  }
}
