/**
 * What plugins answer, from plain JSON data to types: whatever a plugin returned, what comes out of here has the shape that it says,
 * and what did not fit is named in `errors`.
 *
 * @module
 */
import type { Data, PayloadMeta, RequestMeta } from "../plugin.ts";
import { oneLine } from "../sandbox/protocol.ts";
import type { Answer } from "../sandbox/sandbox.ts";

/** Most messages of one call that are kept. */
const MAX_ERRORS = 100;
/** Longest metadata of a payload or from a dispatcher, in characters of JSON: it goes along to every plugin. */
const MAX_META_CHARS = 1024 * 1024;
/** Most plugins that one call may name. */
const MAX_NAMES = 100;

/** What a worker answered. */
export interface WorkerAnswer {
  /** `undefined` where the worker had none. */
  readonly results: unknown;
  /** Characters of JSON that the answer came as. */
  readonly size: number;
  /** Payloads that it took out, their metadata complete. */
  readonly extracted: readonly { readonly content: Uint8Array<ArrayBuffer>; readonly payloadMeta: PayloadMeta }[];
  /** Further workers that it sends the payload to. */
  readonly dispatchTo: readonly string[];
  /** What it said went wrong, and what of its answer does not fit. */
  readonly errors: readonly string[];
}

/** What a dispatcher or deep dispatcher answered. */
export interface DispatcherAnswer {
  /** Workers that it sends the payload to. */
  readonly pluginNames: readonly string[];
  /** What it tells them. */
  readonly meta: Data;
  /** Whether the payload may be archived; null where it does not say. */
  readonly shouldArchive: boolean | null;
  /** What it said went wrong, and what of its answer does not fit. */
  readonly errors: readonly string[];
}

/** What an archiver or a decorator answered. */
export interface ResultsAnswer {
  readonly results: unknown;
  readonly errors: readonly string[];
}

/** Default metadata of a payload, with what is given over it. Fields of the wrong type are named in `errors`. */
export function completePayloadMeta(given: unknown, errors: string[] = []): PayloadMeta {
  const data = isRecord(given) ? given : {};
  return {
    shouldArchive: flag(data["shouldArchive"], true, "payloadMeta.shouldArchive", errors),
    shouldScan: flag(data["shouldScan"], true, "payloadMeta.shouldScan", errors),
    extraData: record(data["extraData"], "payloadMeta.extraData", errors),
    dispatchTo: names(data["dispatchTo"], "payloadMeta.dispatchTo", errors),
  };
}

/** Default metadata of a request, with what is given over it. */
export function completeRequestMeta(given: Partial<RequestMeta> | undefined): RequestMeta {
  return { archivePayloads: true, source: null, ...given, extraData: { ...given?.extraData } };
}

/** Of request metadata that a plugin gave, the fields that are of the right type. */
export function givenRequestMeta(given: unknown): Partial<RequestMeta> {
  const { archivePayloads, source, extraData } = isRecord(given) ? given : {};
  return {
    ...(typeof archivePayloads === "boolean" && { archivePayloads }),
    ...((typeof source === "string" || source === null) && { source }),
    ...(isRecord(extraData) && { extraData: record(extraData, "request.extraData", []) }),
  };
}

/** Reads the answer of a worker. */
export function workerAnswer({ value, parts, size }: Answer): WorkerAnswer {
  const data = isRecord(value) ? value : {};
  const errors = messages(data["errors"]);
  const metas = Array.isArray(data["extracted"]) ? data["extracted"] : [];
  return {
    results: data["results"],
    size,
    extracted: parts.map((content, index) => ({ content, payloadMeta: completePayloadMeta(metas[index], errors) })),
    dispatchTo: names(data["dispatchTo"], "dispatchTo", errors),
    errors,
  };
}

/** Reads the answer of a dispatcher. */
export function dispatcherAnswer({ value }: Answer): DispatcherAnswer {
  const data = isRecord(value) ? value : {};
  const errors = messages(data["errors"]);
  const shouldArchive = data["shouldArchive"];
  return {
    pluginNames: names(data["pluginNames"], "pluginNames", errors),
    meta: record(data["meta"], "meta", errors),
    shouldArchive: typeof shouldArchive === "boolean" ? shouldArchive : null,
    errors,
  };
}

/** Reads the answer of an archiver or a decorator. */
export function resultsAnswer({ value }: Answer): ResultsAnswer {
  const data = isRecord(value) ? value : {};
  return { results: data["results"], errors: messages(data["errors"]) };
}

function messages(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  const list = Array.isArray(value) ? value : [value];
  const kept = list.slice(0, MAX_ERRORS).map((entry) =>
    oneLine(typeof entry === "string" ? entry : JSON.stringify(entry))
  );
  if (list.length > MAX_ERRORS) kept.push(`${list.length - MAX_ERRORS} more errors are not shown`);
  return kept;
}

function names(value: unknown, field: string, errors: string[]): string[] {
  if (value === undefined || value === null) return [];
  const list = typeof value === "string" ? [value] : value;
  if (!Array.isArray(list)) {
    errors.push(`${field} is not a list of plugin names: ignored`);
    return [];
  }
  const kept = new Set<string>();
  for (const name of list) {
    if (typeof name === "string" && name.trim() !== "" && name.length <= 64) kept.add(name.trim());
    else complain(errors, `${field} holds something that is no plugin name: ignored`);
    if (kept.size === MAX_NAMES) {
      errors.push(`${field} names more than ${MAX_NAMES} plugins: the rest is ignored`);
      break;
    }
  }
  return [...kept];
}

function record(value: unknown, field: string, errors: string[]): Data {
  if (value === undefined || value === null) return {};
  if (isRecord(value)) {
    const size = JSON.stringify(value).length;
    if (size <= MAX_META_CHARS) return value;
    complain(errors, `${field} has ${size} characters of JSON, the limit is ${MAX_META_CHARS}: left out`);
    return {};
  }
  complain(errors, `${field} is not an object: ignored`);
  return {};
}

function flag(value: unknown, fallback: boolean, field: string, errors: string[]): boolean {
  if (typeof value === "boolean") return value;
  if (value !== undefined && value !== null) complain(errors, `${field} is neither true nor false: ignored`);
  return fallback;
}

/** Adds a message, unless there are too many. */
function complain(errors: string[], message: string): void {
  if (errors.length < MAX_ERRORS) errors.push(message);
}

function isRecord(value: unknown): value is Data {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
