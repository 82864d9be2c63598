import { createHash } from "node:crypto";
import type { PayloadMeta } from "../plugin.ts";
import { addErrors } from "./call.ts";
import { Payload } from "./payload.ts";
import type { ScanContext } from "./scan.ts";

/** A payload that a worker found. */
export interface Extraction {
  readonly content: Uint8Array<ArrayBuffer>;
  readonly payloadMeta: PayloadMeta;
  readonly parent: Payload;
  /** Name of the worker. */
  readonly by: string;
}

/**
 * Collects the payloads of the next round: each content once in a scan (the original included), within the budget. What a limit
 * cuts off is counted, and said in `errors` once.
 */
export class NextRound {
  /** Payloads by SHA-256 of their content; the original is there once something has come out of it. */
  readonly #seen = new Map<string, Payload>();
  readonly #root: Payload;
  #next: Payload[];
  #level = -1;
  #payloads = 0;
  #bytes = 0;
  readonly #cut = new Map<string, { limit: string; payloads: number; bytes: number; first: Extraction }>();

  constructor(root: Payload, private readonly context: ScanContext) {
    this.#root = root;
    this.#next = [root];
  }

  /**
   * The payloads of the next round; none when the scan is over.
   *
   * @param scanned How many payloads have been scanned so far.
   */
  take(scanned: number): Payload[] {
    const round = this.#next;
    this.#next = [];
    this.#level++;
    const { budget, deadline, errors } = this.context;
    if (round.length > 0 && performance.now() >= deadline) {
      addErrors(errors, "stoq", [
        `scan_timeout of ${budget.scanTimeout} s was reached after ${scanned} payloads: ${round.length} more were not scanned`,
      ]);
      round.length = 0;
    }
    if (round.length === 0) this.#reportCuts();
    return round;
  }

  /** Takes what a round's workers found. */
  add(extractions: readonly Extraction[]): void {
    if (extractions.length > 0 && this.#seen.size === 0) this.#seen.set(this.#root.sha256, this.#root);
    for (const found of extractions) this.#add(found);
  }

  #add(found: Extraction): void {
    const { budget } = this.context;
    const { content, payloadMeta, parent, by } = found;
    const sha256 = createHash("sha256").update(content).digest("hex");
    const known = this.#seen.get(sha256);
    if (known !== undefined) {
      known.duplicates.push({ extractedFrom: parent.payloadId, extractedBy: by, payloadMeta });
      return;
    }
    if (this.#level >= budget.maxRecursion) return this.#cutOff("max_recursion", budget.maxRecursion, found);
    if (content.length > budget.maxPayloadSize) return this.#cutOff("max_payload_size", budget.maxPayloadSize, found);
    if (this.#payloads >= budget.maxExtractedPayloads) {
      return this.#cutOff("max_extracted_payloads", budget.maxExtractedPayloads, found);
    }
    if (this.#bytes + content.length > budget.maxExtractedBytes) {
      return this.#cutOff("max_extracted_bytes", budget.maxExtractedBytes, found);
    }
    this.#payloads++;
    this.#bytes += content.length;
    const payload = new Payload(content, payloadMeta, { extractedFrom: parent.payloadId, extractedBy: by }, sha256);
    this.#seen.set(sha256, payload);
    this.#next.push(payload);
  }

  #cutOff(limit: string, value: number, found: Extraction): void {
    const cut = this.#cut.get(limit) ?? { limit: `${limit} = ${value}`, payloads: 0, bytes: 0, first: found };
    cut.payloads++;
    cut.bytes += found.content.length;
    this.#cut.set(limit, cut);
  }

  #reportCuts(): void {
    for (const { limit, payloads, bytes, first } of this.#cut.values()) {
      addErrors(this.context.errors, "stoq", [
        `${limit}: ${payloads} extracted payloads (${bytes} bytes) were not scanned, ` +
        `the first from payload ${first.parent.payloadId} by "${first.by}": raise the limit in [core] of stoq.cfg to scan them`,
      ]);
    }
    this.#cut.clear();
  }
}
