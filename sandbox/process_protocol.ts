/**
 * The messages between the core and a sandbox process, both directions, and the core's check of what comes back: a process is ours,
 * but it holds hostile code, and the core survives whatever becomes of it.
 *
 * @module
 */
import type { LogLevel } from "../plugin.ts";
import { type BulkFiles, MAX_FILE, MIN_BULK, type Place } from "./bulk.ts";
import type { Frame } from "./frames.ts";
import { FrameError } from "./frames.ts";
import {
  MAX_MESSAGE_CHARS,
  MAX_PARTS,
  MAX_RESULT_CHARS,
  MAX_STACK_CHARS,
  type Method,
  oneLine,
  printable,
} from "./protocol.ts";
import type { PluginSpec, RawOutcome, Timing } from "./sandbox.ts";

/** Core to process. The part of a `call` is the JSON text of its arguments, that of a `plugin` its module, if that is embedded. */
export type ToProcess =
  /** The first message. Its part is the module that Workers start with, if that is embedded. */
  | {
    readonly type: "setup";
    /** Files of contents and of answers to open, if there are any. */
    readonly files: BulkFiles["paths"] | null;
    /** Kinds of permissions to give up then. */
    readonly revoke: readonly string[];
    /** Permissions of a Worker to start before it is known which plugin it is for. */
    readonly guest: Deno.PermissionOptionsObject | null;
  }
  | { readonly type: "plugin"; readonly spec: PluginSpec }
  /** A payload's bytes: at a place of the file of contents, or as the part. */
  | { readonly type: "content"; readonly content: number; readonly place?: Place }
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
  /** The files have no names any more: the one of answers may be written. */
  | { readonly type: "unlinked" }
  /** Places of the file of answers that have been read. */
  | { readonly type: "read"; readonly places: readonly number[] }
  | { readonly type: "ping" }
  | { readonly type: "close" };

/** Process to core. The parts of an `ok` are the JSON text and those buffers of the answer that are not in the file of answers. */
export type FromProcess =
  /** It has opened the files, or could not. */
  | { readonly type: "opened"; readonly usable: boolean }
  | {
    readonly type: "done";
    readonly call: number;
    readonly outcome: RawOutcome;
    /** Places that have been read. */
    readonly places: readonly number[];
  }
  | { readonly type: "log"; readonly level: LogLevel; readonly plugin: string; readonly message: string }
  /** Asks for an asset: the process itself can read no file but code. */
  | { readonly type: "asset"; readonly ask: number; readonly plugin: string; readonly name: string }
  | { readonly type: "pong" };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Writes an outcome as envelope and parts.
 *
 * @param put Puts a buffer into the file of answers, if it can.
 */
export function encodeOutcome(
  call: number,
  outcome: RawOutcome,
  put: (bytes: Uint8Array) => Place | null,
): { envelope: unknown; parts: Uint8Array[] } {
  if (outcome.status !== "ok") return { envelope: { type: "done", call, ...outcome }, parts: [] };
  const { answer: { json, parts }, status, timing } = outcome;
  const places = parts.map(put);
  return {
    envelope: { type: "done", call, status, timing, ...(places.some((place) => place !== null) && { places }) },
    parts: [encoder.encode(json), ...parts.filter((_, index) => places[index] === null)],
  };
}

/**
 * Reads a frame of a process.
 *
 * @param read Reads from the file of answers, for a call.
 * @throws {FrameError} If it is none of {@linkcode FromProcess}.
 */
export function parseFromProcess(
  { envelope, parts }: Frame,
  read: (place: Place, call: number) => Uint8Array<ArrayBuffer>,
): FromProcess {
  if (typeof envelope !== "object" || envelope === null) throw new FrameError("envelope is no object");
  const { type, call, status, message, stack, denied, level, plugin, ask, name, timing, places, usable } =
    envelope as Record<
      string,
      unknown
    >;
  if (type === "pong") return { type };
  if (type === "opened") return { type, usable: usable === true };
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
  const found = parsePlaces(places);
  const outcome = parseOutcomeOf(
    { status, message, stack, denied },
    withPlaces(parts, found, (place) => read(place, call)),
  );
  return {
    type,
    call,
    outcome: { ...outcome, ...parseTiming(timing) },
    places: found.flatMap((place) => place?.at ?? []),
  };
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

/** The parts of an answer in their order, those in the file included. */
function withPlaces(
  parts: Frame["parts"],
  places: readonly (Place | null)[],
  read: (place: Place) => Uint8Array<ArrayBuffer>,
): Frame["parts"] {
  if (places.length === 0) return parts;
  const [json, ...sent] = parts;
  let next = 0;
  const all = places.map((place) => {
    const part = place === null ? sent[next++] : read(place);
    if (part === undefined) throw new FrameError("answer has fewer parts than it says");
    return part;
  });
  if (json === undefined || next !== sent.length) throw new FrameError("answer has more parts than it says");
  return [json, ...all];
}

function parsePlaces(value: unknown): (Place | null)[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > MAX_PARTS) throw new FrameError("answer has places that are no list");
  let left = MAX_FILE;
  return value.map((place) => {
    if (place === null) return null;
    const { at, size } = place as Record<string, unknown>;
    if (!isOffset(at) || !isOffset(size) || size < MIN_BULK) throw new FrameError("answer has a place that is none");
    // No two have the same bytes: all of them are no more than the file.
    if ((left -= size) < 0) throw new FrameError(`answer has more than ${MAX_FILE} bytes of places`);
    return { at, size };
  });
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MAX_FILE;
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
