/**
 * Rows 4 and 14: the modules of the sandbox itself are loaded in the worker, so a plugin can import them again whatever it may read. It calls
 * `harden` a second time with a grant of its own making, and asks for modules of the host's side. Stopped by `harden` having nothing left
 * to give (it takes from the same realm), and by permissions.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class HostModules implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const gained: string[] = [];
    const scope = {
      Error,
      Object,
      Function,
      performance,
      queueMicrotask,
      console,
      navigator: { userAgent: "" },
      postMessage: () => {},
      process: {
        removeAllListeners: () => {},
        versions: {},
        getBuiltinModule: () => ({ closeSync: () => {} }),
        binding: () => ({ Pipe: class {}, TCP: class {}, UDP: class {} }),
      },
    };
    const setup = { entry: "npm:stoq-hostile-harden", granted: ["net", "run", "read"], env: [], log: () => {} };
    const attempts: (() => Promise<unknown>)[] = [
      async () => (await import("%SANDBOX%harden.ts")).harden(globalThis, setup),
      async () => {
        (await import("%SANDBOX%harden.ts")).harden(scope, setup);
        const { connect } = await import("node:net");
        connect(Number("%CANARY_PORT%"), "127.0.0.1");
      },
      async () => {
        const [name] = ["npm:stoq-hostile-harden"];
        await import(name!);
      },
      async () => {
        const { Guest } = await import("%SANDBOX%guest.ts");
        const { Worker } = globalThis;
        return new Worker(Guest);
      },
      async () => await import("%SANDBOX%worker.ts"),
      async () => await import("%SANDBOX%process_loop.ts"),
      async () => await import("%SANDBOX%commands.ts"),
      async () => await import("%SANDBOX%../mod.ts"),
      async () => {
        const [name] = ["@stoq/cli"];
        return await import(name!);
      },
    ];
    for (const attempt of attempts) {
      try {
        await attempt();
        gained.push(String(attempt));
      } catch (error) {
        refused.push(String(error));
      }
    }
    const powers = ["Command", "connect", "readTextFile", "kill"].filter((name) => name in Deno);
    gained.push(...powers);
    return { results: { gained: gained.length > 0 ? gained : null, refused, attempts: attempts.length } };
  }
}
