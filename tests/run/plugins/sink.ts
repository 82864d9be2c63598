import type { ConnectorPlugin, PluginContext, Response } from "../../../plugin.ts";

/** Gives results to the test's board, which says whether that works. */
export default class Sink implements ConnectorPlugin {
  constructor(private readonly context: PluginContext) {}

  async save(response: Response): Promise<void> {
    const { name, options } = this.context;
    const item = response.results[0]?.payloadMeta.extraData["filename"];
    const body = JSON.stringify({ event: `${name} saves ${item}`, data: response });
    const answer = await fetch(`http://${options.getString("board")}/`, { method: "POST", body });
    if (await answer.text() === "fail") throw new Error("the sink is blocked");
  }
}
