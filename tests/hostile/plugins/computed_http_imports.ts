/**
 * Row 3: code and data from the network, by specifiers made at run time. Stopped by the module hooks, and by `import: false`.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class ComputedHttpImports implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const gained: string[] = [];
    const specifiers: [string, string | undefined][] = [
      ["http://127.0.0.1:%CANARY_PORT%/code.ts", undefined],
      ["HTTP://127.0.0.1:%CANARY_PORT%/code.ts", undefined],
      [" http://127.0.0.1:%CANARY_PORT%/code.ts", undefined],
      ["//127.0.0.1:%CANARY_PORT%/code.ts", undefined],
      ["https://127.0.0.1:%CANARY_PORT%/code.ts", undefined],
      ["http://127.0.0.1:%CANARY_PORT%/data.json", "json"],
      ["http://127.0.0.1:%CANARY_PORT%/data.txt", "text"],
    ];
    for (const [specifier, type] of specifiers) {
      try {
        await import(specifier, type === undefined ? undefined : { with: { type } });
        gained.push(specifier);
      } catch (error) {
        refused.push(String(error));
      }
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused, attempts: specifiers.length } };
  }
}
