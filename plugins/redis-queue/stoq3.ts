/**
 * Messages of stoQ 3's archiver: a payload_id, under which Redis has `ID_buf`, the bytes, and `ID_meta`, the metadata as JSON.
 *
 * @module
 */
import type { Data, NewPayload } from "../../plugin.ts";
import { PoisonMessage } from "../lib/queue_message.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const UUID_LENGTH = 36;

/** Keys of bytes and metadata; null where the message is something else. */
export function keysOf(body: Uint8Array): readonly [bytes: string, meta: string] | null {
  const id = body.length === UUID_LENGTH ? new TextDecoder().decode(body) : "";
  return UUID.test(id) ? [`${id}_buf`, `${id}_meta`] : null;
}

/**
 * The payload; its metadata become `extra_data`, as there.
 *
 * @throws {PoisonMessage} If it is not there (any more).
 */
export function payloadOf(key: string, content: Uint8Array | null, meta: string | null): NewPayload {
  if (content === null) throw new PoisonMessage(`the payload that it names is not there: no key "${key}"`);
  return { content, payloadMeta: { extraData: extraDataOf(meta) } };
}

function extraDataOf(meta: string | null): Data {
  try {
    const value: unknown = JSON.parse(meta ?? "{}");
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}
