/**
 * What the machine itself can do with a list of files: programs that everyone has, on the same files.
 *
 * @module
 */
import { join } from "node:path";
import type { FileList } from "./corpus.ts";
import { hasProgram, median, runCommand, type Sample } from "./measure.ts";
import { rateRow, type Row } from "./table.ts";

/** Rules that both sides match. */
export const TEN_RULES: string = new URL("./ten.yar", import.meta.url).pathname;

const SUMS = ["md5sum", "sha1sum", "sha256sum"] as const;

/** Names of the limits, as the table shows them. */
export const LIMIT = { sums: "three sums", cat: "cat", yara: "yara -r", file: "file" } as const;

/** Runs of the machine's own programs over a list, by name. What is not installed is left out. */
export function limitsOf({ folder, names }: FileList): Record<string, () => Promise<unknown>> {
  return {
    // Each one process over the whole list, one after another.
    [LIMIT.sums]: async () => {
      for (const sum of SUMS) await runCommand(sum, names, { cwd: folder });
    },
    [LIMIT.cat]: () => runCommand("cat", names, { cwd: folder }),
    ...(hasProgram("yara") && { [LIMIT.yara]: () => runCommand("yara", ["-r", TEN_RULES, folder]) }),
  };
}

/** libmagic as the machine has it, which bounds what mimetype can do; takes much longer than the others. */
export function fileLimit({ folder, names }: FileList): Record<string, () => Promise<unknown>> {
  return hasProgram("file")
    ? { [LIMIT.file]: () => runCommand("file", ["--brief", "--mime-type", "--", ...names], { cwd: folder }) }
    : {};
}

/**
 * The ten rules without the plugins that they name: the dispatcher alone.
 *
 * @returns Path of the file.
 */
export function rulesAlone(folder: string): string {
  const path = join(folder, "ten_alone.yar");
  const rules = Deno.readTextFileSync(TEN_RULES);
  Deno.writeTextFileSync(path, rules.replace(/^ *meta:\n *plugin = .*\n/gm, ""));
  return path;
}

/** The limits as rows of their own. */
export function limitRows(list: FileList, samples: Readonly<Record<string, readonly Sample[]>>): Row[] {
  return Object.values(LIMIT).filter((name) => name in samples).map((name) =>
    rateRow(`${list.label}: ${name}`, samples[name]!, list.names.length)
  );
}

/** How many times as fast as each limit something is. */
export function besideLimits(
  samples: Readonly<Record<string, readonly Sample[]>>,
  ours: readonly Sample[],
): Record<string, number> {
  const time = (taken: readonly Sample[]) => median(taken.map(({ wall }) => wall));
  return Object.fromEntries(
    Object.values(LIMIT).filter((name) => name in samples).map((name) => [name, time(samples[name]!) / time(ours)]),
  );
}
