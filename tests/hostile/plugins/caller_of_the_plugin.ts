/**
 * Row 4: sloppy functions know who called them: `caller` and `arguments.callee` would lead into the guest and from there to what it keeps.
 * Stopped by strict mode of all host code.
 */
import type { WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class CallerOfThePlugin implements WorkerPlugin {
  scan(): WorkerResponse {
    const gained: string[] = [];
    const refused: string[] = [];
    const look = new Function(
      "report",
      "refuse",
      `
      const walk = (f, depth) => {
        try {
          if (depth > 20 || f == null) return;
          report(String(f.name));
          walk(f.caller, depth + 1);
        } catch (error) { refuse(String(error)); }
      };
      walk(arguments.callee.caller, 0);
    `,
    );
    const item = {
      get results() {
        look((name: string) => gained.push(name), (why: string) => refused.push(why));
        return { gained: gained.length > 0 ? gained : null, refused };
      },
    };
    return item;
  }
}
