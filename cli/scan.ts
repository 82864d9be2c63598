import { basename } from "node:path";
import { type Config, loadConfig } from "../core/config.ts";
import { StoqError } from "../core/errors.ts";
import { Stoq } from "../core/stoq.ts";
import { EXIT, report } from "./exit.ts";
import { type ScanFlags, scanOptions, stoqOptions } from "./flags.ts";
import { print } from "./print.ts";

/** Scans one file or standard input. @returns The exit status. */
export async function scanCommand(file: string | undefined, flags: ScanFlags): Promise<number> {
  const about = scanOptions(flags);
  const options = stoqOptions(flags);
  const fromInput = file === undefined || file === "-";
  const content = fromInput ? await readInput() : await readPayload(file);
  if (content.length === 0) {
    return report(`${fromInput ? "standard input" : `"${file}"`} is empty: there is nothing to scan`, EXIT.usage);
  }
  const { plugins } = loadConfig(options);
  await using stoq = new Stoq(isNothingSelected(plugins, flags) ? { ...options, dispatchers: ["triage"] } : options);
  const response = await stoq.scan(content, {
    ...about,
    payloadMeta: fromInput ? {} : { extraData: { filename: basename(file) } },
  });
  const failed = plugins.connectors.filter((name) =>
    response.errors[name]?.some((message) => /^(save |Plugin )/.test(message))
  );
  // With connectors, results go where they take them; where none of them does, they are not lost.
  if (failed.length === plugins.connectors.length) print(response.toString(flags.compact ? 0 : undefined) + "\n");
  if (failed.length === 0) return EXIT.ok;
  return report(
    `results were not saved by ${failed.join(", ")}: ${response.errors[failed[0]!]!.join("; ")}`,
    EXIT.failed,
  );
}

/** Whether neither flags nor stoq.cfg say what to do with the payload. */
function isNothingSelected(plugins: Config["plugins"], flags: ScanFlags): boolean {
  return [
    plugins.dispatchers,
    plugins.deepDispatchers,
    plugins.alwaysDispatch,
    flags.startDispatch ?? [],
    flags.startDeepDispatch ?? [],
  ].every((list) => list.length === 0);
}

async function readPayload(file: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const info = await Deno.stat(file);
    if (info.isDirectory) {
      throw new StoqError(`Cannot scan "${file}": it is a directory: name a file, or use "stoq run -P filedir"`);
    }
    return await Deno.readFile(file);
  } catch (error) {
    if (error instanceof StoqError) throw error;
    const reason = error instanceof Deno.errors.NotFound
      ? "no such file"
      : error instanceof Deno.errors.PermissionDenied
      ? "permission denied"
      : (error as Error).message;
    throw new StoqError(`Cannot read "${file}": ${reason}`, { cause: error });
  }
}

async function readInput(): Promise<Uint8Array<ArrayBuffer>> {
  if (Deno.stdin.isTerminal()) throw new StoqError(`nothing to scan: name a file, or pipe one in`);
  return new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer());
}
