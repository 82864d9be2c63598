import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The command's base directory: `$STOQ_HOME`, else `~/.stoq`. It need not exist. */
export function stoqHome(): string {
  return resolve(Deno.env.get("STOQ_HOME") || join(homedir(), ".stoq"));
}
