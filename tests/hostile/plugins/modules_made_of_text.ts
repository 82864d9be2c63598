/**
 * Row 14: modules from `data:` and `blob:` URLs, which could hold an import that no hook sees in time. Stopped by the module hooks.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class ModulesMadeOfText implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const gained: string[] = [];
    const code = 'import secret from "file://%SECRET_FILE%" with { type: "text" }; export default secret;';
    const specifiers = [
      `data:text/javascript,${encodeURIComponent(code)}`,
      `data:application/typescript;base64,${btoa(code)}`,
      `DATA:text/javascript,export default 1`,
      URL.createObjectURL(new Blob([code], { type: "text/javascript" })),
      URL.createObjectURL(new Blob(['import "npm:stoq-hostile-blob"'], { type: "application/typescript" })),
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
