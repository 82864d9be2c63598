import { slashes } from "./files.ts";
import type { Folder } from "./folder.ts";
import type { Change } from "./waiting.ts";

/** What Deno's kinds of events say about a file. On Linux a file that was open for writing and is closed gives `access`. */
const CHANGES: Readonly<Partial<Record<Deno.FsEvent["kind"], Change>>> = {
  create: "created",
  modify: "written",
  access: "closed",
  rename: "moved",
};

/** What hears of the changes. */
export type Listener = Pick<Folder, "observe" | "renamed" | "lostTrack">;

/** Whether events tell when a file is closed: only inotify does. */
export const CLOSING_IS_TOLD = Deno.build.os === "linux";

/**
 * Hands the file system's events on to a folder, until it is disposed or fails.
 *
 * Events are hints: Deno keeps few of them, and says `rescan` where it dropped some; files in a directory that has just been made
 * have none; network file systems have none for what others do.
 */
export class Changes implements Disposable {
  readonly #watcher: Deno.FsWatcher;
  /** What the paths of events begin with: Deno makes relative ones absolute. */
  readonly #roots: readonly string[];
  readonly #folder: Listener;

  /**
   * @param root Path of the directory.
   * @param folder Hears of the changes.
   * @throws {Error} If the directory cannot be watched.
   */
  constructor(root: string, folder: Listener, { recursive }: { recursive: boolean }) {
    this.#folder = folder;
    this.#roots = [root, Deno.realPathSync(root)].map(withSlash);
    this.#watcher = Deno.watchFs(root, { recursive });
  }

  /** Ends when it is disposed. @throws {Error} If the watching fails. */
  async listen(): Promise<void> {
    for await (const event of this.#watcher) this.#receive(event);
  }

  [Symbol.dispose](): void {
    try {
      this.#watcher.close();
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  #receive({ kind, flag, paths }: Deno.FsEvent): void {
    if (flag === "rescan" || kind === "any" || kind === "other") return this.#folder.lostTrack();
    const below = paths.map((path) => this.#below(path)).filter((path) => path !== undefined);
    const [from, to] = below;
    if (from === undefined) return this.#folder.lostTrack();
    if (kind === "rename" && to !== undefined) return this.#folder.renamed(from, to);
    for (const path of below) this.#folder.observe(path, CHANGES[kind]);
  }

  #below(path: string): string | undefined {
    const slashed = slashes(path);
    const root = this.#roots.find((root) => slashed.startsWith(root));
    return root === undefined || slashed.length === root.length ? undefined : slashed.slice(root.length);
  }
}

function withSlash(path: string): string {
  const slashed = slashes(path);
  return slashed.endsWith("/") ? slashed : `${slashed}/`;
}
