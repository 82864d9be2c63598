/** Rows 8 and 14: host name, users, processes, memory, addresses, load. Stopped by permissions and by stubs that answer the same everywhere. */
import { cpus, hostname, networkInterfaces, release, totalmem, uptime, userInfo } from "node:os";
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class Machine implements WorkerPlugin {
  scan(): WorkerResponse {
    const refused: string[] = [];
    const gained: string[] = [];
    const attempts: (() => unknown)[] = [
      () => Deno.hostname(),
      () => Deno.osRelease(),
      () => Deno.osUptime(),
      () => Deno.loadavg(),
      () => Deno.networkInterfaces(),
      () => Deno.systemMemoryInfo(),
      () => Deno.uid(),
      () => Deno.gid(),
      () => Deno.pid,
      () => Deno.ppid,
      () => Deno.memoryUsage().rss,
      () => Deno.consoleSize(),
    ];
    for (const attempt of attempts) {
      try {
        const value = attempt();
        if (value === undefined) refused.push("nothing: undefined");
        else gained.push(`${attempt}: ${value}`);
      } catch (error) {
        refused.push(String(error).replaceAll("\n", " "));
      }
    }
    const told = [hostname(), release(), totalmem(), uptime(), cpus().length, networkInterfaces(), userInfo().username];
    told.push(process.pid, process.ppid, navigator.hardwareConcurrency);
    return { results: { gained: gained.length > 0 ? gained : null, refused, attempts: attempts.length, told } };
  }
}
