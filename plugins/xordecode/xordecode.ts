import type { Payload, PluginContext, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { align } from "./align.ts";
import { findKey, parseKey } from "./key.ts";

/** Decodes the payload with the XOR key of its dispatch metadata. It gives no results, but the decoded payload. */
export default class XorDecode implements WorkerPlugin {
  readonly #name: string;

  constructor({ name }: PluginContext) {
    this.#name = name;
  }

  scan({ content, dispatchMeta }: Payload): WorkerResponse | undefined {
    const found = findKey(dispatchMeta, this.#name);
    if (found === undefined || content.length === 0) return undefined;
    const key = parseKey(found.xorkey);
    if (typeof key === "string") return { errors: [key] };
    // Zeros decode nothing.
    if (key.every((byte) => byte === 0)) return undefined;
    const xorkey = align(key, content, found);
    const decoded = new Uint8Array(content.length);
    for (let i = 0, k = 0; i < content.length; i++) {
      decoded[i] = content[i]! ^ xorkey[k]!;
      if (++k === xorkey.length) k = 0;
    }
    return { extracted: [{ content: decoded, payloadMeta: { extraData: { xorkey } } }] };
  }
}
