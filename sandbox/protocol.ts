/**
 * The messages between a sandbox's host (trusted) and its guest (not trusted), both directions, and the check of every
 * message that comes out of a guest. Nothing else crosses.
 *
 * Results cross as JSON text plus transferred buffers: the text is bounded before it is parsed, and what parsing gives
 * has no functions, getters, cycles or foreign prototypes (SANDBOX.md, row 15).
 *
 * @module
 */
import type { LogLevel } from "../plugin.ts";

/** A method that the host may call: of the plugin, or of an item that a provider brought (`acknowledge`). */
export type Method =
  | "scan"
  | "getDispatches"
  | "getDeepDispatches"
  | "archive"
  | "get"
  | "decorate"
  | "save"
  | "ingest"
  | "acknowledge";

/** A method that makes a plugin what it is. */
export type PluginMethod = Exclude<Method, "acknowledge">;

/** What a plugin with a method is. */
export const ROLES: Readonly<Record<PluginMethod, string>> = {
  scan: "worker",
  getDispatches: "dispatcher",
  getDeepDispatches: "deep dispatcher",
  archive: "destination archiver",
  get: "source archiver",
  decorate: "decorator",
  save: "connector",
  ingest: "provider",
};

/** All methods that make a plugin what it is. */
export const PLUGIN_METHODS = Object.keys(ROLES) as readonly PluginMethod[];

/** Kinds of permissions that Deno has for a plugin. */
export const PERMISSIONS = ["net", "read", "write", "run", "env", "sys"] as const;

/** Permissions of a sandbox, every kind spelled out; `true` means all of that kind. */
export type Permissions = { readonly [kind in (typeof PERMISSIONS)[number]]: readonly string[] | boolean };

/** The kinds of which something was granted, and what. */
export function grantedOf(permissions: Permissions): [kind: keyof Permissions, values: readonly string[] | true][] {
  return PERMISSIONS.flatMap((kind) => {
    const values = permissions[kind];
    return values === false || values !== true && values.length === 0 ? [] : [[kind, values]];
  });
}

/** What the guest needs to know to become one plugin. */
export interface GuestSetup {
  readonly name: string;
  /** URL of the plugin's module: `file:` or `blob:`. */
  readonly entry: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Which kinds of permission were granted at all. */
  readonly granted: readonly (keyof Permissions)[];
  /** Names of granted environment variables. */
  readonly env: readonly string[];
}

/** A call, as the guest gets it. */
export interface GuestCall {
  readonly id: number;
  readonly method: Method;
  /** JSON text of the arguments: cheaper to pass on than the data. */
  readonly args: string;
  readonly content?: ArrayBuffer;
}

/** Host to guest. */
export type ToGuest =
  | { readonly type: "init"; readonly setup: GuestSetup }
  | { readonly type: "call" } & GuestCall
  /** Calls to be made one after the other, each answered before the next begins. */
  | { readonly type: "calls"; readonly calls: readonly GuestCall[] }
  | { readonly type: "answer"; readonly id: number; readonly value?: unknown; readonly error?: string }
  | { readonly type: "close" };

/** An error of the plugin, as text. */
export interface GuestError {
  /** One line. */
  readonly message: string;
  readonly stack: string;
  /** What Deno refused, if that is what it was: `read access to "/etc/passwd"`. */
  readonly denied: string | null;
}

/** Guest to host. */
export type FromGuest =
  | { readonly type: "ready"; readonly methods: readonly string[] }
  | { readonly type: "unusable"; readonly error: GuestError }
  | { readonly type: "result"; readonly id: number; readonly json: string; readonly parts: readonly ArrayBuffer[] }
  | { readonly type: "error"; readonly id: number; readonly error: GuestError }
  | { readonly type: "log"; readonly level: LogLevel; readonly message: string }
  | {
    readonly type: "ask";
    readonly id: number;
    readonly what: "asset" | "command";
    readonly name: string;
    readonly input?: ArrayBuffer;
  }
  /** An error that nobody caught, or a rejection that nobody awaited. */
  | { readonly type: "late"; readonly error: GuestError }
  | { readonly type: "closed" };

/** Longest JSON text of a result that is parsed, in UTF-16 code units: results are for people and databases to read. */
export const MAX_RESULT_CHARS = 32 * 1024 * 1024;
/** Most values (objects, arrays, members) in a result: small ones take a hundred times their text in memory. */
export const MAX_RESULT_VALUES = 1_000_000;
/** Questions (assets, commands) that a guest may have open at once. */
export const MAX_OPEN_QUESTIONS = 16;
/** Most payloads that one call may return. */
export const MAX_PARTS = 100_000;
/** Longest error or log message kept. */
export const MAX_MESSAGE_CHARS = 4096;
/** Longest stack kept. */
export const MAX_STACK_CHARS = 16 * 1024;
/** Deepest nesting of a result: beyond it, writing the response as JSON could overflow the stack. */
export const MAX_DEPTH = 100;

const LEVELS: ReadonlySet<string> = new Set<LogLevel>(["debug", "info", "warning", "error", "critical"]);

/** A message that no guest of ours would send: it is hostile or broken, and its sandbox is not to be trusted further. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/**
 * Copies a message out of what a guest posted, field by field, checking each.
 *
 * @throws {ProtocolError} If it is not a message of {@linkcode FromGuest} within the limits.
 */
