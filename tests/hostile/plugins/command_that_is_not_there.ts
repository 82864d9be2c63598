/**
 * Runs commands that its manifest does not have, by names that every object has, and with words of a command line in the name. Stopped by
 * sandbox/commands.ts: only what is listed, word for word.
 */
import type { PluginContext, WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class CommandThatIsNotThere implements WorkerPlugin {
  constructor(private readonly context: PluginContext) {}

  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const gained: string[] = [];
    const names = ["id", "cat %SECRET_FILE%", "/bin/sh", "constructor", "__proto__", "toString", "", "x".repeat(1024)];
    for (const name of names) {
      try {
        gained.push(`${name}: ${(await this.context.command(name, new Uint8Array(1))).code}`);
      } catch (error) {
        refused.push(String(error));
      }
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused, attempts: names.length } };
  }
}
