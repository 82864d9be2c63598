import type { Payload, PluginContext, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { loadLibmagic } from "./libmagic.ts";

/** What libmagic looks at: as many bytes as `file` reads of a file (`file --help`, parameter `bytes`). */
const MAX_BYTES = 7 * 1024 * 1024;

/** RFC 6838, section 4.2 (restricted names), with room for what libmagic has: anything else is its error message. */
const MIME_TYPE = /^[a-z0-9][\w!#$&^.+-]{0,126}\/[\w!#$&^.+-]{1,127}$/i;

/** What libmagic says of what it does not know. */
const UNKNOWN = "application/octet-stream";

/** Local file header signature, which a ZIP file begins with (APPNOTE.TXT, section 4.3.7). */
const ZIP_SIGNATURE = [0x50, 0x4b, 0x03, 0x04] as const;

/** Longest part of a message of libmagic that is passed on. */
const MAX_MESSAGE = 200;

/** MIME type from content, by libmagic. */
export default class MimeType implements WorkerPlugin {
  #libmagic: Promise<(bytes: Uint8Array) => string> | undefined;

  constructor(private readonly context: Pick<PluginContext, "asset"> & { log: Pick<PluginContext["log"], "debug"> }) {}

  async scan(payload: Pick<Payload, "content">): Promise<WorkerResponse> {
    try {
      const detect = await (this.#libmagic ??= this.#load());
      const type = detect(payload.content.subarray(0, MAX_BYTES));
      // libmagic 5.48 takes many ZIP files of more than three entries for "Microsoft OOXML" without a MIME type.
      if (type === UNKNOWN && ZIP_SIGNATURE.every((byte, i) => payload.content[i] === byte)) {
        return { results: { mimetype: "application/zip" } };
      }
      if (MIME_TYPE.test(type)) return { results: { mimetype: type } };
      return { errors: [`libmagic gave no MIME type but ${JSON.stringify(type.slice(0, MAX_MESSAGE))}`] };
    } catch (error) {
      // A WebAssembly instance that trapped, or never started, is in no known state: the next payload gets a new one.
      this.#libmagic = undefined;
      const cause = error instanceof Error ? error.message : String(error);
      return { errors: [`libmagic failed: ${cause.slice(0, MAX_MESSAGE)}`] };
    }
  }

  async #load(): Promise<(bytes: Uint8Array) => string> {
    const wasm = await this.context.asset("libmagic-wrapper.wasm");
    return await loadLibmagic(wasm, (text) => this.context.log.debug(`libmagic: ${text.slice(0, MAX_MESSAGE)}`));
  }
}
