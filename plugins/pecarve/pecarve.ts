import type { Payload, PluginContext, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { carve } from "./carve.ts";

/** Bytes that a PE file begins with, by default: `MZ` or `ZM`, as stoQ has it. */
const PE_HEADERS = "\\x4d\\x5a|\\x5a\\x4d";

/** Carves PE files out of a stream. It gives no results: what it finds are payloads, with their offset. */
export default class PeCarve implements WorkerPlugin {
  readonly #name: string;
  readonly #headers: RegExp;

  /** @throws {TypeError} If the option `pe_headers` is not a regular expression. */
  constructor(context: PluginContext) {
    this.#name = context.name;
    this.#headers = compile(context.options.getString("pe_headers", PE_HEADERS), context.name);
  }

  scan(payload: Payload): WorkerResponse | undefined {
    // What this plugin extracted was searched as part of its source; again it would give the same files twice.
    if (payload.extractedBy === this.#name) return undefined;
    const { carved, errors } = carve(payload.content, this.#headers);
    if (carved.length === 0 && errors.length === 0) return undefined;
    return {
      extracted: carved.map(({ offset, content }) => ({ content, payloadMeta: { extraData: { offset } } })),
      errors,
    };
  }
}

/** The option as a regular expression that matches at one place (sticky), `.` being any byte. */
function compile(source: string, plugin: string): RegExp {
  try {
    return new RegExp(source, "msy");
  } catch (cause) {
    const message = `Option "pe_headers" of plugin "${plugin}" is not a regular expression: ${JSON.stringify(source)}`;
    throw new TypeError(`${message}; write bytes as \\xNN, alternatives with |`, { cause });
  }
}
