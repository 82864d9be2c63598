import type { PluginLog } from "../../plugin.ts";
import { isGone, reason, slashes } from "./files.ts";
import { type Change, identityOf, signatureOf, Waiting, type WaitingSetup } from "./waiting.ts";

/** Largest file that is read: the core's own default for a payload (`max_payload_size`). */
export const MAX_FILE_BYTES = 1024 ** 3;
/** How often a file is tried to be read before it is left out: it may be locked for a moment. */
const MAX_TRIES = 3;
/** Entries of directories that are looked at in one go, before anything else gets its turn. */
const BATCH = 1000;
/** Complaints that are remembered. */
const MAX_TOLD = 10_000;

/** How a directory is looked at. */
export interface FolderSetup extends WaitingSetup {
  /** Path of the directory, without a separator at its end. */
  readonly root: string;
  readonly recursive: boolean;
  /** Whether files that the first look finds are to be brought. */
  readonly existing: boolean;
  readonly log: Pick<PluginLog, "debug" | "info" | "warning">;
}

/** A file that was seen. */
interface Known {
  /** Identity or signature of the file when it was taken or left out: no other is taken for it again. */
  done: string | undefined;
  /** Number of the look that last saw it. */
  look: number;
}

/**
 * The files of a directory: which are there, which are complete, which were taken. Paths are relative to it, with `/`.
 *
 * Files are found by {@linkcode look} and by {@linkcode observe}, which may be called for anything that may have changed: what a
 * file is now is always read from the directory itself, so that no report can do harm by being late, doubled or missing.
 *
 * What is asked about paths is asked synchronously: it takes a tenth of the time, and the plugin's Worker has nothing else to do.
 */
export class Folder {
  readonly #setup: FolderSetup;
  readonly #known = new Map<string, Known>();
  readonly #waiting = new Map<string, Waiting>();
  /** What files were that have gone since the last look: they may only have got another name. */
  readonly #gone = new Map<string, string>();
  /** What was complained about, so that it is not repeated at every look. */
  readonly #told = new Set<string>();
  /** Whether what is found was there before anybody watched, and is not to be brought. */
  #old: boolean;
  #looks = 0;
  #lookWanted = true;
  #lookEnded = -Infinity;
  #lookTook = 0;

  constructor(setup: FolderSetup) {
    this.#setup = setup;
    this.#old = !setup.existing;
  }

