/**
 * Rows 1 and 14: a plugin comes with symbolic links in its folder, which it may read: to a file and to a folder outside. It follows them by
 * import, `fetch` and `node:fs`. Has to be stopped by refusing such folders, or by never granting `read` on the folder as a whole.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class Links implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    const refused: string[] = [];
    const gained: string[] = [];
    const folder = new URL(".", import.meta.url);
    const attempts = [
      async () =>
        String((await import(String(new URL("link.txt", folder)), { with: { type: "text" } })).default.length),
      async () => String((await import(String(new URL("link.ts", folder)))).default.length),
      async () => String((await (await fetch(new URL("link.txt", folder))).text()).length),
      () => Promise.resolve(String(readFileSync(fileURLToPath(new URL("link.txt", folder)), "utf8").length)),
      () => Promise.resolve(String(readFileSync(fileURLToPath(new URL("folder/secret.txt", folder)), "utf8").length)),
    ];
    for (const attempt of attempts) {
      try {
        // Its length is proof enough, and keeps the secret out of the test's output.
        gained.push(`read ${await attempt()} characters`);
      } catch (error) {
        refused.push(String(error));
      }
    }
    return { results: { gained: gained.length > 0 ? gained : null, refused } };
  }
}
