import { uninstallPlugin } from "../install/install.ts";
import { EXIT } from "./exit.ts";
import { show } from "./install_options.ts";
import { print } from "./print.ts";

/** Removes an installed plugin. @returns The exit status. */
export async function uninstallCommand(name: string): Promise<number> {
  await uninstallPlugin(name, { show });
  print(`Successfully uninstalled ${name}\n`);
  return EXIT.ok;
}
