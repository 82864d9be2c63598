import { Stoq } from "../core/stoq.ts";
import { EXIT } from "./exit.ts";
import { ABOUT } from "./main.ts";
import { print } from "./print.ts";
import { type ScanFlags, stoqOptions } from "./scan.ts";

/** Lists plugins. @returns The exit status. */
export async function listCommand(
  flags: Pick<ScanFlags, "pluginDir" | "configFile" | "logLevel"> & { json?: true },
): Promise<number> {
  await using stoq = new Stoq(stoqOptions(flags));
  const plugins = await stoq.listPlugins();
  if (flags.json) {
    print(JSON.stringify(plugins, null, 4) + "\n");
    return EXIT.ok;
  }
  const lines = [ABOUT, "-".repeat(ABOUT.length)];
  for (const { name, version, description, classes } of plugins) {
    lines.push(`${name.padEnd(30)}v${version.padEnd(11)}${description}`);
    lines.push(`${" ".repeat(42)}- ${classes.join(", ") || "cannot be loaded"}`);
  }
  print(lines.join("\n") + "\n");
  return EXIT.ok;
}
