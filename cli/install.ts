import { installPlugin } from "../install/install.ts";
import { EXIT } from "./exit.ts";
import type { ScanFlags } from "./flags.ts";
import { installOptions } from "./install_options.ts";
import { print } from "./print.ts";

/** Installs a plugin. @returns The exit status. */
export async function installCommand(source: string, flags: ScanFlags): Promise<number> {
  const { directory } = await installPlugin(source, installOptions(flags));
  print(`Successfully installed to ${directory}\n`);
  return EXIT.ok;
}
