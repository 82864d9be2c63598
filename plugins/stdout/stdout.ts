import type { ConnectorPlugin, PluginContext, Response } from "../../plugin.ts";

/** Results on standard output: indented, or one line each. */
export default class Stdout implements ConnectorPlugin {
  readonly #indent: number | undefined;

  constructor({ options }: PluginContext) {
    this.#indent = options.getBoolean("compactly", false) ? 0 : undefined;
  }

  save(response: Response): string {
    return response.toString(this.#indent) + "\n";
  }
}
