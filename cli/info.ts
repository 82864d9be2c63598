import { grantedInWords, isolationInWords } from "../core/asks.ts";
import { verifyByLock } from "../core/installed.ts";
import { type Lock, readLock } from "../core/lock.ts";
import { type PluginInfo, Stoq } from "../core/stoq.ts";
import { oneLine } from "../sandbox/protocol.ts";
import { EXIT } from "./exit.ts";
import { type ScanFlags, stoqOptions } from "./flags.ts";
import { label } from "./list.ts";
import { print } from "./print.ts";

/** Shows what is known of a plugin. @returns The exit status. */
export async function infoCommand(name: string, flags: ScanFlags): Promise<number> {
  await using stoq = new Stoq({ ...stoqOptions(flags), logLevel: flags.logLevel ?? "error" });
  const info = await stoq.describePlugin(name);
  const lines = info.builtin ? null : await installed(name, await readLock());
  const rows: [string, string[]][] = [
    ["version", [info.version]],
    ["author", [info.author]],
    ["description", [info.description]],
    ["classes", [info.classes.map(label).join(", ") || "cannot be loaded"]],
    ["may", [...grantedInWords(info.permissions, info.commands), isolationInWords(info.isolation)]],
    ["limits", [`${info.limits.timeout} s a call, ${info.limits.memory} MiB`]],
    ["folder", [info.folder]],
    ...lines ?? byHand(info),
  ];
  print(`${info.name}\n`);
  for (const [key, values] of rows) {
    for (const [index, value] of values.entries()) {
      if (value !== "") print(`  ${(index === 0 ? key : "").padEnd(13)}${oneLine(value)}\n`);
    }
  }
  return EXIT.ok;
}

function byHand({ builtin }: PluginInfo): [string, string[]][] {
  return [["source", [
    builtin ? "built in" : "put into a plugin directory by hand: it gets what its manifest asks for",
  ]]];
}

async function installed(name: string, lock: Lock): Promise<[string, string[]][] | null> {
  const record = lock.plugins.get(name) ?? lock.pending.get(name);
  if (record === undefined) return null;
  const problems = await verifyByLock(name, lock);
  return [
    ["source", [record.source]],
    ["sha256", [record.sha256 ?? ""]],
    ["installed", [record.installed]],
    ["verifies", problems.length === 0 ? ["yes"] : problems.map((problem) => `no: ${problem}`)],
  ];
}
