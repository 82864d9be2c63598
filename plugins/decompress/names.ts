/** Characters of a path that are kept: a zip name may have 65,535. */
const MAX_PATH = 1024;

/** A path of at most {@linkcode MAX_PATH} characters. */
export function clip(path: string): string {
  return path.length <= MAX_PATH ? path : path.slice(0, MAX_PATH);
}

/** The last part of a path, with either separator: a tar made on Windows has backslashes. */
export function basename(path: string): string {
  return path.split(/[/\\]/).findLast((part) => part !== "") ?? path;
}

/** Endings of compressed files and what is left without them. */
const ENDINGS: readonly (readonly [RegExp, string])[] = [
  [/\.(?:tgz|tpz|taz|tbz2?|tb2|txz|tlz|tzst)$/i, ".tar"],
  [/\.(?:gz|gzip|bz2?|bzip2|xz|lzma|lzma86|lz|zst|zstd|z|pmd)$/i, ""],
  [/\.svgz$/i, ".svg"],
];

/** What is called so when neither the archive nor the payload has a name. */
const NAMELESS = "data";

/** Name for the content of a compressed file that doesn't say one, from the name of that file: `x.tar` for `x.tgz`. */
export function uncompressedName(filename: unknown): string {
  if (typeof filename !== "string" || filename === "") return NAMELESS;
  const name = basename(filename);
  for (const [ending, rest] of ENDINGS) {
    const shorter = name.replace(ending, rest);
    if (shorter !== name && shorter !== "" && shorter !== rest) return shorter;
  }
  return name;
}
