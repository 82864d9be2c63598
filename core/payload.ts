import { createHash } from "node:crypto";
import type { Data, PayloadMeta, PayloadResults, PluginsRun } from "../plugin.ts";
import { completePayloadMeta } from "./answers.ts";

/** Bytes to be scanned, and what is known about them. */
export class Payload {
  /** UUID of this payload in its scan. */
  readonly payloadId: string = crypto.randomUUID();
  /** Metadata, complete. */
  readonly payloadMeta: PayloadMeta;
  /** What dispatchers said about the payload, by dispatcher name. */
  readonly dispatchMeta: Record<string, Data> = {};
  /** Results of workers: one entry a pass, by worker name. */
  readonly workers: Record<string, unknown>[] = [];
  /** Results of archivers by name. */
  readonly archivers: Record<string, unknown> = {};
  /** Names of plugins that ran. */
  readonly pluginsRun: PluginsRun = { workers: [], archivers: [] };
  /** Where else in the scan the same bytes came out. */
  readonly duplicates: NonNullable<PayloadResults["duplicates"]> = [];
  readonly #size: number;
  #content: Uint8Array<ArrayBuffer>;
  #released = false;
  #sha256: string | undefined;

  /**
   * Makes a payload of bytes.
   *
   * @param content The bytes; not copied, so don't change them during the scan.
   * @param payloadMeta Metadata; what is left out has its default.
   * @param parent For an extracted payload: `payloadId` of the payload it came out of, and the worker that found it.
   * @param sha256 SHA-256 of the bytes, if it is known already.
   */
  constructor(
    content: Uint8Array<ArrayBuffer>,
    payloadMeta?: Partial<PayloadMeta>,
    readonly parent?: { readonly extractedFrom: string; readonly extractedBy: string },
    sha256?: string,
  ) {
    this.#content = content;
    this.#sha256 = sha256;
    this.#size = content.length;
    this.payloadMeta = completePayloadMeta(payloadMeta);
  }

  /** The bytes; empty once the payload has been scanned. */
  get content(): Uint8Array<ArrayBuffer> {
    return this.#content;
  }

  /** Number of bytes. */
  get size(): number {
    return this.#size;
  }

  /**
   * SHA-256 of the bytes, lower-case hexadecimal. Made when it is first asked for: most payloads are never asked.
   *
   * @throws {Error} If the bytes are gone.
   */
  get sha256(): string {
    if (this.#released && this.#sha256 === undefined) throw new Error("The payload's bytes are gone");
    return this.#sha256 ??= createHash("sha256").update(this.#content).digest("hex");
  }

  /**
   * Lets go of the bytes when no plugin needs them any more.
   *
   * @param keepSha256 Whether their SHA-256 will still be asked for.
   */
  release(keepSha256: boolean): void {
    if (keepSha256) void this.sha256;
    this.#released = true;
    this.#content = new Uint8Array(0);
  }

  /** What plugins are told about the payload, besides its bytes. */
  describe(workers: readonly Record<string, unknown>[] = this.workers): Data {
    return {
      payloadId: this.payloadId,
      payloadMeta: this.payloadMeta,
      dispatchMeta: this.dispatchMeta,
      workers,
      pluginsRun: this.pluginsRun,
      extractedFrom: this.parent?.extractedFrom ?? null,
      extractedBy: this.parent?.extractedBy ?? null,
    };
  }

  /** The payload's part of the response. */
  toResults(): PayloadResults {
    return {
      payloadId: this.payloadId,
      size: this.#size,
      payloadMeta: this.payloadMeta,
      workers: this.workers,
      archivers: this.archivers,
      pluginsRun: this.pluginsRun,
      extractedFrom: this.parent?.extractedFrom ?? null,
      extractedBy: this.parent?.extractedBy ?? null,
      ...(this.duplicates.length > 0 && { duplicates: this.duplicates }),
    };
  }
}
