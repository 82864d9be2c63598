/** Row 8: a plugin that may see one variable asks for others, for all, and sets some. Stopped by permissions; the process has no variables but those. */
import type { WorkerPlugin, WorkerResponse } from "../../../../plugin.ts";

export default class EnvGrant implements WorkerPlugin {
  scan(): WorkerResponse {
    const refused: string[] = [];
    const gained: string[] = [];
    const attempts: (() => unknown)[] = [
      () => Deno.env.get("STOQ_CANARY"),
      () => Deno.env.get("HOME"),
      () => Deno.env.toObject(),
      () => Deno.env.set("PATH", "/tmp"),
      () => Deno.env.delete("PATH"),
      () =>
        process.env["STOQ_CANARY"] ?? Reflect.apply(
          () => {
            throw new Error("not in process.env");
          },
          null,
          [],
        ),
    ];
    for (const attempt of attempts) {
      try {
        gained.push(`${attempt}: ${attempt()}`);
      } catch (error) {
        refused.push(String(error).replaceAll("\n", " "));
      }
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused, attempts: attempts.length } };
  }
}
