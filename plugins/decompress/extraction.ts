/**
 * Puts together what `7z x -so -bb3 -bso2` gives: the bytes of all members one after the other on standard output, and in step
 * with them a log on standard error that says which member begins and which one failed.
 *
 * @module
 */
import { LOG_LINE, type Member } from "./listing.ts";
import { Stop } from "./seven_zip.ts";

/** What came out of one member. */
export interface Unpacked {
  readonly content: Uint8Array<ArrayBuffer>;
  /** 7-Zip's words for what went wrong. */
  readonly error: string | null;
}

/** Reason of the {@linkcode Stop} where the log goes on past the listed members. */
export const UNLISTED = "unlisted";

/** Reason of the {@linkcode Stop} where a member doesn't fit. */
export const TOO_LARGE = "too large";

/** What one run may produce. */
export interface ExtractionLimits {
  /** Bytes that may still come out of this archive. */
  readonly bytes: number;
  /** Members that are done: what comes out of them again is thrown away. */
  readonly done: ReadonlySet<number>;
  /** Lines of the archive's comment that look like lines of the log; they come first. */
  readonly logLikeLines: number;
}

/** One run of an extraction, as it happens. */
export class Extraction {
  /** By index in the listing. */
  readonly unpacked = new Map<number, Unpacked>();
  /** The member that was too large, if one was. */
  tooLarge: number | null = null;
  readonly #indexes = new Map<string | null, number[]>();
  readonly #only: number | null;
  #skip: number;
  #left: number;
  #current: { index: number; chunks: Uint8Array[]; size: number; error: string | null } | null = null;

  constructor(private readonly members: readonly Member[], private readonly limits: ExtractionLimits) {
    this.#left = limits.bytes;
    this.#skip = limits.logLikeLines;
    // The name in the log of a lone member is made up where the format has none.
    this.#only = members.length === 1 ? 0 : null;
    members.forEach(({ path }, index) => {
      const indexes = this.#indexes.get(path);
      if (indexes === undefined) this.#indexes.set(path, [index]);
      else indexes.push(index);
    });
    for (const indexes of this.#indexes.values()) indexes.reverse();
  }

  /** A line of the log. */
  line(line: string): void {
    const entry = LOG_LINE.exec(line);
    if (entry !== null) {
      if (this.#skip > 0) this.#skip--;
      else this.#begin(entry[2] ?? "", entry[1] !== ".");
    } else if (this.#current !== null && line.startsWith("ERROR: ")) {
      const path = this.members[this.#current.index]?.path;
      const text = line.slice("ERROR: ".length);
      this.#current.error = path && text.endsWith(` : ${path}`)
        ? text.slice(0, -path.length - 3)
        : text.replace(/ : .*$/, "");
    }
  }

  /** Bytes of the member that began last. */
  data(bytes: Uint8Array): void {
    const current = this.#current;
    if (current === null || this.limits.done.has(current.index)) return;
    if (current.size + bytes.length > this.#left) {
      this.tooLarge = current.index;
      this.#current = null;
      throw new Stop(TOO_LARGE);
    }
    current.size += bytes.length;
    current.chunks.push(bytes.slice());
  }

  /** The end of the run. */
  end(): void {
    const current = this.#current;
    this.#current = null;
    if (current === null || this.limits.done.has(current.index)) return;
    const content = new Uint8Array(current.size);
    let offset = 0;
    for (const chunk of current.chunks) {
      content.set(chunk, offset);
      offset += chunk.length;
    }
    this.#left -= current.size;
    this.unpacked.set(current.index, { content, error: current.error });
  }

  /** The run was ended from outside: the member that was under way is incomplete. */
  interrupt(): void {
    this.#current = null;
  }

  #begin(path: string, extracts: boolean): void {
    this.end();
    // The log marks directories with a slash at the end.
    const index = this.#only ?? this.#take(path) ?? this.#take(path.replace(/\/$/, ""));
    if (index === undefined) throw new Stop(UNLISTED);
    if (extracts) this.#current = { index, chunks: [], size: 0, error: null };
  }

  /** The next member of this path: several may have the same. */
  #take(path: string): number | undefined {
    return this.#indexes.get(path)?.pop();
  }
}
