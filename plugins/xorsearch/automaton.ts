/**
 * Finds several patterns in one pass, whatever the bytes are: one step a byte.
 *
 * A. V. Aho, M. J. Corasick, "Efficient string matching: an aid to bibliographic search", Communications of the ACM 18
 * (1975), number 6; the automaton without failure transitions of section 6.
 */
export class Automaton {
  /** Next state for state and byte, at `state * 256 + byte`. State 0 is the beginning. */
  readonly next: Int32Array;
  /** Whether patterns end at a state. */
  readonly accepts: Uint8Array;
  readonly #ends: number[][] = [[]];

  /** @param patterns The patterns, none of them empty. */
  constructor(patterns: readonly Uint8Array[]) {
    const size = 1 + patterns.reduce((sum, pattern) => sum + pattern.length, 0);
    this.next = new Int32Array(size * 256);
    for (const [i, pattern] of patterns.entries()) {
      let state = 0;
      for (const byte of pattern) {
        const at = state * 256 + byte;
        if (this.next[at] === 0) this.next[at] = this.#ends.push([]) - 1;
        state = this.next[at]!;
      }
      this.#ends[state]!.push(i);
    }
    this.#close();
    this.accepts = Uint8Array.from(this.#ends, (ends) => ends.length > 0 ? 1 : 0);
  }

  /** Patterns that end at a state. */
  ends(state: number): readonly number[] {
    return this.#ends[state] ?? [];
  }

  /** Fills in, in the order of their depth, what each state does with bytes that no pattern has there. */
  #close(): void {
    const { next } = this;
    const queue: [state: number, fallback: number][] = [];
    for (let byte = 0; byte < 256; byte++) if (next[byte] !== 0) queue.push([next[byte]!, 0]);
    for (let head = 0; head < queue.length; head++) {
      const [state, fallback] = queue[head]!;
      this.#ends[state]!.push(...this.#ends[fallback]!);
      for (let byte = 0; byte < 256; byte++) {
        const target = next[state * 256 + byte]!;
        const instead = next[fallback * 256 + byte]!;
        if (target === 0) next[state * 256 + byte] = instead;
        else queue.push([target, instead]);
      }
    }
  }
}
