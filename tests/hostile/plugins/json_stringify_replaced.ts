/**
 * Row 15: the guest writes results with `JSON.stringify`: replaced, it returns what is no JSON, so that the core would read whatever the plugin
 * likes. Stopped by the core, which parses the text itself and believes none of it.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class JsonStringifyReplaced implements WorkerPlugin {
  scan(): WorkerResponse {
    JSON.stringify = () => '{"results": {"gained": "no JSON"}';
    return {};
  }
}
