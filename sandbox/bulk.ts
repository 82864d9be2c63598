/**
 * Bytes of payloads between the core and a sandbox process, beside the pipes: in two files without a name, one a direction. A pipe takes
 * 64 KiB at a time, with a wait of both sides for each; a file takes all at once, in the system's memory.
 *
 * Each process has files of its own, so that none can read what was not sent to it. They lose their names before the first byte is in
 * them: nobody else can open them, and the system frees them with their last user, however that ends. Where there can be none, all goes
 * through the pipes.
 *
 * @module
 */
import { FrameError } from "./frames.ts";
import type { PluginSpec } from "./sandbox.ts";

/** Fewer bytes are no slower in a pipe. */
export const MIN_BULK = 8 * 1024;
/** Bytes that a file holds at most: those of the payloads that are under way. What does not fit goes through the pipe. */
export const MAX_FILE = 256 * 1024 * 1024;
/** Bytes that a file keeps while nothing is in it: what a burst took is given back. */
const KEPT = 32 * 1024 * 1024;
/** Places begin at multiples of this: no two are in one page. */
const PAGE = 4096;

/** A place in a file. */
export interface Place {
  readonly at: number;
  readonly size: number;
}

/** Both files, by the core, which makes them. */
export interface BulkFiles {
  /** What the process reads and what it writes: paths for it to open. */
  readonly paths: readonly [contents: string, answers: string];
  readonly contents: BulkWriter;
  readonly answers: BulkReader;
  /** Takes the names from the files: the process has opened them. Nothing is to be written before. */
  unlink(): void;
  /** Closes them; they keep no name. */
  close(): void;
}

/** Takes the names from files that still have one. */
const named = new Set<() => void>();
/** Whether a plugin may look into the folder that the files are made in. */
let watched = false;

/**
 * To be called before a plugin is started: one that may read or write the folder that the files are made in could open those of others,
 * as long as they have names. From then on none has.
 */
export function hideFrom({ permissions: { read, write } }: Pick<PluginSpec, "permissions">): void {
  const granted = [read, write].flatMap((paths) => paths === true ? ["/"] : paths === false ? [] : [...paths]);
  if (granted.length === 0) return;
  const folder = temporaryFolder();
  if (folder === null || !granted.some((path) => `${folder}/`.startsWith(path.endsWith("/") ? path : `${path}/`))) {
    return;
  }
  watched = true;
  for (const unlink of named) unlink();
}

/** Makes the files of a process; null where there can be none. */
export function makeBulkFiles(): BulkFiles | null {
  const dir = watched ? null : temporaryFolder();
  if (dir === null) return null;
  let folder: string | undefined;
  const opened: Deno.FsFile[] = [];
  const unlink = () => {
    if (folder !== undefined) removeFolder(folder);
    folder = undefined;
    named.delete(unlink);
    removeEventListener("unload", unlink);
  };
  try {
    folder = Deno.makeTempDirSync({ dir, prefix: "stoq-" });
    named.add(unlink);
    // Where the core ends before the process has opened them, they are empty still, but there.
    addEventListener("unload", unlink);
    const paths = [`${folder}/contents`, `${folder}/answers`] as const;
    for (const path of paths) {
      opened.push(Deno.openSync(path, { read: true, write: true, createNew: true, mode: 0o600 }));
    }
    const contents = new BulkWriter(opened[0]!);
    const answers = new BulkReader(opened[1]!);
    return {
      paths,
      contents,
      answers,
      unlink() {
        unlink();
        contents.open();
      },
      close() {
        unlink();
        contents.close();
        answers.close();
      },
    };
  } catch {
    unlink();
    for (const file of opened) file.close();
    return null;
  }
}

/** Opens the files, in the process. */
export function openBulkFiles([contents, answers]: readonly [string, string]) {
  return {
    contents: new BulkReader(Deno.openSync(contents)),
    answers: new BulkWriter(Deno.openSync(answers, { write: true })),
  };
}

