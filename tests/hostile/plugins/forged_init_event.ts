/**
 * Rows 3 and 15: tells its own guest to begin again, with another entry, a larger grant, and other names of environment variables. Stopped by the
 * perimeter being there already, and by the host, to which a second `ready` is a forgery.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class ForgedInit implements WorkerPlugin {
  async scan(): Promise<WorkerResponse> {
    for (
      const entry of [
        "npm:stoq-hostile-init",
        "http://127.0.0.1:%CANARY_PORT%/x.ts",
        "file://%SECRET_FOLDER%/secret.ts",
      ]
    ) {
      const setup = { name: "hash", entry, options: {}, granted: ["run", "read", "net"], env: ["STOQ_CANARY", "HOME"] };
      globalThis.dispatchEvent(new MessageEvent("message", { data: { type: "init", setup } }));
    }
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return { results: { gained: "not noticed" } };
  }
}