export function parseFromGuest(data: unknown): FromGuest {
  if (typeof data !== "object" || data === null) throw new ProtocolError(`message is ${describe(data)}`);
  const message = data as Record<string, unknown>;
  const type = message["type"];
  switch (type) {
    case "ready":
      return {
        type,
        methods: list(message["methods"], "methods", PLUGIN_METHODS.length).map((m) => text(m, "method", 64)),
      };
    case "unusable":
    case "late":
      return { type, error: guestError(message["error"]) };
    case "result": {
      const json = message["json"];
      if (typeof json !== "string") throw new ProtocolError(`result is ${describe(json)}`);
      if (json.length > MAX_RESULT_CHARS) {
        throw new ProtocolError(`result has ${json.length} characters of JSON, the limit is ${MAX_RESULT_CHARS}`);
      }
      const parts = list(message["parts"], "parts", MAX_PARTS).map((part) => buffer(part, "part"));
      return { type, id: integer(message["id"], "id"), json, parts };
    }
    case "error":
      return { type, id: integer(message["id"], "id"), error: guestError(message["error"]) };
    case "log": {
      const level = message["level"];
      if (!isLogLevel(level)) throw new ProtocolError(`log level is ${describe(level)}`);
      return { type, level, message: printable(text(message["message"], "log message", Infinity), MAX_MESSAGE_CHARS) };
    }
    case "ask": {
      const what = message["what"];
      if (what !== "asset" && what !== "command") throw new ProtocolError(`request for ${describe(what)}`);
      const input = message["input"];
      return {
        type,
        id: integer(message["id"], "id"),
        what,
        name: text(message["name"], "name", 1024),
        ...(input === undefined ? {} : { input: buffer(input, "input") }),
      };
    }
    case "closed":
      return { type };
    default:
      throw new ProtocolError(`message type is ${describe(type)}`);
  }
}

/**
 * Parses the JSON text of a result.
 *
 * @throws {ProtocolError} If it is not JSON or nests deeper than {@linkcode MAX_DEPTH}.
 */
export function parseResult(json: string): unknown {
  if (json.length > MAX_RESULT_VALUES && countValues(json) > MAX_RESULT_VALUES) {
    throw new ProtocolError(`result has more than ${MAX_RESULT_VALUES} values`);
  }
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new ProtocolError("result is not JSON");
  }
  if (deeperThan(value, MAX_DEPTH)) throw new ProtocolError(`result nests deeper than ${MAX_DEPTH} levels`);
  return value;
}

/** About how many values a JSON text holds, without parsing it: brackets and commas outside of strings. */
function countValues(json: string): number {
  let count = 0;
  for (let i = 0; i < json.length; i++) {
    switch (json.charCodeAt(i)) {
      case 0x22: // "
        for (i++; i < json.length && json.charCodeAt(i) !== 0x22; i++) if (json.charCodeAt(i) === 0x5c) i++;
        break;
      case 0x2c: // ,
      case 0x5b: // [
      case 0x7b: // {
        count++;
    }
  }
  return count;
}

/** Whether arrays and objects nest deeper than `limit`; iterative, so that depth cannot overflow the stack. */
export function deeperThan(value: unknown, limit: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  let level: object[] = [value];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > limit) return true;
    const next: object[] = [];
    for (const node of level) {
      for (const child of Object.values(node)) {
        if (typeof child === "object" && child !== null) next.push(child);
      }
    }
    level = next;
  }
  return false;
}

/** Text without what a terminal would act on (C0, C1 controls and bidirectional overrides), cut to `limit`. */
export function printable(value: string, limit: number): string {
  const cut = value.length > limit ? value.slice(0, limit) + `… (${value.length} characters)` : value;
  // deno-lint-ignore no-control-regex
  return cut.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}

/** {@linkcode printable}, in one line. */
export function oneLine(value: string, limit: number = MAX_MESSAGE_CHARS): string {
  // Cut before anything else: the text is hostile, and may be long.
  const cut = value.length > limit ? value.slice(0, limit) + `… (${value.length} characters)` : value;
  return printable(cut.split(/[\r\n]+/).map((line) => line.trim()).filter((line) => line !== "").join(" "), Infinity);
}

function guestError(value: unknown): GuestError {
  if (typeof value !== "object" || value === null) throw new ProtocolError(`error is ${describe(value)}`);
  const { message, stack, denied } = value as Record<string, unknown>;
  return {
    message: oneLine(text(message, "error message", Infinity)),
    stack: printable(text(stack, "stack", Infinity), MAX_STACK_CHARS),
    denied: denied === null ? null : oneLine(text(denied, "denied", Infinity), 1024),
  };
}

function isLogLevel(value: unknown): value is LogLevel {
  return typeof value === "string" && LEVELS.has(value);
}

function text(value: unknown, what: string, limit: number): string {
  if (typeof value !== "string") throw new ProtocolError(`${what} is ${describe(value)}`);
  if (value.length > limit) throw new ProtocolError(`${what} has ${value.length} characters`);
  return value;
}

function integer(value: unknown, what: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    throw new ProtocolError(`${what} is ${describe(value)}`);
  }
  return value;
}

/** Only an `ArrayBuffer` of its own: a shared one could change after it was checked. */
function buffer(value: unknown, what: string): ArrayBuffer {
  if (!(value instanceof ArrayBuffer)) throw new ProtocolError(`${what} is ${describe(value)}`);
  return value;
}

function list(value: unknown, what: string, limit: number): unknown[] {
  if (!Array.isArray(value)) throw new ProtocolError(`${what} is ${describe(value)}`);
  if (value.length > limit) throw new ProtocolError(`${what} has ${value.length} entries, the limit is ${limit}`);
  return Array.from(value);
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "string") return `"${oneLine(value, 40)}"`;
  return typeof value === "object" ? Object.prototype.toString.call(value) : typeof value;
}