/** Writes into places of a file until they are freed. */
export class BulkWriter {
  readonly #file: Deno.FsFile;
  /** Places that are taken, in the order of the file. */
  readonly #taken: { at: number; end: number }[] = [];
  /** `new` until it is opened; `full` once the disk was. */
  #state: "new" | "open" | "full" | "closed" = "new";
  /** Bytes of the file. */
  #size = 0;

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Takes bytes from now on. */
  open(): void {
    if (this.#state === "new") this.#state = "open";
  }

  /**
   * Writes bytes.
   *
   * @returns Where they are, until that is freed; null if they have to go through the pipe.
   */
  put(bytes: Uint8Array): Place | null {
    if (this.#state !== "open" || bytes.length < MIN_BULK) return null;
    const room = Math.ceil(bytes.length / PAGE) * PAGE;
    let at = 0;
    let index = 0;
    for (; index < this.#taken.length && this.#taken[index]!.at - at < room; index++) at = this.#taken[index]!.end;
    if (at + room > MAX_FILE) return null;
    try {
      this.#file.seekSync(at, Deno.SeekMode.Start);
      for (let done = 0; done < bytes.length;) done += this.#file.writeSync(bytes.subarray(done));
    } catch {
      // The disk is full. Nothing is lost: the pipe takes this, and all that follows.
      this.#state = "full";
      this.#shrink();
      return null;
    }
    this.#taken.splice(index, 0, { at, end: at + room });
    this.#size = Math.max(this.#size, at + bytes.length);
    return { at, size: bytes.length };
  }

  /** Frees a place that nobody reads any more. */
  free(at: number): void {
    const index = this.#taken.findIndex((place) => place.at === at);
    if (index === -1) return;
    this.#taken.splice(index, 1);
    this.#shrink();
  }

  /** Gives the disk back what nobody needs. */
  #shrink(): void {
    if (this.#taken.length > 0 || this.#state === "closed" || this.#state !== "full" && this.#size <= KEPT) return;
    this.#size = 0;
    try {
      this.#file.truncateSync(0);
    } catch {
      // It ends with its last user.
    }
  }

  /** Takes no more. */
  close(): void {
    if (this.#state !== "closed") this.#file.close();
    this.#state = "closed";
  }
}

/** Reads what the other side has written. */
export class BulkReader {
  readonly #file: Deno.FsFile;
  #closed = false;

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Bytes of the whole file. */
  get size(): number {
    return this.#closed ? 0 : this.#file.statSync().size;
  }

  /**
   * Reads what is at a place into a buffer of its own.
   *
   * @throws {FrameError} If there is no such place.
   */
  read({ at, size }: Place): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(size);
    this.#file.seekSync(at, Deno.SeekMode.Start);
    for (let done = 0; done < size;) {
      const read = this.#file.readSync(bytes.subarray(done));
      if (read === null) throw new FrameError(`${size} bytes at ${at} end after ${done}`);
      done += read;
    }
    return bytes;
  }

  /** Reads no more. */
  close(): void {
    if (!this.#closed) this.#file.close();
    this.#closed = true;
  }
}

/**
 * Real path of a folder in memory, where the system gives its user one; else of that for temporary files. Null where files in it could not
 * be used: Windows takes no name from a file that is open; Deno takes lists of paths with commas between them, and gives nothing of the
 * system's own folders to a process without all permissions; and a library must not make Deno ask.
 */
function temporaryFolder(): string | null {
  if (Deno.build.os === "windows") return null;
  const mayUse = (path: string) =>
    (["read", "write"] as const).every((name) => Deno.permissions.querySync({ name, path }).state === "granted");
  const [runtime, temporary] = [Deno.env.get("XDG_RUNTIME_DIR"), Deno.env.get("TMPDIR")].map((path) =>
    path?.startsWith("/") ? path : undefined
  );
  for (const path of [runtime, temporary ?? "/tmp"]) {
    if (path === undefined || !mayUse(path)) continue;
    try {
      const real = Deno.realPathSync(path);
      if (
        Deno.statSync(real).isDirectory && mayUse(real) && !real.includes(",") && !/^\/(dev|proc|sys)(\/|$)/.test(real)
      ) {
        return real;
      }
    } catch {
      // There is none of that name.
    }
  }
  return null;
}

function removeFolder(folder: string): void {
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch {
    // Someone else has removed it.
  }
}
