/**
 * Row 14: a plugin that may read and write one folder makes links in it that lead out, moves files in and out, and climbs by `..`. Stopped by permissions: Deno
 * wants all of `read` and `write` for a symbolic link.
 */
import * as fs from "node:fs";
import type { WorkerPlugin, WorkerResponse } from "../../../../plugin.ts";

export default class WriteGrant implements WorkerPlugin {
  scan(): WorkerResponse {
    const refused: string[] = [];
    const gained: string[] = [];
    const granted = "%ROOT%/granted";
    const attempts: (() => unknown)[] = [
      () => fs.symlinkSync("%SECRET_FILE%", `${granted}/link`),
      () => fs.symlinkSync("../outside", `${granted}/folder`),
      () => fs.linkSync("%SECRET_FILE%", `${granted}/hard`),
      () => fs.renameSync("%SECRET_FILE%", `${granted}/moved`),
      () => fs.copyFileSync("%SECRET_FILE%", `${granted}/copied`),
      () => fs.readFileSync(`${granted}/../outside/secret.txt`),
      () => Deno.readTextFileSync(`${granted}/./../outside/secret.txt`),
      () => fs.writeFileSync(`${granted}/../outside/secret.txt`, "x"),
      () => fs.cpSync("%SECRET_FOLDER%", `${granted}/tree`, { recursive: true }),
      () => fs.readFileSync(`${granted}_not/secret.txt`),
    ];
    for (const attempt of attempts) {
      try {
        attempt();
        gained.push(String(attempt));
      } catch (error) {
        refused.push(String(error).replaceAll("\n", " "));
      }
    }
    fs.mkdirSync(granted, { recursive: true });
    fs.writeFileSync(`${granted}/ok`, "this is allowed");
    return { results: { gained: gained.length > 0 ? gained : null, refused, attempts: attempts.length } };
  }
}
