/**
 * What is wrong with a file that is read, and how much text may still be read from it.
 *
 * @module
 */

/** Most problems listed for one file; the rest is only counted. */
const MAX_PROBLEMS = 100;
/** Most characters of names read from one file: tables that all name one long string end here. */
const MAX_TEXT = 4 * 1024 * 1024;

/** Something wrong with a file, and where. */
export interface Problem {
  /** What is wrong, one line. */
  readonly what: string;
  /** Offset in the file at which it is wrong. */
  readonly offset: number;
}

/** Collects the problems of one file. */
export class Problems {
  readonly #problems: Problem[] = [];
  #unlisted = 0;
  #textLeft = MAX_TEXT;

  /** Adds a problem. */
  report(what: string, offset: number): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push({ what, offset });
    else this.#unlisted++;
  }

  /** Counts text that was read against the limit for the whole file. */
  takeText(text: string, offset: number): string {
    if (this.#textLeft === 0) return "";
    const taken = text.slice(0, this.#textLeft);
    this.#textLeft -= taken.length;
    if (this.#textLeft === 0) this.report(`more than ${MAX_TEXT} characters of names, the rest was left out`, offset);
    return taken;
  }

  /** Characters of names that may still be read. */
  get textLeft(): number {
    return this.#textLeft;
  }

  /** The problems in the order found. */
  list(): Problem[] {
    if (this.#unlisted === 0) return [...this.#problems];
    return [...this.#problems, { what: `${this.#unlisted} more problems are not listed`, offset: 0 }];
  }
}
