import type { PluginContext, ProviderItem, ProviderPlugin, RequestMeta } from "../../../plugin.ts";

/** Brings `count` texts, `NAME 0`, `NAME 1`, …, and tells the test's board what happens. */
export default class Source implements ProviderPlugin {
  readonly #name: string;
  readonly #board: string;
  readonly #count: number;
  readonly #request: Partial<RequestMeta> | undefined;
  readonly #task: Record<string, Record<string, unknown>> | undefined;

  constructor({ name, options }: PluginContext) {
    this.#name = name;
    this.#board = options.getString("board");
    this.#count = options.getNumber("count", 1);
    this.#request = options.getJson("request", null) as Partial<RequestMeta> ?? undefined;
    this.#task = options.getJson("task", null) as Record<string, Record<string, unknown>> ?? undefined;
  }

  async *ingest(): AsyncGenerator<ProviderItem> {
    for (let i = 0; i < this.#count; i++) {
      const item = `${this.#name} ${i}`;
      const answer = await this.#tell("gives", item);
      if (answer === "fail") throw new Error("the source broke");
      if (answer === "end") return;
      yield {
        ...(this.#task === undefined
          ? { payload: { content: new TextEncoder().encode(item), payloadMeta: { extraData: { filename: item } } } }
          : { task: this.#task }),
        ...(this.#request && { request: this.#request }),
        acknowledge: async () => void await this.#tell("hears of", item),
      };
    }
  }

  async #tell(what: string, item: string): Promise<string> {
    const body = JSON.stringify({ event: `${this.#name} ${what} ${item}` });
    return await (await fetch(`http://${this.#board}/`, { method: "POST", body })).text();
  }
}
