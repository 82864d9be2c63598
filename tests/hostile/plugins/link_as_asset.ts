/**
 * Row 14: asks the core for the link in its own folder, and for paths out of it. Stopped by sandbox/assets.ts, which compares real paths.
 */
import type { PluginContext, WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class LinkAsAsset implements WorkerPlugin {
  constructor(private readonly context: PluginContext) {}

  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const gained: string[] = [];
    const paths = [
      "link.txt",
      "folder/secret.txt",
      "../../outside/secret.txt",
      "%SECRET_FILE%",
      "./../links_in_its_own_folder/../../outside/secret.txt",
      "",
      ".",
      "/dev/stdin",
      "link.txt\u0000.png",
      "__proto__",
      "constructor",
    ];
    for (const path of paths) {
      try {
        gained.push(`${path}: ${(await this.context.asset(path)).length} bytes`);
      } catch (error) {
        refused.push(String(error));
      }
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused, attempts: paths.length } };
  }
}
