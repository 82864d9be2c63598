/** Fewest bytes of a term: shorter ones are found by chance, with one of the keys, in every large payload. */
const MIN_LENGTH = 5;

/** Most bytes of a term. */
const MAX_LENGTH = 256;

/** Most bytes of all terms: the automata take a kilobyte for each. */
const MAX_TOTAL = 16_384;

/** Terms of a file, and what is wrong with the others. */
export interface Terms {
  readonly terms: readonly string[];
  readonly errors: readonly string[];
}

/**
 * Reads a file of terms: one a line; empty lines and those that begin with `#` are none.
 *
 * @param text Content of the file.
 * @param source Its name, for errors.
 */
export function parseTerms(text: string, source: string): Terms {
  const terms = new Set<string>();
  const errors: string[] = [];
  let total = 0;
  for (const [i, line] of text.replace(/^\ufeff/, "").split(/\r?\n/).entries()) {
    if (line === "" || line.startsWith("#") || terms.has(line)) continue;
    const fail = (why: string) => errors.push(`Cannot search for line ${i + 1} of terms "${source}": ${why}`);
    const bytes = new TextEncoder().encode(line);
    if (bytes.length < MIN_LENGTH || bytes.length > MAX_LENGTH) {
      fail(`it has ${bytes.length} bytes, use ${MIN_LENGTH} to ${MAX_LENGTH}`);
    } else if (bytes.every((byte) => byte === bytes[0])) {
      fail("all of its bytes are alike, and so are those of every padding");
    } else if (total + bytes.length > MAX_TOTAL) {
      fail(`all terms have more than ${MAX_TOTAL} bytes: it and what follows is left out`);
      break;
    } else {
      terms.add(line);
      total += bytes.length;
    }
  }
  return { terms: [...terms], errors };
}
