import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { reason } from "../authoring/folder.ts";
import { pack } from "../authoring/pack.ts";
import { StoqError } from "../core/errors.ts";
import { about, type AuthoringFlags, check } from "./authoring.ts";
import { EXIT } from "./exit.ts";
import { print } from "./print.ts";

/** Flags of `stoq pack`. */
export interface PackFlags extends AuthoringFlags {
  output?: string;
}

/** Checks a plugin and packs it into one archive. @returns The exit status. */
export async function packCommand(path: string, flags: PackFlags): Promise<number> {
  const plugin = await check(path, flags);
  const { fileName, content } = await pack(plugin);
  const output = flags.output ?? fileName;
  try {
    await writeFile(output, content);
  } catch (error) {
    throw new StoqError(`Cannot write "${output}": ${reason(error)}`, { cause: error });
  }
  const sha256 = createHash("sha256").update(content).digest("hex");
  print(
    [...about(plugin), `  archive      ${output}, ${content.length} bytes`, `  sha256       ${sha256}`, ""].join("\n"),
  );
  return EXIT.ok;
}
