/**
 * What the messages of a queue hold: payloads, or tasks for source archivers.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type {
  Data,
  PayloadMeta,
  PluginLog,
  PluginOptions,
  ProviderItem,
  RequestMeta,
  ScanResponse,
} from "../../plugin.ts";

/** Forms of a message's body. */
export const PAYLOAD_FORMATS = ["raw", "json", "task"] as const;

/**
 * `raw`: the bytes of a payload. `json`: `{"content": base64, "payload_meta"?, "request_meta"?}`. `task`: what source archivers need
 * to load payloads, by archiver name: `{"filedir": {"path": "/data/x"}}`.
 */
export type PayloadFormat = typeof PAYLOAD_FORMATS[number];

/** Header that has the payload's metadata as JSON, with the names of stoQ's results. */
export const PAYLOAD_META_HEADER = "stoq-payload-meta";
/** Header that has the request's metadata as JSON. */
export const REQUEST_META_HEADER = "stoq-request-meta";

/** That a message can never be understood, however often it comes. */
export class PoisonMessage extends Error {
  override name = "PoisonMessage";
}

/** The option `payload_format`. */
export function payloadFormat(options: PluginOptions, plugin: string, fallback: PayloadFormat): PayloadFormat {
  const value = options.getString("payload_format", fallback).toLowerCase();
  const format = PAYLOAD_FORMATS.find((name) => name === value);
  if (format !== undefined) return format;
  throw new TypeError(
    `Option "payload_format" of plugin "${plugin}" is ${JSON.stringify(value)}: it must be ${
      PAYLOAD_FORMATS.join(", ")
    }`,
  );
}

/**
 * Reads a message.
 *
 * @param body The bytes; they are moved into the payload where the format is raw.
 * @param headers What came with the message. Those that are not ours go into `extra_data` under their names.
 * @throws {PoisonMessage} If it is not what the format says.
 */
export function readMessage(
  format: PayloadFormat,
  body: Uint8Array,
  headers: Readonly<Record<string, unknown>> = {},
): ProviderItem {
  const request = requestMeta(jsonHeader(headers, REQUEST_META_HEADER), REQUEST_META_HEADER);
  if (format === "task") return { task: readTask(body), request };
  const meta = payloadMeta(jsonHeader(headers, PAYLOAD_META_HEADER), PAYLOAD_META_HEADER);
  if (format === "raw") return { payload: { content: body, payloadMeta: withHeaders(meta, headers) }, request };
  const message = readJson(body, "the message");
  if (!isData(message) || typeof message["content"] !== "string") {
    throw new PoisonMessage(`the message has no "content" in base64`);
  }
  const inside = payloadMeta(message["payload_meta"], "payload_meta");
  return {
    payload: {
      content: fromBase64(message["content"]),
      payloadMeta: withHeaders({ ...meta, ...inside }, headers),
    },
    request: { ...request, ...requestMeta(message["request_meta"], "request_meta") },
  };
}

/** Reads a task: a JSON object of objects. */
export function readTask(body: Uint8Array): Record<string, Data> {
  const task = readJson(body, "the task");
  if (!isData(task) || Object.keys(task).length === 0) {
    throw new PoisonMessage(`the task is no JSON object like {"filedir": {"path": "..."}}`);
  }
  const entries = Object.entries(task).map(([archiver, results]): [string, Data] => {
    if (isData(results)) return [archiver, results];
    throw new PoisonMessage(`the task for ${JSON.stringify(archiver)} is no JSON object`);
  });
  return Object.fromEntries(entries);
}

/** One task for each archived payload of a response and each archiver that has it. That there is none is logged: nothing will be saved. */
export function tasksOf({ results, scanId }: ScanResponse, log: Pick<PluginLog, "warning">): Record<string, Data>[] {
  const tasks = results.flatMap(({ archivers }) =>
    Object.entries(archivers).flatMap(([archiver, saved]) => isData(saved) ? [{ [archiver]: saved }] : [])
  );
  if (tasks.length === 0) {
    log.warning(
      `no payload of scan ${scanId} was archived, so nothing was saved: publish_archive = false saves results`,
    );
  }
  return tasks;
}

/** A payload in the form `json`. */
export function writePayload(content: Uint8Array, meta: PayloadMeta, request: RequestMeta): Uint8Array {
  const base64 = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("base64");
  const message = { content: base64, payload_meta: payloadMetaToJson(meta), request_meta: requestMetaToJson(request) };
  return new TextEncoder().encode(JSON.stringify(message));
}

