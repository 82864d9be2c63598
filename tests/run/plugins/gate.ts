import type { Payload, PluginContext, WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

/** Holds a payload until the test's board lets it go. */
export default class Gate implements WorkerPlugin {
  constructor(private readonly context: PluginContext) {}

  async scan({ payloadMeta }: Payload): Promise<WorkerResponse> {
    const { name, options } = this.context;
    const body = JSON.stringify({ event: `${name} has ${payloadMeta.extraData["filename"]}` });
    const answer = await fetch(`http://${options.getString("board")}/`, { method: "POST", body });
    return { results: await answer.text() };
  }
}
