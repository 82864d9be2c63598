/** Row 10: a dispatcher that names a million plugins. Stopped by a limit on names, which is said. */
import type { DispatcherPlugin, DispatcherResponse } from "../../../plugin.ts";

export default class MillionPlugins implements DispatcherPlugin {
  getDispatches(): DispatcherResponse {
    return { pluginNames: Array.from({ length: 1_000_000 }, (_, i) => `plugin_${i}`) };
  }
}
