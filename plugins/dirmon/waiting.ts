/**
 * A file that somebody has written into and not yet closed, as far as is known, is left alone this many times longer: its writer
 * may only be slow. Not for ever, since the news of the closing can get lost.
 */
export const WRITER_PATIENCE = 30;

/** What happened to a file. `closed`: somebody who could write into it closed it. */
export type Change = "created" | "written" | "closed" | "moved";

/** When a file counts as complete. */
export interface WaitingSetup {
  /** Milliseconds that it must have been left alone. */
  readonly settleTime: number;
  /** Whether the changes that are reported tell when a file is closed. */
  readonly closingIsTold: boolean;
  /** Milliseconds, of a clock that is never set. */
  readonly now: () => number;
}

/** A file that waits until it is complete. */
export class Waiting {
  readonly #setup: WaitingSetup;
  #identity = "";
  #signature = "";
  #size = 0;
  #since = 0;
  /** Whether somebody has it open, as far as is known. */
  #beingWritten = false;
  /** Its size when it was last closed or moved: what changes after that and leaves the size is its mode or its time. */
  #closedSize: number | undefined;
  #tries = 0;

  constructor(setup: WaitingSetup) {
    this.#setup = setup;
  }

  /** Which file with which content it is, as far as can be told without reading it: see {@linkcode identityOf}. */
  get identity(): string {
    return this.#identity;
  }

  /** See {@linkcode signatureOf}. */
  get signature(): string {
    return this.#signature;
  }

  /** Bytes. */
  get size(): number {
    return this.#size;
  }

  /** When it was last seen to change. */
  get since(): number {
    return this.#since;
  }

  /** When it is complete, if nothing happens to it. */
  get settlesAt(): number {
    return this.#since + this.#setup.settleTime * (this.#beingWritten ? WRITER_PATIENCE : 1);
  }

  /** @param info What the file is now. @param change What is reported to have happened to it. */
  observe(info: Deno.FileInfo, change?: Change): void {
    const signature = signatureOf(info);
    if (change !== undefined || signature !== this.#signature) {
      this.#identity = identityOf(info);
      this.#signature = signature;
      this.#size = info.size;
      this.#since = this.#setup.now();
      this.#tries = 0;
    }
    if (!this.#setup.closingIsTold) return;
    if (change === "closed" || change === "moved") {
      this.#closedSize = info.size;
      this.#beingWritten = false;
    } else if (change === "written") this.#beingWritten = info.size !== this.#closedSize;
    // One that was made with content is a hard link: nobody has it open.
    else if (change === "created") this.#beingWritten = info.size === 0;
  }

  /** It could not be read: it waits again. @returns How often that has happened. */
  failed(): number {
    this.#since = this.#setup.now();
    return ++this.#tries;
  }

  /** It is not known any more whether it is open. */
  lostTrack(): void {
    this.#beingWritten = false;
  }
}

/** The same for the same file with the same content, whatever its name and mode. */
export function identityOf({ dev, ino, size, birthtime, mtime }: Deno.FileInfo): string {
  return [dev, ino, size, birthtime?.getTime(), mtime?.getTime()].join(" ");
}

/** Another one also after a change of name or mode, such as makes a file readable that was not. */
export function signatureOf(info: Deno.FileInfo): string {
  return `${identityOf(info)} ${info.ctime?.getTime()}`;
}
