import { Automaton } from "./automaton.ts";
import { decodeTable, KEYS, type Operation, OPERATIONS } from "./operations.ts";

/** Most occurrences of one term with one key whose offsets are kept; all are counted. */
const MAX_OFFSETS = 100;

/** A term with the key that decodes it. */
export interface Hit {
  readonly operation: Operation;
  readonly key: number;
  readonly term: string;
  /** The first offsets. */
  readonly offsets: number[];
  count: number;
}

/** Terms that are searched for in payload after payload. */
export class Search {
  readonly #terms: readonly string[];
  readonly #patterns: readonly Uint8Array[];
  readonly #plain: Automaton;
  readonly #xor: Automaton;
  readonly #add: Automaton;

  constructor(terms: readonly string[]) {
    this.#terms = terms;
    this.#patterns = terms.map((term) => new TextEncoder().encode(term));
    this.#plain = new Automaton(this.#patterns);
    // The difference of neighbours is the same whatever the key: one pass finds the terms with all keys.
    this.#xor = new Automaton(this.#patterns.map((bytes) => bytes.slice(1).map((byte, i) => byte ^ bytes[i]!)));
    this.#add = new Automaton(this.#patterns.map((bytes) => bytes.slice(1).map((byte, i) => byte - bytes[i]!)));
  }

  /**
   * What is hidden in a payload. 41 passes, each linear.
   *
   * @param content The payload.
   * @param maxHits Most hits.
   * @returns By operation, key and term; and whether there are more than `maxHits`, of which some are left out.
   */
  find(content: Uint8Array, maxHits: number): { hits: Hit[]; truncated: boolean } {
    const found = new Map<number, Hit>();
    let truncated = false;
    const add = (operation: Operation, key: number, term: number, offset: number) => {
      const id = (OPERATIONS.indexOf(operation) * 256 + key) * this.#terms.length + term;
      let hit = found.get(id);
      if (hit === undefined) {
        if (found.size === maxHits) {
          truncated = true;
          return;
        }
        hit = { operation, key, term: this.#terms[term]!, offsets: [], count: 0 };
        found.set(id, hit);
      }
      if (hit.count++ < MAX_OFFSETS) hit.offsets.push(offset);
    };
    this.#differences(content, add);
    this.#tables(content, add);
    this.#shifts(content, add);
    const hits = [...found].toSorted(([a], [b]) => a - b).map(([, hit]) => hit);
    return { hits, truncated };
  }

  #differences(content: Uint8Array, add: Add): void {
    const { next: nextXor, accepts: acceptsXor } = this.#xor;
    const { next: nextAdd, accepts: acceptsAdd } = this.#add;
    let xor = 0, sum = 0, previous = content[0] ?? 0;
    for (let i = 1; i < content.length; i++) {
      const byte = content[i]!;
      xor = nextXor[xor << 8 | (byte ^ previous)]!;
      sum = nextAdd[sum << 8 | ((byte - previous) & 0xff)]!;
      previous = byte;
      if (acceptsXor[xor] === 1) {
        for (const term of this.#xor.ends(xor)) {
          const offset = i + 1 - this.#patterns[term]!.length;
          const key = content[offset]! ^ this.#patterns[term]![0]!;
          if (key !== 0) add("XOR", key, term, offset);
        }
      }
      if (acceptsAdd[sum] === 1) {
        for (const term of this.#add.ends(sum)) {
          const offset = i + 1 - this.#patterns[term]!.length;
          const key = (this.#patterns[term]![0]! - content[offset]!) & 0xff;
          if (key !== 0 && key !== 0x80) add("ADD", key, term, offset);
        }
      }
    }
  }

  #tables(content: Uint8Array, add: Add): void {
    const { next, accepts } = this.#plain;
    for (const operation of ["ROL", "ROT"] as const) {
      const [first, last] = KEYS[operation];
      for (let key = first; key <= last; key++) {
        const table = decodeTable(operation, key);
        let state = 0;
        for (let i = 0; i < content.length; i++) {
          state = next[state << 8 | table[content[i]!]!]!;
          if (accepts[state] === 1) this.#report(content, state, i, operation, key, add);
        }
      }
    }
  }

  #shifts(content: Uint8Array, add: Add): void {
    const { next, accepts } = this.#plain;
    const [first, last] = KEYS.SHIFT;
    for (let key = first; key <= last; key++) {
      let state = 0;
      for (let i = 0; i < content.length; i++) {
        state = next[state << 8 | ((content[i]! << key | (content[i + 1] ?? 0) >> (8 - key)) & 0xff)]!;
        if (accepts[state] === 1) this.#report(content, state, i, "SHIFT", key, add);
      }
    }
  }

  #report(content: Uint8Array, state: number, last: number, operation: Operation, key: number, add: Add): void {
    for (const term of this.#plain.ends(state)) {
      const pattern = this.#patterns[term]!;
      const offset = last + 1 - pattern.length;
      // A term that rotation leaves as it is, having none of the bytes that it changes, is not hidden.
      if (pattern.some((byte, i) => content[offset + i] !== byte)) add(operation, key, term, offset);
    }
  }
}

type Add = (operation: Operation, key: number, term: number, offset: number) => void;
