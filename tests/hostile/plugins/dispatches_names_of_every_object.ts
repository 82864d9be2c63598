/**
 * Row 15: a dispatcher that names plugins by names which every object has, and by paths. The core looks names up in objects: it must find nothing that it did not
 * put there, and no file. Has to be stopped by objects without a prototype, or `Object.hasOwn`.
 */
import type { DispatcherPlugin, DispatcherResponse } from "../../../plugin.ts";

export default class NamesOfEveryObject implements DispatcherPlugin {
  getDispatches(): DispatcherResponse {
    return {
      pluginNames: [
        "../x",
        "../../outside/secret",
        "%SECRET_FILE%".slice(0, 64),
        "\u001b[2J",
        "stoq",
        "toString",
        "constructor",
        "__proto__",
        "hasOwnProperty",
      ],
    };
  }
}
