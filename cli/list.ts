import type { PluginInfo } from "../core/stoq.ts";
import { Stoq } from "../core/stoq.ts";
import { hasBubblewrap } from "../sandbox/commands.ts";
import { EXIT } from "./exit.ts";
import { type ScanFlags, stoqOptions } from "./flags.ts";
import { ABOUT } from "./main.ts";
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
    lines.push(`${plugin.name.padEnd(30)}v${plugin.version.padEnd(11)}${plugin.description}`);
    lines.push(`${" ".repeat(42)}- ${plugin.classes.map(label).join(", ") || "cannot be loaded"}`);
    if (flags.permissions) lines.push(...permissions(plugin).map((line) => `${" ".repeat(42)}  ${line}`));
  }
  print(lines.join("\n") + "\n");
  return EXIT.ok;
}

/** `DeepDispatcher` of `deep_dispatcher`: as stoQ shows it. */
function label(name: string): string {
  return name.split("_").map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
}

/** What a plugin may do, a line each. */
function permissions({ permissions, commands, isolation }: PluginInfo): string[] {
  const lines = Object.entries(permissions).map(([kind, list]) =>
    `${kind}: ${list === true ? "everything" : list.join(", ")}`
  );
  for (const line of commands) {
    lines.push(
      `runs, through stoQ: ${line}${
        hasBubblewrap()
          ? " (in bubblewrap: no network, files read-only)"
          : " (not isolated: bubblewrap is not installed)"
      }`,
    );
  }
  if (lines.length === 0) lines.push("computes, nothing else");
  return [
    ...lines,
    isolation === "shared"
      ? "shares a sandbox process"
      : isolation === "process"
      ? "has a sandbox process of its own"
      : "runs in the core's process",
  ];
}
