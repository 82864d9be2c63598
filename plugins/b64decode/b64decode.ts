import type { ExtractedPayload, Payload, PluginContext, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { decode } from "./alphabet.ts";
import { findBase64 } from "./find.ts";
import { narrow } from "./utf16.ts";

/** Most payloads that are extracted from one. */
const MAX_EXTRACTED = 1000;

/** Decodes what is base64. It gives no results: what it finds are payloads, with their offset. */
export default class B64Decode implements WorkerPlugin {
  readonly #minimumLength: number;

  /** @throws {RangeError} If the option `minimum_length` is not a length that can be told from a name. */
  constructor({ name, options }: PluginContext) {
    this.#minimumLength = options.getNumber("minimum_length", 64);
    if (!(this.#minimumLength >= 16)) {
      throw new RangeError(
        `Option "minimum_length" of plugin "${name}" is ${this.#minimumLength}: use 16 or more`,
      );
    }
  }

  scan(payload: Payload): WorkerResponse | undefined {
    const { text, offset, unit } = narrow(payload.content);
    const extracted: ExtractedPayload[] = [];
    const errors: string[] = [];
    for (const block of findBase64(text, this.#minimumLength)) {
      const at = offset + block.start * unit;
      if (extracted.length === MAX_EXTRACTED) {
        errors.push(`More than ${MAX_EXTRACTED} base64 runs: those from offset ${at} on are left out`);
        break;
      }
      if (block.symbols % 4 === 1) {
        errors.push(`base64 at offset ${at} is damaged: its ${block.symbols} characters have one left over`);
      }
      extracted.push({ content: decode(text, block), payloadMeta: { extraData: { offset: at } } });
    }
    return extracted.length === 0 ? undefined : { extracted, errors };
  }
}
