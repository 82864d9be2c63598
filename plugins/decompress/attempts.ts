/**
 * Extraction until all is done that can be: with one password after the other, and again without the members that were too large.
 *
 * @module
 */
import {
  type Archive,
  type ExtractionResult,
  extractMembers,
  type Listing,
  MAX_MEMBERS,
  type Opening,
} from "./archive.ts";
import { TOO_LARGE, UNLISTED, type Unpacked } from "./extraction.ts";
import { hasIndependentMembers, isStream } from "./formats.ts";
import type { Header } from "./listing.ts";
import { MAX_MEMORY, type RunEnd, TIMED_OUT } from "./seven_zip.ts";

/** How often an archive is gone through again without a member that was too large, before the rest is cut off. */
const MAX_TOO_LARGE = 4;

/** Members that are left out of one run: 7-Zip compares each member with each of them. */
const MAX_LEFT_OUT = 200;

/** What the operator lets an archive have. */
export interface UnpackOptions {
  readonly passwords: readonly string[];
  /** Bytes of all members together. */
  readonly maximumSize: number;
  /** Seconds, for messages. */
  readonly timeout: number;
}

/** Runs of the extraction until all is done that can be. */
export class Attempts {
  readonly unpacked = new Map<number, Unpacked>();
  password: string | null = null;
  readonly #tooLarge = new Set<number>();
  readonly #locked = new Map<number, Unpacked>();
  #end: RunEnd = { kind: "exited", outOfMemory: false };

  constructor(
    private readonly archive: Archive,
    private readonly header: Header,
    private readonly listing: Listing,
    private readonly options: UnpackOptions,
  ) {}

  /** Extracts with the password of the opening, then with all others while members stay locked. */
  async all(opening: Opening): Promise<void> {
    const others = this.options.passwords.filter((password) => password !== opening.password);
    for (const password of [opening.password, ...others]) {
      await this.#extract({ ...opening, password });
      if (this.#end.kind === "stopped" && this.#end.reason === TIMED_OUT) return;
      if (!this.listing.members.some(({ encrypted }, index) => encrypted && !this.unpacked.has(index))) return;
    }
  }

  /** Extracts with one password: again without a member that was too large, where leaving it out costs nothing. */
  async #extract(opening: Opening): Promise<void> {
    const { members } = this.listing;
    const leftOut = new Set<number>();
    for (let run = 0; run <= MAX_TOO_LARGE; run++) {
      const result = await extractMembers(this.archive, opening, {
        header: this.header,
        members,
        bytes: this.options.maximumSize - this.#size(),
        done: new Set(this.unpacked.keys()),
        leftOut,
      });
      this.#keep(result, opening.password);
      this.#end = result.end;
      if (result.tooLarge === null) return;
      this.#tooLarge.add(result.tooLarge);
      if (!hasIndependentMembers(this.header.type ?? "")) return;
      for (const index of [result.tooLarge, ...this.#surelyTooLarge()]) {
        if (leftOut.size < MAX_LEFT_OUT) leftOut.add(index);
        this.#tooLarge.add(index);
      }
    }
  }

  /** Members that say themselves that they are too large. Believed only once one was: a small one may say so to be passed over. */
  #surelyTooLarge(): number[] {
    return this.listing.members.flatMap(({ size }, index) =>
      size !== null && size > this.options.maximumSize && !this.unpacked.has(index) ? [index] : []
    );
  }

  #size(): number {
    return this.unpacked.values().reduce((sum, { content }) => sum + content.length, 0);
  }

  #keep({ unpacked }: ExtractionResult, password: string): void {
    for (const [index, result] of unpacked) {
      const encrypted = this.listing.members[index]?.encrypted ?? false;
      if (encrypted && result.error !== null) {
        this.#locked.set(index, result);
        continue;
      }
      this.#locked.delete(index);
      this.#tooLarge.delete(index);
      this.unpacked.set(index, result);
      if (encrypted && result.content.length > 0) this.password = password;
    }
  }

  /** What was not extracted, and why. */
  errors(): string[] {
    const { members } = this.listing;
    const errors: string[] = [];
    const name = (index: number) => (isStream(this.header.type ?? "") ? null : members[index]?.path) ?? "its content";
    const locked = [...this.#locked];
    const isWrong = ({ error }: Unpacked) => /password|crc|data error/i.test(error ?? "");
    const wrong = locked.filter(([, result]) => isWrong(result)).map(([index]) => name(index));
    if (wrong.length > 0) errors.push(noPassword(quoted(wrong), this.options));
    for (const [index, { error }] of [...this.unpacked, ...locked.filter(([, result]) => !isWrong(result))]) {
      if (error !== null) errors.push(`Cannot unpack all of ${quoted([name(index)])}: ${error}`);
    }
    const tooLarge = [...this.#tooLarge];
    if (tooLarge.length > 0) {
      const limit = `${this.options.maximumSize} bytes (option "maximum_size")`;
      errors.push(`Not extracted: ${quoted(tooLarge.map(name))}: with it the archive unpacks to more than ${limit}`);
    }
    if (this.listing.cut) errors.push(`Only the first ${MAX_MEMBERS} members were looked at, the archive has more`);
    const missing = members.flatMap(({ kind }, index) =>
      kind === "file" && !this.unpacked.has(index) && !this.#locked.has(index) && !this.#tooLarge.has(index)
        ? [index]
        : []
    );
    const reason = this.#reason();
    if (reason !== null && missing.length > 0) errors.push(`${reason}: ${missing.length} members were not extracted`);
    else if (reason !== null && tooLarge.length === 0) errors.push(reason);
    else if (missing.length > 0) {
      errors.push(`Not extracted: ${quoted(missing.map(name))}: the archive is damaged there`);
    }
    return errors;
  }

  /** Why the last run didn't go through to the end. */
  #reason(): string | null {
    for (const end of [this.listing.end, this.#end]) {
      if (end.kind === "exited" && end.outOfMemory) {
        return `Unpacking takes more than ${MAX_MEMORY / 2 ** 20} MiB of memory`;
      }
      if (end.kind === "crashed") return `The ${this.header.type} archive is damaged (7-Zip: ${end.message})`;
      if (end.kind !== "stopped") continue;
      if (end.reason === TIMED_OUT) return timedOut(this.options);
      if (end.reason === TOO_LARGE) return "Extraction ended at a member that was too large";
      if (end.reason === UNLISTED && !this.listing.cut) {
        return "Extraction ended at a member that the archive does not list";
      }
    }
    return null;
  }
}

/** Names that a message holds: more would drown it. */
const MAX_NAMES = 5;

function quoted(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map((name) => `"${name.slice(0, 200)}"`).join(", ");
  return names.length > MAX_NAMES ? `${shown} and ${names.length - MAX_NAMES} more` : shown;
}

/** Message: no password fitted. @param what What stays encrypted. */
export function noPassword(what: string, { passwords }: UnpackOptions): string {
  return `Cannot decrypt ${what}: none of ${passwords.length} passwords is right (option "passwords")`;
}

/** Message: the time was up. */
export function timedOut({ timeout }: UnpackOptions): string {
  return `Extraction was stopped after ${timeout} s (option "timeout")`;
}
