/**
 * Row 15: replaces the methods of maps and sets by which the guest finds who asked what, and hands over foreign things. All of it happens in the
 * plugin's own realm: the plugin can confuse its own questions, and nobody else's.
 */
import type { PluginContext, WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class MapReplaced implements WorkerPlugin {
  constructor(private readonly context: PluginContext) {}

  async scan(): Promise<WorkerResponse> {
    const caught: string[] = [];
    const refused: string[] = [];
    const { get, set } = Map.prototype;
    Map.prototype.set = function (key, value) {
      caught.push(`${typeof key} ${Object.keys(value ?? {})}`);
      return set.call(this, key, value);
    };
    Map.prototype.get = function (key) {
      return get.call(this, key);
    };
    Map.prototype.delete = () => true;
    Set.prototype.has = () => true;
    WeakMap.prototype.get = () => ({});
    try {
      await this.context.asset("../../outside/secret.txt");
    } catch (error) {
      refused.push(String(error));
    }
    const gained = caught.filter((what) => !what.startsWith("number resolve,reject"));
    return { results: { gained: gained.length > 0 ? gained : null, refused } };
  }
}
