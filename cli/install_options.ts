import { loadConfig } from "../core/config.ts";
import { openLog } from "../core/log.ts";
import { parseAllow } from "../install/consent.ts";
import type { InstallOptions } from "../install/install.ts";
import { printable } from "../sandbox/protocol.ts";
import { UsageError } from "./exit.ts";
import { type ScanFlags, stoqOptions } from "./flags.ts";

/** What the flags say about an install. @throws {UsageError} If they make no sense. */
export function installOptions(flags: ScanFlags): InstallOptions {
  const config = loadConfig(stoqOptions(flags));
  if (flags.sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(flags.sha256)) {
    throw new UsageError(`--sha256 "${flags.sha256}" is no SHA-256: it has 64 hexadecimal digits`);
  }
  const installDir = flags.install_dir ?? flags.installDir;
  return {
    config,
    log: openLog(config.log),
    show,
    consent: {
      yes: flags.yes ?? false,
      allow: flags.yes ? null : accepted(flags.allow),
      ask: Deno.stdin.isTerminal() && Deno.stderr.isTerminal() ? ask : null,
      show,
    },
    ...(installDir !== undefined && { installDir }),
    upgrade: flags.upgrade ?? false,
    source: {
      ...(flags.github && { github: true }),
      ...(flags.sha256 !== undefined && { sha256: flags.sha256.toLowerCase() }),
    },
  };
}

function accepted(allow: readonly string[] | undefined): string[] | null {
  if (allow === undefined) return null;
  const parsed = parseAllow(allow);
  if ("wrong" in parsed) throw new UsageError(`--allow ${parsed.wrong}`);
  return parsed.entries;
}

/** Shows a line beside the results. */
export function show(line: string): void {
  console.error(printable(line, Infinity));
}

/** Asks at the terminal; anything but yes is no. */
function ask(question: string): boolean {
  Deno.stderr.writeSync(new TextEncoder().encode(question));
  const answer: number[] = [];
  const byte = new Uint8Array(1);
  while (Deno.stdin.readSync(byte) === 1 && byte[0] !== 0x0a) answer.push(byte[0]!);
  return /^\s*y(es)?\s*$/i.test(new TextDecoder().decode(new Uint8Array(answer)));
}
