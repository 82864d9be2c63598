import type { ArchiverPlugin, ArchiverResponse, NewPayload, Payload, PluginContext } from "../../../plugin.ts";

/** Tells the test's board of payloads that are archived, and brings those that tasks ask for: `{ text }`. */
export default class Store implements ArchiverPlugin {
  constructor(private readonly context: PluginContext) {}

  async archive({ content, payloadMeta }: Payload): Promise<ArchiverResponse> {
    const item = payloadMeta.extraData["filename"];
    if (await this.#tell(`archives ${item}`) === "fail") throw new Error("the store is full");
    return { results: { text: new TextDecoder().decode(content) } };
  }

  async get({ results }: ArchiverResponse): Promise<NewPayload | null> {
    const text = String(results?.["text"]);
    const answer = await this.#tell(`loads ${text}`);
    if (answer === "fail") throw new Error("the store is closed");
    if (answer === "nothing") return null;
    return { content: new TextEncoder().encode(text), payloadMeta: { extraData: { filename: text } } };
  }

  async #tell(what: string): Promise<string> {
    const { name, options } = this.context;
    const body = JSON.stringify({ event: `${name} ${what}` });
    return await (await fetch(`http://${options.getString("board")}/`, { method: "POST", body })).text();
  }
}
