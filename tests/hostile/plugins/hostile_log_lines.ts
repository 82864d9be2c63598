/** Row 5: log lines with terminal escapes, and with line ends after which another line of the log seems to come. They must not begin a line. */
import type { PluginContext, WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class HostileLogLines implements WorkerPlugin {
  constructor(private readonly context: PluginContext) {}

  scan(): WorkerResponse {
    const line =
      "begin\u001b[2J\u001b]0;owned\u0007\n[1970-01-01T00:00:00.000Z CRITICAL] stoq: forged\r\n\u009b31m\u202eend";
    this.context.log.warning(line);
    console.error(line);
    console.log({ toString: () => line, [line]: line });
    this.context.log.error(Object.assign(Object.create(null), {}) as string);
    return { results: { gained: null } };
  }
}
