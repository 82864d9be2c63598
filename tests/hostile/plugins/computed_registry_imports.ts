/**
 * Row 3: the same with specifiers made at run time, in every spelling that a URL parser takes for one. Stopped by the module hooks.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class ComputedRegistryImports implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const gained: string[] = [];
    const specifiers = [
      "npm:stoq-hostile-computed-secret",
      "npm:/stoq-hostile-computed-secret@1",
      "NPM:stoq-hostile-computed-secret",
      " npm:stoq-hostile-computed-secret",
      "\tnpm:stoq-hostile-computed-secret",
      "n\npm:stoq-hostile-computed-secret",
      "\u0000npm:stoq-hostile-computed-secret",
      "jsr:@stoq-hostile/secret",
      "JSR:@stoq-hostile/secret@^1",
      "jsr:/@stoq-hostile/secret",
    ];
    for (const specifier of specifiers) {
      try {
        await import(specifier);
        gained.push(specifier);
      } catch (error) {
        refused.push(String(error));
      }
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused, attempts: specifiers.length } };
  }
}
