/**
 * The command line: commands, their flags and their help.
 *
 * @module
 */
import { Command, CommanderError, Option } from "@commander-js/extra-typings";
import { LOG_LEVELS } from "../core/log.ts";
import { VERSION } from "../core/version.ts";
import { Shown, UsageError } from "./exit.ts";
import { ABOUT } from "./main.ts";
import { wholeNumber } from "./values.ts";

const EXAMPLES = `
Examples:
  stoq scan bad.exe                           see what is in a file
  stoq scan bad.exe -s hash exif              the original only
  stoq scan bad.doc -R yara -a hash           yara rules choose the plugins; hash all that comes out
  cat bad.exe | stoq scan -s hash             from standard input
  stoq scan bad.zip --plugin-opts decompress:passwords=infected,secret
  stoq list                                   what there is

Environment:
  STOQ_HOME   where stoq.cfg and plugins/ are (default: ~/.stoq)`;

/**
 * Makes the program.
 *
 * @param exit Takes the exit status.
 */
export function makeProgram(exit: (status: number) => void) {
  const program = new Command("stoq")
    .description(ABOUT)
    .version(VERSION, "-V, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .addHelpText("after", EXAMPLES)
    .showHelpAfterError(false)
    .configureOutput({ writeErr: () => {} })
    .exitOverride(rethrow);
  const list = (flags: string, description: string) => new Option(`${flags} <plugin...>`, description);

  program.command("scan")
    .summary("scan one file, or standard input")
    .description(
      "Scans a payload and prints what plugins found, as JSON. With nothing selected, the triage plugin chooses.",
    )
    .argument("[file]", "file to scan; - or nothing: standard input")
    .addOption(list("-A, --dest-archivers", "archivers that save payloads"))
    .addOption(list("-S, --source-archivers", "archivers that load payloads"))
    .addOption(list("-D, --decorators", "decorators of the results"))
    .addOption(list("-C, --connectors", "connectors that save results, instead of standard output"))
    .addOption(list("-R, --dispatchers", "dispatchers that choose workers for each payload"))
    .addOption(list("-E, --deep-dispatchers", "deep dispatchers that choose more workers, seeing results"))
    .addOption(list("-a, --always-dispatch", "workers for every payload"))
    .addOption(list("-s, --start-dispatch", "workers for the original payload only"))
    .option("-d, --start-deep-dispatch <plugin...>", "workers for the original payload, after the first pass")
    .option("--max-recursion <levels>", "how deep extracted payloads are scanned (default: 3)", wholeNumber)
    .option("--plugin-opts <plugin:option=value...>", "options of plugins")
    .option("--plugin-limits <plugin:limit=value...>", "timeout (seconds), memory (MiB) or isolation of plugins")
    .option("--request-source <name>", "source that the results name")
    .option("--request-extra <key=value...>", "data to keep beside the results")
    .option("--plugin-dir <directory...>", "directories with plugins (default: $STOQ_HOME/plugins)")
    .option("--config-file <file>", "configuration (default: $STOQ_HOME/stoq.cfg)")
    .addOption(new Option("--log-level <level>", "least severe messages shown (default: info)").choices(LOG_LEVELS))
    .option("--compact", "print the results in one line")
    .exitOverride(rethrow)
    .action(async (file, flags) => exit(await (await import("./scan.ts")).scanCommand(file, flags)));

  program.command("list")
    .summary("list the plugins there are")
    .description("Lists plugins: name, version, description and classes.")
    .option("--plugin-dir <directory...>", "directories with plugins (default: $STOQ_HOME/plugins)")
    .option("--config-file <file>", "configuration (default: $STOQ_HOME/stoq.cfg)")
    .option("--json", "as JSON")
    .addOption(new Option("--log-level <level>", "least severe messages shown (default: info)").choices(LOG_LEVELS))
    .exitOverride(rethrow)
    .action(async (flags) => exit(await (await import("./list.ts")).listCommand(flags)));
  return program;
}

/** Turns the parser's ways out into ours: help and version are fine, all else is bad usage. */
function rethrow(error: CommanderError): never {
  if (error.exitCode === 0) throw new Shown();
  if (error.code === "commander.help") throw new UsageError(`no command given: "stoq --help" shows them`);
  throw new UsageError(`${error.message.replace(/^error: /, "")}: "stoq --help" shows what there is`);
}
