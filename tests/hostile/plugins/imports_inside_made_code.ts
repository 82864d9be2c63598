/**
 * Row 14: imports in code that is made at run time, whose place in the module graph nobody knows. Stopped by the module hooks and the
 * worker's permissions, which hold for the whole realm.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class ImportsInsideMadeCode implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const gained: string[] = [];
    const AsyncFunction = (async () => {}).constructor;
    const indirect = eval;
    const text = '{ with: { type: "text" } }';
    const attempts: (() => unknown)[] = [
      () => indirect(`import("file://%SECRET_FILE%", ${text})`),
      () => indirect('import("npm:stoq-hostile-eval")'),
      () => new Function(`return import("file://%SECRET_FILE%", ${text})`)(),
      () => new Function('return import("http://127.0.0.1:%CANARY_PORT%/code.ts")')(),
      () => AsyncFunction('return await import("npm:stoq-hostile-function")')(),
      () => AsyncFunction('return (await import("node:child_process")).execSync("id")')(),
      () => indirect('import("node:net").then(({ connect }) => connect(%CANARY_PORT%, "127.0.0.1"))'),
      () => indirect('import("node:worker_threads").then(({ Worker }) => new Worker("1", { eval: true }))'),
    ];
    for (const attempt of attempts) {
      try {
        await attempt();
        gained.push(String(attempt));
      } catch (error) {
        refused.push(String(error));
      }
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused, attempts: attempts.length } };
  }
}
