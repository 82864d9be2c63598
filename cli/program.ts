/**
 * The command line: commands, their flags and their help.
 *
 * @module
 */
import { Command, type CommanderError, Option } from "commander";
import { LOG_LEVELS } from "../core/log.ts";
import { VERSION } from "../core/version.ts";
import { Shown, UsageError } from "./exit.ts";
import type { AuthoringFlags } from "./authoring.ts";
import type { ScanFlags } from "./flags.ts";
import { ABOUT } from "./main.ts";
import type { NewFlags } from "./new.ts";
import type { PackFlags } from "./pack.ts";
import { port, wholeNumber } from "./values.ts";

const EXAMPLES = `
Examples:
  stoq scan bad.exe                           see what is in a file
  stoq scan bad.exe -s hash exif              the original only
  stoq scan bad.doc -R yara -a hash           yara rules choose the plugins; hash all that comes out
  cat bad.exe | stoq scan -s hash             from standard input
  stoq run -P dirmon -C filedir -a hash --plugin-opts dirmon:source_dir=/in filedir:results_dir=/out
  stoq list                                   what there is
  stoq install path/to/plugin                 add a plugin
  stoq new words                              begin a plugin of your own

Environment:
  STOQ_HOME   where stoq.cfg, plugins/ and stoq.lock are (default: ~/.stoq)`;

/**
 * Makes the program.
 *
 * @param exit Takes the exit status.
 */
