import { verifyByLock } from "../core/installed.ts";
import { lockPath } from "../core/home.ts";
import { readLock } from "../core/lock.ts";
import { recordOf } from "../install/install.ts";
import { oneLine } from "../sandbox/protocol.ts";
import { EXIT } from "./exit.ts";
import { print } from "./print.ts";

/** Compares installed plugins with the lock file. @returns The exit status: 1 if something does not match. */
export async function verifyCommand(name: string | undefined): Promise<number> {
  const lock = await readLock();
  if (name !== undefined) recordOf(name, lock);
  const names = name === undefined ? [...new Set([...lock.plugins.keys(), ...lock.pending.keys()])].sort() : [name];
  if (names.length === 0) print(`nothing is installed: "${lockPath()}" has no plugin\n`);
  let status: number = EXIT.ok;
  for (const one of names) {
    const problems = await verifyByLock(one, lock);
    if (problems.length === 0) print(`${one}: as it was installed\n`);
    else status = EXIT.failed;
    for (const problem of problems) print(`${one}: ${oneLine(problem)}\n`);
  }
  return status;
}
