import { homedir } from "node:os";
import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** Where the operator's things are: `$STOQ_HOME`, else `~/.stoq`. It need not exist. */
export function stoqHome(): string {
  return resolve(Deno.env.get("STOQ_HOME") || join(homedir(), ".stoq"));
}

/** An absolute path with links followed, as far as it exists. */
export function withoutLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(withoutLinks(parent), basename(path));
  }
}
