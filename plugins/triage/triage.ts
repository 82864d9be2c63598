import type { DispatcherPlugin, DispatcherResponse, Payload, PluginContext } from "../../plugin.ts";
import { identify } from "./identify.ts";
import { route, ROUTED_PLUGINS } from "./routes.ts";

/** Chooses for each payload, by its content, the plugins that know its type. */
export default class Triage implements DispatcherPlugin {
  readonly #available: ReadonlySet<string>;

  constructor(context: PluginContext) {
    const available = context.options.getList("available", ROUTED_PLUGINS);
    const unknown = available.find((name) => !ROUTED_PLUGINS.includes(name));
    if (unknown !== undefined) {
      throw new TypeError(
        `Option "available" of plugin "${context.name}" names "${unknown}", which no route uses: choose from ` +
          ROUTED_PLUGINS.join(", "),
      );
    }
    this.#available = new Set(available);
  }

  getDispatches(payload: Payload): DispatcherResponse {
    const findings = identify(payload.content);
    return {
      pluginNames: route(findings.map(({ type }) => type)).filter((name) => this.#available.has(name)),
      meta: { type: findings[0]?.type, why: findings.map(({ type, why }) => `${type}: ${why}`) },
    };
  }
}
