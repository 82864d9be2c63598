import type { Payload, PluginContext, WorkerPlugin, WorkerResponse } from "@stoq/cli/plugin";

/** Text in the payload, in capitals, and each word as a payload of its own. */
export default class Shout implements WorkerPlugin {
  readonly #minLength: number;

  constructor({ options }: PluginContext) {
    this.#minLength = options.getNumber("min_length", 4);
  }

  scan(payload: Payload): WorkerResponse {
    const words = new TextDecoder().decode(payload.content).split(/\W+/).filter((word) =>
      word.length >= this.#minLength
    );
    return {
      results: { shouted: words.map((word) => word.toUpperCase()) },
      extracted: words.map((word) => ({
        content: new TextEncoder().encode(word),
        payloadMeta: { extraData: { word } },
      })),
    };
  }
}
