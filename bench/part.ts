import type { Corpus } from "./corpus.ts";
import type { Section } from "./table.ts";

/** What every part is given. */
export interface Bench {
  readonly corpus: Corpus;
  /** Rounds that count. */
  readonly repeats: number;
  /** Whether only to see that everything works. */
  readonly quick: boolean;
}

/** Measures one thing. */
export type Part = (bench: Bench) => Promise<Section>;
