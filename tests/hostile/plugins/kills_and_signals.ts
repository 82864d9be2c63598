/** Rows 4 and 7: sends signals to a process, to the core, to its own group; listens for signals; sets the exit status. Stopped by taking these away. */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class Kills implements WorkerPlugin {
  scan(): WorkerResponse {
    const refused: string[] = [];
    const gained: string[] = [];
    const pid = Number("%CANARY_PID%");
    const attempts: (() => unknown)[] = [
      () => Deno.kill(pid, "SIGKILL"),
      () => Deno.kill(Deno.pid, "SIGTERM"),
      () => process.kill(pid, "SIGKILL"),
      () => process.kill(pid, 0),
      () => Reflect.get(process, "_kill")(pid, 9),
      () => Deno.addSignalListener("SIGINT", () => {}),
      () => new Deno.Command("kill", { args: [String(pid)] }).outputSync(),
      () => process.chdir("/"),
      () => Deno.chdir("/"),
      () => Deno.umask(0),
    ];
    for (const attempt of attempts) {
      try {
        attempt();
        gained.push(String(attempt));
      } catch (error) {
        refused.push(String(error));
      }
    }
    try {
      Deno.exitCode = 9;
      gained.push("Deno.exitCode");
    } catch (error) {
      refused.push(String(error));
    }
    // Only an object of this realm, as the test sees by the command's exit status.
    process.exitCode = 9;
    process.on("SIGTERM", () => {});
    return { results: { gained: gained.length > 0 ? gained : null, refused } };
  }
}
