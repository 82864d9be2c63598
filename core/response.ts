/**
 * The one place where responses become their documented JSON form, and come back from it. Pure: it runs in the core and in
 * the sandboxes of decorators and connectors.
 *
 * @module
 */
import type { Data, PayloadMeta, PayloadResults, RequestMeta, Response, ScanResponse } from "../plugin.ts";

/** Spaces a level in the documented output. */
const INDENT = 4;

/** What a terminal would act on, and JSON leaves as it is: DEL, C1 controls, bidirectional overrides, line separators. */
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** The JSON form of payload metadata; `should_scan` appears only where it is not the default. */
export function payloadMetaToJson(meta: PayloadMeta): Data {
  return {
    should_archive: meta.shouldArchive,
    extra_data: meta.extraData,
    dispatch_to: meta.dispatchTo,
    ...(meta.shouldScan ? {} : { should_scan: false }),
  };
}

/** The JSON form of a response, keys in the documented order. */
export function responseToJson(response: ScanResponse): Data {
  return {
    time: response.time,
    results: response.results.map(payloadResultsToJson),
    request_meta: {
      archive_payloads: response.requestMeta.archivePayloads,
      source: response.requestMeta.source,
      extra_data: response.requestMeta.extraData,
    },
    errors: response.errors,
    decorators: response.decorators,
    scan_id: response.scanId,
  };
}

function payloadResultsToJson(result: PayloadResults): Data {
  return {
    payload_id: result.payloadId,
    size: result.size,
    payload_meta: payloadMetaToJson(result.payloadMeta),
    workers: result.workers,
    archivers: result.archivers,
    plugins_run: { workers: result.pluginsRun.workers, archivers: result.pluginsRun.archivers },
    extracted_from: result.extractedFrom,
    extracted_by: result.extractedBy,
    ...(result.duplicates && {
      duplicates: result.duplicates.map((duplicate) => ({
        extracted_from: duplicate.extractedFrom,
        extracted_by: duplicate.extractedBy,
        payload_meta: payloadMetaToJson(duplicate.payloadMeta),
      })),
    }),
  };
}

/**
 * Reads a response back from its JSON form.
 *
 * @throws {TypeError} If it is not one; the message names the field.
 */
export function responseFromJson(json: unknown): ScanResponse {
  const data = record(json, "response");
  return {
    time: string(data["time"], "time"),
    results: array(data["results"], "results").map(payloadResultsFromJson),
    requestMeta: requestMetaFromJson(data["request_meta"]),
    errors: record(data["errors"], "errors") as Record<string, string[]>,
    decorators: record(data["decorators"], "decorators"),
    scanId: string(data["scan_id"], "scan_id"),
  };
}

function requestMetaFromJson(json: unknown): RequestMeta {
  const data = record(json, "request_meta");
  return {
    archivePayloads: data["archive_payloads"] !== false,
    source: nullable(data["source"], "source"),
    extraData: record(data["extra_data"], "extra_data"),
  };
}

function payloadMetaFromJson(json: unknown): PayloadMeta {
  const data = record(json, "payload_meta");
  return {
    shouldArchive: data["should_archive"] !== false,
    shouldScan: data["should_scan"] !== false,
    extraData: record(data["extra_data"], "extra_data"),
    dispatchTo: array(data["dispatch_to"], "dispatch_to").map((name) => string(name, "dispatch_to")),
  };
}

function payloadResultsFromJson(json: unknown): PayloadResults {
  const data = record(json, "results[]");
  const run = record(data["plugins_run"], "plugins_run");
  return {
    payloadId: string(data["payload_id"], "payload_id"),
    size: Number(data["size"]),
    payloadMeta: payloadMetaFromJson(data["payload_meta"]),
    workers: array(data["workers"], "workers").map((pass) => record(pass, "workers[]")),
    archivers: record(data["archivers"], "archivers"),
    pluginsRun: {
      workers: array(run["workers"], "plugins_run.workers") as string[][],
      archivers: array(run["archivers"], "plugins_run.archivers") as string[],
    },
    extractedFrom: nullable(data["extracted_from"], "extracted_from"),
    extractedBy: nullable(data["extracted_by"], "extracted_by"),
    ...(data["duplicates"] !== undefined && {
      duplicates: array(data["duplicates"], "duplicates").map((entry) => {
        const duplicate = record(entry, "duplicates[]");
        return {
          extractedFrom: string(duplicate["extracted_from"], "extracted_from"),
          extractedBy: string(duplicate["extracted_by"], "extracted_by"),
          payloadMeta: payloadMetaFromJson(duplicate["payload_meta"]),
        };
      }),
    }),
  };
}

/**
 * Gives the data of a response its methods.
 *
 * @param data A {@linkcode ScanResponse}; trusted to be one.
 */
export function makeResponse(data: unknown): Response {
  return new StoqResponse(data as ScanResponse);
}

/** The complete outcome of a scan. `String(response)` is the documented JSON. */
export class StoqResponse implements Response {
  readonly time: string;
  readonly results: PayloadResults[];
  /** Metadata of the request. */
  readonly requestMeta: RequestMeta;
  readonly errors: Record<string, string[]>;
  readonly decorators: Record<string, unknown>;
  readonly scanId: string;

  /** Makes a response of its fields. @param data Kept by reference. */
  constructor(data: ScanResponse) {
    this.time = data.time;
    this.results = data.results;
    this.requestMeta = data.requestMeta;
    this.errors = data.errors;
    this.decorators = data.decorators;
    this.scanId = data.scanId;
  }

  /** The documented JSON form, snake_case names. */
  toJSON(): Data {
    return responseToJson(this);
  }

  /** The documented JSON text. @param indent Spaces a level; 0 for one line. */
  toString(indent: number = INDENT): string {
    const data = this.toJSON();
    let text: string;
    try {
      text = JSON.stringify(data, null, indent);
    } catch (error) {
      // Indented, it would be longer than any string can be.
      if (!(error instanceof RangeError) || indent === 0) throw error;
      text = JSON.stringify(data);
    }
    return text.replace(UNPRINTABLE, (char) => "\\u" + char.charCodeAt(0).toString(16).padStart(4, "0"));
  }

  /**
   * One response for each result of each worker, so that results can be stored by plugin. A payload without any worker's
   * result keeps one response of its own.
   */
  split(): StoqResponse[] {
    const split: StoqResponse[] = [];
    for (const result of this.results) {
      const single = (workers: Record<string, unknown>[]) =>
        split.push(new StoqResponse({ ...this, results: [{ ...result, workers }] }));
      const before = split.length;
      for (const pass of result.workers) {
        for (const [name, value] of Object.entries(pass)) single([{ [name]: value }]);
      }
      if (split.length === before) single([]);
    }
    return split;
  }
}

function record(value: unknown, name: string): Data {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(name, "an object", value);
  return value as Data;
}

function array(value: unknown, name: string): unknown[] {
  if (!Array.isArray(value)) throw wrong(name, "an array", value);
  return value;
}

function string(value: unknown, name: string): string {
  if (typeof value !== "string") throw wrong(name, "text", value);
  return value;
}

function nullable(value: unknown, name: string): string | null {
  return value === null || value === undefined ? null : string(value, name);
}

function wrong(name: string, wanted: string, value: unknown): TypeError {
  return new TypeError(`Cannot read a response: ${name} is ${value === null ? "null" : typeof value}, not ${wanted}`);
}
