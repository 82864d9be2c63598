import { grantedInWords, isolationInWords } from "../core/asks.ts";
import type { PluginInfo } from "../core/stoq.ts";
import { Stoq } from "../core/stoq.ts";
import { EXIT } from "./exit.ts";
import { type ScanFlags, stoqOptions } from "./flags.ts";
import { ABOUT } from "./main.ts";
import { oneLine } from "../sandbox/protocol.ts";
import { print } from "./print.ts";

/** Lists plugins. @returns The exit status. */
export async function listCommand(flags: ScanFlags): Promise<number> {
  await using stoq = new Stoq(stoqOptions(flags));
  const plugins = await stoq.listPlugins();
  if (flags.json) {
    print(JSON.stringify(plugins, null, 4) + "\n");
    return EXIT.ok;
  }
  const lines = [ABOUT, "-".repeat(ABOUT.length)];
  for (const plugin of plugins) {
    lines.push(`${plugin.name.padEnd(30)}v${oneLine(plugin.version, 40).padEnd(11)}${oneLine(plugin.description)}`);
    lines.push(`${" ".repeat(42)}- ${plugin.classes.map(label).join(", ") || "cannot be loaded"}`);
    if (flags.permissions) lines.push(...permissions(plugin).map((line) => `${" ".repeat(42)}  ${line}`));
  }
  print(lines.join("\n") + "\n");
  return EXIT.ok;
}

/** `DeepDispatcher` of `deep_dispatcher`: as stoQ shows it. */
export function label(name: string): string {
  return name.split("_").map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
}

/** What a plugin may do, a line each. */
function permissions({ permissions, commands, isolation }: PluginInfo): string[] {
  return [...grantedInWords(permissions, commands), isolationInWords(isolation)];
}
