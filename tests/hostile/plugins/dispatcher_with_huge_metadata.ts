/**
 * Rows 10 and 15: a dispatcher whose metadata, nine million characters of `{}`, goes to every worker of the payload: good plugins would choke on what a hostile one
 * said. Has to be stopped by a limit on metadata, which is far smaller than that on results.
 */
import type { DispatcherPlugin, DispatcherResponse } from "../../../plugin.ts";

export default class HugeMetadata implements DispatcherPlugin {
  getDispatches(): DispatcherResponse {
    JSON.stringify = () => `{"pluginNames":[],"meta":{"a":[${"{},".repeat(3_000_000)}{}]}}`;
    return {};
  }
}
