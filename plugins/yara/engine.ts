import { type InitOutput, initSync, type Scanner } from "@virustotal/yara-x";
import { runConstructorsOnce } from "./constructors.ts";
import { withReuse } from "./reuse.ts";

/**
 * Scans between two looks for leaked slots. Each leak holds the instance of one scan with what it imports, some kilobytes; a
 * look at the few thousand slots costs little beside this many scans.
 */
const SCANS_BETWEEN_SWEEPS = 64;

/** What one pattern of a rule matched. */
export interface FoundPattern {
  readonly identifier: string;
  readonly isPrivate: boolean;
  readonly matches: readonly { readonly offset: number; readonly length: number; readonly xorKey?: number }[];
}

/** A rule that matched, as the library reports it. */
export interface FoundRule {
  readonly identifier: string;
  readonly namespace: string;
  readonly isPrivate: boolean;
  readonly tags: readonly string[];
  /** Bytes that are not UTF-8 come as an array of numbers. */
  readonly metadata: readonly {
    readonly identifier: string;
    readonly value: string | number | boolean | readonly number[];
  }[];
  readonly patterns: readonly FoundPattern[];
}

/** The YARA-X library, ready for use: one in a realm, since its glue code keeps it in a global variable. */
export class Engine {
  readonly #exports: InitOutput;
  #scans = 0;

  /** @param wasm Bytes of the package's `yara_x_js_bg.wasm`. */
  constructor(wasm: Uint8Array<ArrayBuffer>) {
    this.#exports = initSync({ module: runConstructorsOnce(wasm) });
  }

  /** @throws {Error} As the library does. */
  scan(scanner: Scanner, content: Uint8Array): readonly FoundRule[] {
    if (++this.#scans % SCANS_BETWEEN_SWEEPS === 0) this.#freeInstances();
    const outcome: { matches: readonly FoundRule[] } = withReuse(() => scanner.scan(content));
    return outcome.matches;
  }

  /**
   * Frees the instances of past scans. The library forgets, but never frees, the slot that holds the instance of a scan, not
   * even when scanner and rules are freed; between scans no slot with an instance in it is in use.
   */
  #freeInstances(): void {
    const slots = this.#exports.__wbindgen_externrefs;
    for (let i = 0; i < slots.length; i++) {
      if (slots.get(i) instanceof WebAssembly.Instance) this.#exports.__externref_table_dealloc_command_export(i);
    }
  }
}
