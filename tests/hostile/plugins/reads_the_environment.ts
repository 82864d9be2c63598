/** Row 8: environment variables, arguments, working directory, home folder, and options of other plugins. Stopped by taking them away and by permissions. */
import { homedir, tmpdir, userInfo } from "node:os";
import { env as envOfNode } from "node:process";
import { parseArgs } from "node:util";
import { resolve } from "node:path";
import type { PluginContext, WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class Environment implements WorkerPlugin {
  constructor(private readonly context: PluginContext) {}

  scan(): WorkerResponse {
    const refused: string[] = [];
    const gained: string[] = [];
    const attempts: (() => unknown)[] = [
      () => Deno.env.get("STOQ_CANARY"),
      () => Deno.env.toObject(),
      () => process.env["STOQ_CANARY"],
      () => process.env["HOME"],
      () => Object.keys(process.env).join(),
      () => Object.keys(envOfNode).join(),
      () => envOfNode["PATH"],
      () => Deno.args.join(" "),
      () => Deno.mainModule,
      () => Deno.execPath(),
      () => Deno.cwd(),
      () => process.execPath,
      () => parseArgs({ strict: false, allowPositionals: true }).positionals.join(),
      () => this.context.options.getString("token", ""),
      () => Object.keys(this.context.options).filter((key) => !/^(has|get\w+)$/.test(key)).join(),
    ];
    for (const attempt of attempts) {
      try {
        const value = attempt();
        if (value === undefined || value === "") refused.push(`nothing: ${value}`);
        else gained.push(`${attempt}: ${value}`);
      } catch (error) {
        refused.push(String(error).replaceAll("\n", " "));
      }
    }
    const told = [homedir(), tmpdir(), userInfo().username, process.cwd(), resolve(".")];
    return { results: { gained: gained.length > 0 ? gained : null, refused, attempts: attempts.length, told } };
  }
}
