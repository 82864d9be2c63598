/**
 * A child process of interrupted_test.ts: installs a plugin, and at a step kills itself, or fails.
 *
 * @module
 */
import { loadConfig } from "../../core/config.ts";
import { stoqHome } from "../../core/home.ts";
import { openLog } from "../../core/log.ts";
import { installPlugin } from "../../install/install.ts";

if (import.meta.main) {
  const [source, stopAt, how] = Deno.args;
  const config = loadConfig({ baseDir: stoqHome(), logLevel: "error" });
  const show = (line: string) => console.error(line);
  await installPlugin(source!, {
    config,
    log: openLog(config.log),
    show,
    consent: { yes: true, allow: null, ask: null, show },
    upgrade: true,
    onStep: (step) => {
      if (step !== stopAt) return;
      if (how === "fail") throw new Error(`no space left at "${step}"`);
      Deno.kill(Deno.pid, "SIGKILL");
    },
  });
}
