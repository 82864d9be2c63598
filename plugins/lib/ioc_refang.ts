/**
 * Undoes the ways in which people make indicators unclickable: `hxxp://evil[.]example`, `user[at]evil(dot)example`.
 *
 * @module
 */

/** A dot, at sign, colon or slash in brackets; or a scheme spelled wrong on purpose. */
const DEFANGED = new RegExp(
  [
    String.raw`[\[({<](?<mark>\.|@|:\/\/|:|\/|dot|at)[\])}>]`,
    String.raw`(?<half>\[\.|\.\])(?=[a-z0-9-])`,
    String.raw` \[(?<word>dot|at)\] `,
    String.raw`(?<![a-z0-9])(?:h(?:xx|tx|xt|\*\*|__)p|meow)(?<secure>s?)(?=:\/\/|\[:)`,
    String.raw`(?<![a-z0-9])(?<ftp>fxp)(?=:\/\/|\[:)`,
  ].join("|"),
  "gi",
);

/** Text with its defanged indicators put right, and the way back to the original's offsets. */
export class RefangedText {
  /** The text, refanged. */
  readonly text: string;
  /** Where in {@linkcode text} something was put right, ascending. */
  readonly #at: number[] = [];
  /** By how much the original is ahead from there on. */
  readonly #ahead: number[] = [];

  /** @param original The text as found. One pass, linear. */
  constructor(original: string) {
    const parts: string[] = [];
    let from = 0, length = 0, ahead = 0;
    for (const match of original.matchAll(DEFANGED)) {
      const fixed = replacement(match.groups ?? {});
      parts.push(original.slice(from, match.index), fixed);
      length += match.index - from;
      this.#at.push(length);
      length += fixed.length;
      ahead += match[0].length - fixed.length;
      this.#ahead.push(ahead);
      from = match.index + match[0].length;
    }
    parts.push(original.slice(from));
    this.text = from === 0 ? original : parts.join("");
  }

  /** Whether anything in `[start, end)` had been defanged: somebody called it an indicator. */
  wasDefanged(start: number, end: number): boolean {
    const at = this.#at[this.#firstAtOrAfter(start)];
    return at !== undefined && at < end;
  }

  /** The offset in the original of an offset in {@linkcode text}. */
  originalOffset(offset: number): number {
    return offset + (this.#ahead[this.#firstAtOrAfter(offset) - 1] ?? 0);
  }

  #firstAtOrAfter(offset: number): number {
    let low = 0, high = this.#at.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#at[middle]! < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function replacement(groups: Record<string, string | undefined>): string {
  if (groups.half !== undefined) return ".";
  if (groups.ftp !== undefined) return "ftp";
  if (groups.secure !== undefined) return "http" + groups.secure.toLowerCase();
  const mark = (groups.mark ?? groups.word ?? "").toLowerCase();
  return mark === "dot" ? "." : mark === "at" ? "@" : mark;
}
