/**
 * Row 14: imports whose specifier is made at run time: text, bytes, JSON and code, by path, by URL, up from the plugin's own folder, and
 * in spellings that a URL parser makes the same. Stopped by the worker's own permissions; odd spellings by the module hooks.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class ComputedImports implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const gained: unknown[] = [];
    const attempts: [string, string | undefined][] = [
      ["%SECRET_FILE%", "text"],
      ["file://%SECRET_FILE%", "text"],
      ["file://%SECRET_FILE%", "bytes"],
      ["../../outside/secret.txt", "text"],
      ["file:%SECRET_FILE%", "text"],
      ["FILE://%SECRET_FILE%", "text"],
      [" file://%SECRET_FILE%", "text"],
      ["file://localhost%SECRET_FILE%", "text"],
      ["file://%SECRET_FOLDER%/secret.json", "json"],
      ["file://%SECRET_FOLDER%/secret.ts", undefined],
      ["file://%SECRET_FOLDER%/%73ecret.ts", undefined],
      ["file:///proc/self/environ", "text"],
      ["file:///proc/self/cmdline", "text"],
    ];
    for (const [specifier, type] of attempts) {
      try {
        const module = await import(specifier, type === undefined ? undefined : { with: { type } });
        gained.push([specifier, String(module.default)]);
      } catch (error) {
        refused.push(String(error));
      }
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused, attempts: attempts.length } };
  }
}
