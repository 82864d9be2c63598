import { homedir } from "node:os";
import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";

/** Where the operator's things are: `$STOQ_HOME`, else `~/.stoq`. It need not exist. */
export function stoqHome(): string {
  return resolve(Deno.env.get("STOQ_HOME") || join(homedir(), ".stoq"));
}

/** Where the lock file is. */
export function lockPath(): string {
  return join(withoutLinks(stoqHome()), "stoq.lock");
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

/** Whether a path is a folder, or below it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
