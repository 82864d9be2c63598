/**
 * Dead letters: what could not be delivered, kept whole, so that it can be scanned again.
 *
 * A letter is two files in the dead-letter folder: `ID.payload`, the bytes (if they are there), and `ID.json`, everything else. The
 * second is written last, and appears at once or not at all.
 *
 * @module
 */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Data, PayloadMeta, RequestMeta } from "../plugin.ts";
import { completePayloadMeta, completeRequestMeta, givenRequestMeta } from "./answers.ts";
import { StoqError } from "./errors.ts";

/** What a dead letter holds. */
export interface DeadLetter {
  /** RFC 3339, UTC. */
  readonly time: string;
  /** What went wrong. */
  readonly errors: readonly string[];
  /** The provider that it came from; null in a letter of other origin. */
  readonly provider: string | null;
  readonly payloadMeta: PayloadMeta;
  readonly requestMeta: RequestMeta;
  /** What source archivers would have needed, where the payload could not even be loaded. */
  readonly task: Record<string, Data> | null;
  readonly content: Uint8Array<ArrayBuffer> | null;
}

/** What marks a file as one. */
const KIND = "stoq dead letter";

/**
 * Writes a dead letter.
 *
 * @param dir The folder; made if it is not there.
 * @returns The path of its JSON file.
 * @throws If it cannot be written: then nothing is left of it.
 */
export async function writeDeadLetter(dir: string, letter: DeadLetter): Promise<string> {
  const id = crypto.randomUUID();
  const path = join(dir, `${id}.json`);
  const { content, ...rest } = letter;
  const json = JSON.stringify(
    {
      kind: KIND,
      time: rest.time,
      errors: rest.errors,
      provider: rest.provider,
      payload_meta: rest.payloadMeta,
      request_meta: rest.requestMeta,
      task: rest.task,
      payload: content === null ? null : `${id}.payload`,
    },
    null,
    4,
  );
  await mkdir(dir, { recursive: true });
  try {
    if (content !== null) await writeFile(join(dir, `${id}.payload`), content);
    await writeFile(`${path}.part`, json);
    await rename(`${path}.part`, path);
  } catch (error) {
    await Promise.allSettled([rm(join(dir, `${id}.payload`), { force: true }), rm(`${path}.part`, { force: true })]);
    throw error;
  }
  return path;
}

/**
 * Reads a dead letter back.
 *
 * @param json Parsed content of its JSON file.
 * @returns The letter, or null if the JSON is something else.
 * @throws {StoqError} If its payload is not there.
 */
export async function readDeadLetter(path: string, json: unknown): Promise<DeadLetter | null> {
  const data = json as Record<string, unknown> | null;
  if (typeof data !== "object" || data === null || data["kind"] !== KIND) return null;
  const payload = data["payload"];
  let content: Uint8Array<ArrayBuffer> | null = null;
  if (typeof payload === "string") {
    const file = join(dirname(path), basename(payload));
    try {
      content = new Uint8Array(await readFile(file));
    } catch (error) {
      throw new StoqError(
        `Cannot replay "${path}": its payload "${file}" cannot be read: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }
  return {
    time: String(data["time"]),
    errors: Array.isArray(data["errors"]) ? data["errors"].map(String) : [],
    provider: typeof data["provider"] === "string" ? data["provider"] : null,
    payloadMeta: completePayloadMeta(data["payload_meta"]),
    requestMeta: completeRequestMeta(givenRequestMeta(data["request_meta"])),
    task: data["task"] as Record<string, Data> | null,
    content,
  };
}
