/**
 * The way of a payload: a scan from its first round to the connectors, one call a stage.
 *
 * @module
 */
import type { RequestMeta } from "../plugin.ts";
import { archive } from "./archive.ts";
import { type Errors, mergeErrors, type PluginCaller } from "./call.ts";
import type { Budget, Config } from "./config.ts";
import { connect } from "./connect.ts";
import { decorate } from "./decorate.ts";
import { deepDispatch } from "./deep_dispatch.ts";
import { dispatch } from "./dispatch.ts";
import { type Extraction, NextRound } from "./extract.ts";
import { inOrder } from "./in_order.ts";
import type { Payload } from "./payload.ts";
import { StoqResponse } from "./response.ts";
import { work } from "./work.ts";

/** Payloads of one round that are scanned at the same time. */
const PAYLOADS_AT_ONCE = 8;

/** What the stages of one scan share. */
export interface ScanContext {
  readonly caller: PluginCaller;
  readonly plugins: Config["plugins"];
  readonly budget: Budget;
  readonly request: RequestMeta;
  /** Messages by plugin name; `stoq` for what a limit cut off. */
  readonly errors: Errors;
  /** When the scan has to be over, in milliseconds as of `performance.now()`. */
  readonly deadline: number;
  /** Workers that the original payload is sent to. */
  readonly startDispatch: readonly string[];
  /** Workers that the original payload is sent to in the first deep-dispatch pass. */
  readonly startDeepDispatch: readonly string[];
  /** What is left of the budget for results. */
  readonly results: { take(size: number): boolean };
  /** How often archivers and connectors that fail are called again. */
  readonly retries: number;
  /** Gets the names of archivers and connectors that failed all the same. */
  readonly undelivered: Set<string>;
  /** Takes what connectors with the `stdout` permission return. */
  readonly output: (text: string) => void;
}

/** Scans a payload and all that comes out of it; decorates and saves the response. */
export async function scan(root: Payload, context: ScanContext): Promise<StoqResponse> {
  const time = new Date().toISOString();
  const rounds = new NextRound(root, context);
  const scanned: Payload[] = [];
  for (let round = rounds.take(0); round.length > 0; round = rounds.take(scanned.length)) {
    // Each payload collects its own errors, so that their order does not depend on which is done first.
    const outcomes = await inOrder(round, PAYLOADS_AT_ONCE, async (payload) => {
      const errors: Errors = {};
      return { errors, extracted: await scanOne(payload, payload === root, { ...context, errors }) };
    });
    scanned.push(...round);
    for (const { errors, extracted } of outcomes) {
      mergeErrors(context.errors, errors);
      rounds.add(extracted);
    }
  }
  const response = new StoqResponse({
    time,
    results: scanned.map((payload) => payload.toResults()),
    requestMeta: context.request,
    errors: context.errors,
    decorators: {},
    scanId: crypto.randomUUID(),
  });
  await decorate(response, context);
  await connect(response, context);
  return response;
}

/** One payload: dispatchers, workers, passes of deep dispatchers and workers, archivers. */
async function scanOne(payload: Payload, isRoot: boolean, context: ScanContext): Promise<Extraction[]> {
  const extracted: Extraction[] = [];
  if (payload.payloadMeta.shouldScan) {
    const names = [
      ...(isRoot ? context.startDispatch : []),
      ...context.plugins.alwaysDispatch,
      ...payload.payloadMeta.dispatchTo,
      ...await dispatch(payload, context),
    ];
    let named = await work(payload, names, extracted, context);
    for (let pass = 1; pass <= context.budget.maxDispatchPasses; pass++) {
      const deep = await deepDispatch(payload, context);
      const start = isRoot && pass === 1 ? context.startDeepDispatch : [];
      const next = [...start, ...deep, ...named];
      if (next.length === 0) break;
      named = await work(payload, next, extracted, context);
    }
  }
  await archive(payload, context);
  context.caller.forget(payload);
  // What came out of the original is compared with it.
  payload.release(isRoot && extracted.length > 0);
  return extracted;
}
