/** A stretch of a rule file between two `include` directives, with what comes after it. */
export interface Piece {
  /** Text, with as many empty lines before it as the file has: positions in error messages stay right. */
  readonly text: string;
  /** Path in the directive that follows, as written. */
  readonly include?: string;
}

/**
 * What `include` could be hidden in, and `include` itself: comments, text strings (one line, backslash escapes), regular
 * expressions (a `/` is nothing else in YARA). YARA documentation, "Writing YARA rules", sections Comments, Strings, Including files.
 */
const TOKEN = /\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)|"(?:\\.|[^"\\\n])*"?|\/(?:\\.|[^/\\\n])*\/?|\binclude\s*"([^"\n]*)"/g;

/** Splits a rule file at its `include` directives. */
export function splitAtIncludes(source: string): Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  let lines = 0;
  const cut = (end: number, include?: string) => {
    const text = source.slice(start, end);
    pieces.push({ text: "\n".repeat(lines) + text, include });
    lines += text.split("\n").length - 1;
  };
  for (const token of source.matchAll(TOKEN)) {
    if (token[1] === undefined) continue;
    cut(token.index, token[1]);
    lines += token[0].split("\n").length - 1;
    start = token.index + token[0].length;
  }
  cut(source.length);
  return pieces;
}
