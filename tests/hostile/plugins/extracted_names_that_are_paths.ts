/**
 * Row 15: extracted payloads named like paths out of a folder, with controls, a megabyte long, and names that every object has: nothing may be written anywhere, and
 * the names come out as data.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class NamesThatArePaths implements WorkerPlugin {
  scan(): WorkerResponse {
    const names = [
      "../../outside/planted",
      "%SECRET_FOLDER%/planted",
      "a\u0000b\u001b[2J\r\n\u009b31m\u202etxt.exe",
      "x".repeat(1_000_000),
      "__proto__",
      "CON",
      "",
    ];
    const extracted = names.map((filename, i) => ({
      content: new Uint8Array([i]),
      payloadMeta: { extraData: { filename, path: filename, [filename]: filename } },
    }));
    return { results: { gained: null }, extracted };
  }
}
