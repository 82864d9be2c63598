import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { VERSION } from "../mod.ts";
import { hasProgram } from "./measure.ts";

/** What was measured where, one fact a line. */
export async function describeMachine(): Promise<string[]> {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  return [
    `date: ${new Date().toISOString().slice(0, 10)}`,
    `processor: ${model}, ${cpus().length} cores`,
    `memory: ${Math.round(totalmem() / 2 ** 30)} GiB`,
    `kernel: ${Deno.build.os} ${release()}`,
    `load when it began: ${Deno.loadavg().map((value) => value.toFixed(1)).join(", ")} (1, 5, 15 minutes)`,
    `stoQ ${VERSION}, Deno ${Deno.version.deno}, V8 ${Deno.version.v8}`,
    `yara-x ${packageVersion("@virustotal/yara-x")}, yara ${await versionOf("yara")}, coreutils ${await versionOf(
      "md5sum",
    )}`,
  ];
}

async function versionOf(program: string): Promise<string> {
  if (!hasProgram(program)) return "not installed";
  const { stdout } = await new Deno.Command(program, { args: ["--version"], stderr: "null" }).output();
  return /\d+(\.\d+)+/.exec(new TextDecoder().decode(stdout))?.[0] ?? "of unknown version";
}

function packageVersion(name: string): string {
  const { imports } = JSON.parse(readFileSync(new URL("../deno.json", import.meta.url), "utf8"));
  return String(imports[name]).split("@").at(-1)!;
}
