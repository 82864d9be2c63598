/**
 * Row 14: starts a program through Node.js. Stopped by the module hooks, whose stub throws; behind them by the missing `run` permission.
 */
import { execSync, spawnSync } from "node:child_process";
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class ChildProcess implements WorkerPlugin {
  scan(): WorkerResponse {
    const refused: string[] = [];
    const gained: string[] = [];
    const attempts = [() => execSync("id").toString(), () => spawnSync("cat", ["%SECRET_FILE%"]).stdout.toString()];
    for (const attempt of attempts) {
      try {
        gained.push(attempt());
      } catch (error) {
        refused.push(String(error));
      }
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused } };
  }
}
