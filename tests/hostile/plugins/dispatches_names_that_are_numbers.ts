/**
 * Row 15: a dispatcher whose names are no names: each of them is said to be none, 200,000 times. Has to be stopped by a limit on what is said: a call with as many
 * arguments overflows the stack of the core.
 */
import type { DispatcherPlugin, DispatcherResponse } from "../../../plugin.ts";

export default class NamesThatAreNumbers implements DispatcherPlugin {
  getDispatches(): DispatcherResponse {
    return { pluginNames: new Array(200_000).fill(0) };
  }
}
