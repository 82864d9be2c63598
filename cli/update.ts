import { lockPath } from "../core/home.ts";
import { updatePlugins } from "../install/install.ts";
import { EXIT, report } from "./exit.ts";
import type { ScanFlags } from "./flags.ts";
import { installOptions } from "./install_options.ts";
import { print } from "./print.ts";

/** Fetches installed plugins again. @returns The exit status: 1 if one could not be updated. */
export async function updateCommand(name: string | undefined, flags: ScanFlags): Promise<number> {
  let status: number = EXIT.ok;
  let count = 0;
  for await (const updated of updatePlugins(name ?? null, installOptions(flags))) {
    count++;
    switch (updated.status) {
      case "up to date":
        print(`${updated.name} ${updated.version} is up to date\n`);
        break;
      case "updated":
        print(`Successfully installed to ${updated.record.directory}\n`);
        break;
      case "failed":
        status = report(
          updated.error.message,
          EXIT.failed,
          flags.logLevel === "debug" ? updated.error.stack : undefined,
        );
    }
  }
  if (count === 0) print(`nothing is installed: "${lockPath()}" has no plugin\n`);
  return status;
}