export function makeProgram(exit: (status: number) => void): Command {
  const program = new Command("stoq")
    .description(ABOUT)
    .version(VERSION, "-V, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .addHelpText("after", EXAMPLES)
    .configureOutput({ writeErr: () => {} })
    .exitOverride(rethrow);

  const scan = program.command("scan")
    .summary("scan one file, or standard input")
    .description(
      "Scans a payload and prints what plugins found, as JSON. With nothing selected, the triage plugin chooses.",
    )
    .argument("[file]", "file to scan; - or nothing: standard input")
    .action(async (file: string | undefined, flags: ScanFlags) =>
      exit(await (await import("./scan.ts")).scanCommand(file, flags))
    );
  addScanFlags(scan);

  const run = program.command("run")
    .summary("scan what providers bring, until they are exhausted")
    .description(
      "Scans payloads from providers and gives the results to connectors. What cannot be delivered is kept as a dead letter. " +
        "Ctrl-C finishes what is in flight; a second one stops at once.",
    )
    .addOption(list("-P, --providers", "providers that bring payloads"))
    .option("--metrics-port <port>", "serve Prometheus metrics on 127.0.0.1 at this port", port)
    .option("--quiet", "show no progress")
    .action(async (flags: ScanFlags) => exit(await (await import("./run.ts")).runCommand(flags)));
  addScanFlags(run);

  const replay = program.command("replay")
    .summary("scan a dead letter, or the payloads of a response, again")
    .description(
      "Scans again what a dead letter holds, or what a response names in an archive (with -S, the archiver that has it), and prints the " +
        "results as scan does. Name plugins to run only those.",
    )
    .argument("<file>", "JSON file of a dead letter or of a response")
    .option("--remove", "remove the dead letter once it is scanned and delivered")
    .action(async (file: string, flags: ScanFlags) =>
      exit(await (await import("./replay.ts")).replayCommand(file, flags))
    );
  addScanFlags(replay);

  const plugins = program.command("list")
    .summary("list the plugins there are")
    .description("Lists plugins: name, version, description and classes.")
    .option("--permissions", "show what each may do")
    .option("--json", "as JSON")
    .action(async (flags: ScanFlags) => exit(await (await import("./list.ts")).listCommand(flags)));
  addCommonFlags(plugins);

  const install = program.command("install")
    .summary("install a plugin, or upgrade one")
    .description(
      "Installs a plugin from a folder, an archive, an https address or GitHub. Shows what it may do and asks; without a terminal, " +
        "--yes or --allow has to accept it.",
    )
    .argument("<source>", "folder, archive, https://… or, with --github, stoq:NAME")
    .option("--github", "the source is on GitHub")
    .option("--upgrade", "put it in the place of the one that is there")
    .addOption(
      new Option(
        "--install_dir <directory>",
        "plugin directory to install into (default: the first of plugin_dir_list)",
      ),
    )
    // The documentation's spelling, and that of all other flags.
    .addOption(new Option("--install-dir <directory>").hideHelp())
    .option("--sha256 <hex>", "SHA-256 that the archive must have")
    .action(async (source: string, flags: ScanFlags) =>
      exit(await (await import("./install.ts")).installCommand(source, flags))
    );
  addConsentFlags(install);
  addCommonFlags(install);

  const update = program.command("update")
    .summary("fetch installed plugins again")
    .description(
      "Fetches a plugin, or all that were installed, from where it came, and puts what is new in place, as install --upgrade does.",
    )
    .argument("[name]", "plugin; nothing: all that were installed")
    .action(async (name: string | undefined, flags: ScanFlags) =>
      exit(await (await import("./update.ts")).updateCommand(name, flags))
    );
  addConsentFlags(update);
  addCommonFlags(update);

  program.command("uninstall")
    .summary("remove an installed plugin")
    .argument("<name>", "plugin")
    .action(async (name: string) => exit(await (await import("./uninstall.ts")).uninstallCommand(name)));

  program.command("verify")
    .summary("compare installed plugins with what was installed")
    .description(
      "Compares files and permissions of installed plugins with the lock file. Status 1 if something does not match.",
    )
    .argument("[name]", "plugin; nothing: all that were installed")
    .action(async (name: string | undefined) => exit(await (await import("./verify.ts")).verifyCommand(name)));

  const info = program.command("info")
    .summary("show what is known of a plugin")
    .argument("<name>", "plugin")
    .action(async (name: string, flags: ScanFlags) => exit(await (await import("./info.ts")).infoCommand(name, flags)));
  addCommonFlags(info);

  program.command("new")
    .summary("begin a plugin: manifest, module, test, README")
    .description(`Writes the folder of a new plugin that works, for you to change. "stoq test" checks it.`)
    .argument("<name>", "its name")
    .option(
      "--class <class>",
      "worker, dispatcher, deep_dispatcher, archiver, decorator, connector or provider",
      "worker",
    )
    .option("--dir <directory>", "where its folder is made", ".")
    .action(async (name: string, flags: NewFlags) => exit(await (await import("./new.ts")).newCommand(name, flags)));

  const test = program.command("test")
    .summary("check a plugin and run its tests")
    .description(
      "Checks the manifest of a plugin, loads it in its real sandbox, says what it is and may do, and runs its tests with deno test. " +
        "The tests themselves are not in a sandbox: run those of plugins that you trust.",
    )
    .argument("<path>", "the plugin's folder")
    .action(async (path: string, flags: AuthoringFlags) =>
      exit(await (await import("./test.ts")).testCommand(path, flags))
    );
  addAuthoringFlags(test);

  const pack = program.command("pack")
    .summary("put a plugin into one archive")
    .description(
      "Packs what an install of a plugin needs into NAME-VERSION.tar.gz, once it has loaded in its real sandbox. npm packages that the " +
        "module imports become part of it. Left out: tests, testdata, node_modules, dot files, configuration of Deno and npm.",
    )
    .argument("<path>", "the plugin's folder")
    .option("--output <file>", "file to write (default: NAME-VERSION.tar.gz in the working directory)")
    .action(async (path: string, flags: PackFlags) => exit(await (await import("./pack.ts")).packCommand(path, flags)));
  addAuthoringFlags(pack);

  for (const command of program.commands) command.exitOverride(rethrow);
  return program;
}

function list(flags: string, description: string): Option {
  return new Option(`${flags} <plugin...>`, description);
}

/** Flags of every command that scans. */
function addScanFlags(command: Command): void {
  command
    .addOption(list("-A, --dest-archivers", "archivers that save payloads"))
    .addOption(list("-S, --source-archivers", "archivers that load payloads"))
    .addOption(list("-D, --decorators", "decorators of the results"))
    .addOption(list("-C, --connectors", "connectors that save results, instead of standard output"))
    .addOption(list("-R, --dispatchers", "dispatchers that choose workers for each payload"))
    .addOption(list("-E, --deep-dispatchers", "deep dispatchers that choose more workers, seeing results"))
    .addOption(list("-a, --always-dispatch", "workers for every payload"))
    .addOption(list("-s, --start-dispatch", "workers for the original payload only"))
    .addOption(list("-d, --start-deep-dispatch", "workers for the original payload, after the first pass"))
    .option("--max-recursion <levels>", "how deep extracted payloads are scanned (default: 3)", wholeNumber)
    .option("--plugin-opts <plugin:option=value...>", "options of plugins")
    .option(
      "--plugin-limits <plugin:limit=value...>",
      "timeout (seconds), memory (MiB), concurrency or isolation of plugins",
    )
    .option("--request-source <name>", "source that the results name")
    .option("--request-extra <key=value...>", "data to keep beside the results")
    .option("--compact", "print the results in one line");
  addCommonFlags(command);
}

/** Flags of commands that load a plugin by its folder. */
function addAuthoringFlags(command: Command): void {
  command
    .option("--plugin-opts <plugin:option=value...>", "options that the plugin needs to load")
    .option("--config-file <file>", "configuration with what an operator grants (default: none)");
}

/** Flags of the commands that put plugins in place. */
function addConsentFlags(command: Command): void {
  command
    .option("--yes", "accept whatever the plugin may do")
    .addOption(
      new Option("--allow <kind=value,...>", "accept this and nothing else, e.g. net=example.com:443,commands")
        .argParser((text: string, before: string[] | undefined) => [...before ?? [], text]),
    );
}

/** Flags of every command. */
function addCommonFlags(command: Command): void {
  command
    .option("--plugin-dir <directory...>", "directories with plugins (default: $STOQ_HOME/plugins)")
    .option("--config-file <file>", "configuration (default: $STOQ_HOME/stoq.cfg)")
    .addOption(
      new Option("--log-level <level>", "least severe messages shown (default: info)").choices([...LOG_LEVELS]),
    );
}

/** Turns the parser's ways out into ours: help and version are fine, all else is bad usage. */
function rethrow(error: CommanderError): never {
  if (error.exitCode === 0) throw new Shown();
  if (error.code === "commander.help") throw new UsageError(`no command given: "stoq --help" shows them`);
  throw new UsageError(`${error.message.replace(/^error: /, "")}: "stoq --help" shows what there is`);
}
