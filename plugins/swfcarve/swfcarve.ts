import type { Payload, PluginContext, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { carveSwf } from "./carve.ts";

/** Signatures of Flash files: plain, zlib, LZMA. */
const SWF_HEADERS = "FWS|CWS|ZWS";

/** Carves Flash files out of a payload. It gives no results: what it finds are payloads, decompressed. */
export default class SwfCarve implements WorkerPlugin {
  readonly #name: string;
  readonly #headers: RegExp;

  /** @throws {TypeError} If the option `swf_headers` is not a regular expression. */
  constructor(context: PluginContext) {
    this.#name = context.name;
    this.#headers = compile(context.options.getString("swf_headers", SWF_HEADERS), context.name);
  }

  scan(payload: Payload): WorkerResponse | undefined {
    // What this plugin extracted was searched as part of its source, unless it was compressed.
    if (payload.extractedBy === this.#name && payload.payloadMeta.extraData["compression"] === "none") return undefined;
    const { carved, errors } = carveSwf(payload.content, this.#headers);
    if (carved.length === 0 && errors.length === 0) return undefined;
    return {
      extracted: carved.map(({ offset, version, signature, content }) => ({
        content,
        payloadMeta: {
          extraData: {
            offset,
            swf_version: version,
            compression: signature === "CWS" ? "zlib" : signature === "ZWS" ? "lzma" : "none",
          },
        },
      })),
      errors,
    };
  }
}

/** The option as a regular expression that matches at one place (sticky), `.` being any byte. */
function compile(source: string, plugin: string): RegExp {
  try {
    return new RegExp(source, "msy");
  } catch (cause) {
    const message = `Option "swf_headers" of plugin "${plugin}" is not a regular expression: ${JSON.stringify(source)}`;
    throw new TypeError(`${message}; write bytes as \\xNN, alternatives with |`, { cause });
  }
}