  /** Sees what is at a path now. */
  observe(path: string, change?: Change): void {
    let info: Deno.FileInfo;
    try {
      info = Deno.lstatSync(this.fullPath(path));
    } catch (error) {
      return isGone(error) ? this.#forget(path) : this.#tellOnce(path, reason(error));
    }
    if (info.isDirectory) {
      this.#forget(path);
      // What is in it may have been made before its own events were asked for.
      if (this.#setup.recursive) this.#lookWanted = true;
      return;
    }
    let known = this.#known.get(path);
    if (known === undefined) this.#known.set(path, known = { done: undefined, look: this.#looks });
    if (known.done === identityOf(info) || known.done === signatureOf(info)) return;
    if (!info.isFile) {
      return this.#leaveOut(path, identityOf(info), info.isSymlink ? "it is a link" : "it is no regular file");
    }
    let waiting = this.#waiting.get(path);
    if (waiting === undefined) this.#waiting.set(path, waiting = new Waiting(this.#setup));
    waiting.observe(info, change);
  }

  /** Hears that a file got another name; if it was taken under the old one, it is not taken again. */
  renamed(from: string, to: string): void {
    this.observe(from);
    this.observe(to, "moved");
    const before = this.#gone.get(from);
    if (before !== undefined && before === this.#waiting.get(to)?.identity) this.#done(to, before);
  }

  /** Hears that reports got lost: it is not known any more which files are open, nor which are there. */
  lostTrack(): void {
    for (const waiting of this.#waiting.values()) waiting.lostTrack();
    this.#lookWanted = true;
  }

  /**
   * Sees what is in the directory.
   *
   * @throws {Error} If it cannot be read.
   */
  async look(signal: AbortSignal): Promise<void> {
    const begun = this.#setup.now();
    const look = ++this.#looks;
    this.#lookWanted = false;
    this.#gone.clear();
    const folders = [""];
    const unread: string[] = [];
    let count = 0;
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      const entries = this.#entries(folder);
      if (entries === undefined) unread.push(`${folder}/`);
      for (const { name, isDirectory } of entries ?? []) {
        const path = folder === "" ? name : `${folder}/${name}`;
        if (!isDirectory) this.#see(path, look);
        else if (this.#setup.recursive) folders.push(path);
        if (++count % BATCH === 0) await new Promise((resolve) => setTimeout(resolve, 0));
        if (signal.aborted) return;
      }
    }
    for (const [path, known] of this.#known) {
      if (known.look !== look && !unread.some((start) => path.startsWith(start))) this.#forget(path);
    }
    if (this.#old) { for (const [path, { identity }] of this.#waiting) this.#done(path, identity); }
    this.#old = false;
    this.#lookEnded = this.#setup.now();
    this.#lookTook = this.#lookEnded - begun;
  }

  /**
   * Milliseconds until the next look is due.
   *
   * @param interval Between two looks when nothing has happened.
   */
  untilLook(interval: number): number {
    // At most a tenth of the time, however large the directory is.
    const wait = Math.max(this.#lookWanted ? 0 : interval, 10 * this.#lookTook);
    return this.#lookEnded + wait - this.#setup.now();
  }

  /** Milliseconds until the next file is complete, if nothing happens to it. */
  untilSettled(): number {
    let earliest = Infinity;
    for (const { settlesAt } of this.#waiting.values()) earliest = Math.min(earliest, settlesAt);
    return earliest - this.#setup.now();
  }

  /** Paths of the files that seem to be complete, those first that were found first. */
  settled(): string[] {
    const now = this.#setup.now();
    return [...this.#waiting].filter(([, { settlesAt }]) => settlesAt <= now).map(([path]) => path);
  }

  /** Reads a file if it is complete: the same before and after. What cannot be read is logged and left out. */
  async take(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    this.observe(path);
    const waiting = this.#waiting.get(path);
    if (waiting === undefined || waiting.settlesAt > this.#setup.now()) return;
    const { since, identity, signature, size } = waiting;
    if (size > MAX_FILE_BYTES) {
      this.#leaveOut(path, identity, `it has ${size} bytes, the limit is ${MAX_FILE_BYTES}`);
      return;
    }
    let content: Uint8Array<ArrayBuffer>;
    try {
      this.#checkLinks(path);
      content = await Deno.readFile(this.fullPath(path));
      this.#checkLinks(path);
      if (content.length !== size) throw new Error(`it has ${size} bytes, of which ${content.length} could be read`);
    } catch (error) {
      if (isGone(error)) this.#forget(path);
      else if (waiting.failed() === MAX_TRIES) this.#leaveOut(path, signature, reason(error));
      return;
    }
    this.observe(path);
    // Another file, or changed meanwhile: it waits again.
    if (this.#waiting.get(path) !== waiting || waiting.since !== since) return;
    this.#done(path, identity);
    return content;
  }

  /** @param path Empty for the directory itself. */
  fullPath(path: string): string {
    return path === "" ? this.#setup.root : `${this.#setup.root}/${path}`;
  }

  /** What is in a directory, sorted; nothing where that is not known. */
  #entries(folder: string): Deno.DirEntry[] | undefined {
    try {
      return [...Deno.readDirSync(this.fullPath(folder))].sort((a, b) => byCodeUnit(a.name, b.name));
    } catch (error) {
      if (folder === "") throw error;
      if (isGone(error)) return [];
      this.#tellOnce(folder, reason(error));
      return undefined;
    }
  }

  #see(path: string, look: number): void {
    this.observe(path);
    const known = this.#known.get(path);
    if (known !== undefined) known.look = look;
    // Deno gives names as text: the one with the replaced bytes is not there.
    else if (path.includes("\ufffd")) this.#tellOnce(path, "its name is not UTF-8");
  }

  /** Directories on the way to a file may have become links. */
  #checkLinks(path: string): void {
    const real = slashes(Deno.realPathSync(this.fullPath(path)));
    if (real === `${slashes(Deno.realPathSync(this.#setup.root))}/${path}`) return;
    throw new Error(`its real path is "${real}"`);
  }

  #forget(path: string): void {
    const done = this.#known.get(path)?.done;
    if (done !== undefined) this.#gone.set(path, done);
    this.#known.delete(path);
    const waiting = this.#waiting.get(path);
    if (waiting === undefined) return;
    this.#waiting.delete(path);
    // A temporary name that became the right one is no news.
    const level = waiting.settlesAt <= this.#setup.now() ? "info" : "debug";
    this.#setup.log[level](`skipped "${this.fullPath(path)}": it went before it was taken`);
  }

  #leaveOut(path: string, done: string, why: string): void {
    this.#done(path, done);
    this.#tell(path, why);
  }

  #done(path: string, done: string): void {
    const known = this.#known.get(path);
    if (known !== undefined) known.done = done;
    this.#waiting.delete(path);
  }

  #tellOnce(path: string, why: string): void {
    const about = `${path} ${why}`;
    if (this.#told.has(about)) return;
    if (this.#told.size === MAX_TOLD) this.#told.clear();
    this.#told.add(about);
    this.#tell(path, why);
  }

  #tell(path: string, why: string): void {
    this.#setup.log[this.#old ? "debug" : "warning"](`skipped "${this.fullPath(path)}": ${why}`);
  }
}

/** The same order everywhere, whatever the locale. */
function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