/** A payload's metadata as the header has it: JSON in ASCII. */
export function writePayloadMeta(meta: PayloadMeta): string {
  return ascii(JSON.stringify(payloadMetaToJson(meta)));
}

/** A request's metadata as the header has it: JSON in ASCII. */
export function writeRequestMeta(meta: RequestMeta): string {
  return ascii(JSON.stringify(requestMetaToJson(meta)));
}

function payloadMetaToJson({ shouldArchive, shouldScan, extraData, dispatchTo }: PayloadMeta): Data {
  return { should_archive: shouldArchive, should_scan: shouldScan, extra_data: extraData, dispatch_to: dispatchTo };
}

function requestMetaToJson({ archivePayloads, source, extraData }: RequestMeta): Data {
  return { archive_payloads: archivePayloads, source, extra_data: extraData };
}

/** Headers of some brokers are not UTF-8: JSON has escapes for all that is not ASCII. */
function ascii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function payloadMeta(value: unknown, where: string): Partial<PayloadMeta> {
  if (value === undefined || value === null) return {};
  const meta = data(value, where);
  return {
    ...field(meta, "should_archive", isBoolean, where, (shouldArchive) => ({ shouldArchive })),
    ...field(meta, "should_scan", isBoolean, where, (shouldScan) => ({ shouldScan })),
    ...field(meta, "extra_data", isData, where, (extraData) => ({ extraData })),
    ...field(meta, "dispatch_to", isNames, where, (dispatchTo) => ({ dispatchTo })),
  };
}

function requestMeta(value: unknown, where: string): Partial<RequestMeta> {
  if (value === undefined || value === null) return {};
  const meta = data(value, where);
  return {
    ...field(meta, "archive_payloads", isBoolean, where, (archivePayloads) => ({ archivePayloads })),
    ...field(meta, "source", isText, where, (source) => ({ source })),
    ...field(meta, "extra_data", isData, where, (extraData) => ({ extraData })),
  };
}

function field<T, R>(
  meta: Data,
  name: string,
  is: (value: unknown) => value is T,
  where: string,
  make: (value: T) => R,
): R | undefined {
  const value = meta[name];
  if (value === undefined || value === null) return undefined;
  if (is(value)) return make(value);
  throw new PoisonMessage(`"${name}" of ${where} is ${JSON.stringify(value)?.slice(0, 100)}, which it cannot be`);
}

/** Headers of brokers (`x-death`, `Nats-Msg-Id`) and ours are about the message, all others about the payload. */
function withHeaders(meta: Partial<PayloadMeta>, headers: Readonly<Record<string, unknown>>): Partial<PayloadMeta> {
  const own = Object.entries(headers).filter(([name, value]) =>
    !/^(x|stoq|nats)-/i.test(name) && ["string", "number", "boolean"].includes(typeof value)
  );
  return own.length === 0 ? meta : { ...meta, extraData: { ...Object.fromEntries(own), ...meta.extraData } };
}

function jsonHeader(headers: Readonly<Record<string, unknown>>, wanted: string): unknown {
  for (const [name, value] of Object.entries(headers)) {
    if (name.toLowerCase() !== wanted) continue;
    if (typeof value !== "string") {
      throw new PoisonMessage(`header ${wanted} is of type ${typeof value}, not JSON text`);
    }
    return parse(value, `header ${wanted}`);
  }
  return undefined;
}

function readJson(body: Uint8Array, what: string): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw new PoisonMessage(`${what} is not JSON: it is not UTF-8`);
  }
  return parse(text, what);
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PoisonMessage(`${what} is not JSON: ${(error as Error).message.replace(/\s+/g, " ").slice(0, 150)}`);
  }
}

function fromBase64(text: string): Uint8Array {
  const plain = text.replace(/\s+/g, "");
  if (plain.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(plain)) {
    throw new PoisonMessage(`"content" of the message is not base64`);
  }
  return new Uint8Array(Buffer.from(plain, "base64"));
}

function data(value: unknown, where: string): Data {
  if (isData(value)) return value;
  throw new PoisonMessage(`${where} is no JSON object`);
}

function isData(value: unknown): value is Data {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === "boolean";
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}
