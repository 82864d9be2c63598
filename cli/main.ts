import { VERSION } from "../core/version.ts";
import { EXIT, report, Shown, UsageError } from "./exit.ts";

/** First line of everything that stoQ says about itself. */
export const ABOUT = `stoQ :: v${VERSION} :: an automated analysis framework`;

/** Commands that need a sandbox, whatever else is on the command line. */
const SCANS: ReadonlySet<string> = new Set(["scan", "run", "replay"]);

/**
 * Runs the command.
 *
 * @param args Arguments without the program's name.
 * @returns Exit status: 0 done, 1 the command could not do its job, 2 bad usage or nothing to scan.
 */
export async function main(args: readonly string[]): Promise<number> {
  const debug = args.some((arg, i) => arg === "--log-level=debug" || arg === "--log-level" && args[i + 1] === "debug");
  try {
    if (SCANS.has(args[0] ?? "") && !args.some((arg) => arg === "-h" || arg === "--help")) {
      await (await import("../sandbox/start.ts")).startAhead();
    }
    // Loaded here: parsing the command line is the larger part of what the command loads.
    const { makeProgram } = await import("./program.ts");
    let status: number = EXIT.ok;
    const program = makeProgram((code) => status = code);
    await program.parseAsync([...args], { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof Shown) return EXIT.ok;
    if (error instanceof UsageError) return report(error.message, EXIT.usage);
    const stack = debug && error instanceof Error ? error.stack : undefined;
    return report(error instanceof Error ? error.message : String(error), EXIT.failed, stack);
  }
}
