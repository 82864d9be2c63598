/** Row 14: asks for more permissions, and for what it has. Stopped by `--no-prompt`, and by taking the API away. */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class AsksForPermissions implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const gained: string[] = [];
    const attempts: (() => unknown)[] = [
      () => Deno.permissions.request({ name: "read" }),
      () => Deno.permissions.requestSync({ name: "run" }),
      () => Deno.permissions.query({ name: "env" }),
      () => Reflect.get(navigator, "permissions").query({ name: "net" }),
      () => Reflect.get(globalThis, "confirm")("May I?"),
      () => Reflect.get(process, "permission").has("fs.read"),
      () => new Worker("data:,", { type: "module", deno: { permissions: "inherit" } } as WorkerOptions),
    ];
    for (const attempt of attempts) {
      try {
        gained.push(`${attempt}: ${await attempt()}`);
      } catch (error) {
        refused.push(String(error).replaceAll("\n", " "));
      }
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused, attempts: attempts.length } };
  }
}
