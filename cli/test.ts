import { findTests } from "../authoring/assemble.ts";
import { findDeno } from "../authoring/deno.ts";
import { about, type AuthoringFlags, check } from "./authoring.ts";
import { EXIT, report } from "./exit.ts";
import { print } from "./print.ts";

/** Checks a plugin and runs its tests. @param deno What runs them. @returns The exit status. */
export async function testCommand(path: string, flags: AuthoringFlags, deno = findDeno()): Promise<number> {
  const plugin = await check(path, flags);
  const { folder, name } = plugin.manifest;
  const tests = await findTests(folder);
  print(
    [...about(plugin), `  tests        ${tests.length === 0 ? `none: add ${name}_test.ts` : tests.length}`, ""].join(
      "\n",
    ),
  );
  if (tests.length === 0) return EXIT.ok;
  if (deno === null) {
    return report(
      `Plugin "${name}" loads, but its tests were not run: there is no "deno" on PATH: install Deno (https://deno.com)`,
      EXIT.failed,
    );
  }
  const { success } = await new Deno.Command(deno, {
    args: ["test", "--allow-all", "--no-prompt", ...tests],
    cwd: folder,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  return success ? EXIT.ok : report(`Tests of plugin "${name}" failed: see above`, EXIT.failed);
}
