/**
 * Compiles `dist/stoq.js` into a binary that needs no Deno: `dist/stoq`, or `dist/stoq-TARGET` for another machine.
 *
 * Deno downloads the binary to put it into; the environment variable `DENORT_BIN` names one that is there already.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { build, BUNDLE } from "./build.ts";

/** Machines that Deno has binaries for. */
const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
  "aarch64-pc-windows-msvc",
];

const USAGE = `Usage: deno task compile [--target TARGET]...

Targets: this machine, if none is named; all; or
  ${TARGETS.join("\n  ")}`;

/** Compiles for one machine. @returns The path of the binary. */
async function compile(target: string | undefined): Promise<string> {
  const output = BUNDLE.replace(/\.js$/, target === undefined ? "" : `-${target}`) +
    ((target ?? Deno.build.os).includes("windows") ? ".exe" : "");
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["compile", "--quiet", "--allow-all", "--unstable-worker-options", "--no-check", "--no-config", "--no-lock"],
      ...target === undefined ? [] : ["--target", target],
      ...["--output", output, BUNDLE],
    ],
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return output;
  const lines = new TextDecoder().decode(stderr).split("\n").map((line) => line.replace(/^(error:|\s*\d+:)\s*/, ""));
  // The innermost cause that names an address says it best.
  const reason = lines.find((line) => /https?:/.test(line)) ?? lines.find((line) => line !== "") ?? "no reason given";
  throw new Error(
    `Cannot compile for ${target ?? "this machine"}: ${reason}: where the base binary cannot be downloaded, ` +
      "get denort of this version elsewhere and name it in DENORT_BIN",
  );
}

async function main(args: string[]): Promise<void> {
  const options = { target: { type: "string", multiple: true }, help: { type: "boolean", short: "h" } } as const;
  const { values: { target = [], help } } = parseArgs({ args, options });
  if (help) return console.log(USAGE);
  const unknown = target.find((name) => name !== "all" && !TARGETS.includes(name));
  if (unknown !== undefined) throw new Error(`Target "${unknown}" is not known: use all, ${TARGETS.join(", ")}`);
  const targets = target.includes("all") ? TARGETS : target.length === 0 ? [undefined] : target;
  await build();
  for (const one of targets) console.log(await compile(one));
}

if (import.meta.main) {
  try {
    await main(Deno.args);
  } catch (error) {
    console.error(`compile: ${(error as Error).message}`);
    Deno.exitCode = 1;
  }
}
