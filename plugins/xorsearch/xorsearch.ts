import type { Payload, PluginContext, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { decodeAt, keyName } from "./operations.ts";
import { type Hit, Search } from "./search.ts";
import { parseTerms } from "./terms.ts";

/** The terms that are searched for when the option names no file: a file of this folder. */
const DEFAULT_TERMS = "terms.txt";

/** Most keys and terms that are reported of a payload. */
const MAX_HITS = 1000;

/** Most characters of `match`, as XORSearch shows. */
const MAX_MATCH = 50;

/** Finds terms that are hidden by XOR, ROL, ROT, SHIFT or ADD. */
export default class XorSearch implements WorkerPlugin {
  readonly #context: PluginContext;
  readonly #path: string;
  #setup: Promise<{ search: Search; errors: readonly string[] }> | undefined;

  constructor(context: PluginContext) {
    this.#context = context;
    this.#path = context.options.getString("terms", "");
  }

  async scan({ content }: Payload): Promise<WorkerResponse | undefined> {
    const { search, errors } = await (this.#setup ??= this.#load());
    const { hits, truncated } = search.find(content, MAX_HITS);
    const messages = truncated
      ? [...errors, `More than ${MAX_HITS} keys and terms: the rest is left out`]
      : [...errors];
    if (hits.length === 0) return messages.length > 0 ? { errors: messages } : undefined;
    const results: Record<string, unknown[]> = {};
    for (const hit of hits) (results[keyName(hit.operation, hit.key)] ??= []).push(describe(hit, content));
    return { results, errors: messages };
  }

  async #load(): Promise<{ search: Search; errors: readonly string[] }> {
    const path = this.#path;
    try {
      const bytes = path === "" ? await this.#context.asset(DEFAULT_TERMS) : await Deno.readFile(path);
      const { terms, errors } = parseTerms(new TextDecoder().decode(bytes), path === "" ? DEFAULT_TERMS : path);
      return { search: new Search(terms), errors };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { search: new Search([]), errors: [`Cannot read terms "${path}": ${why}`] };
    }
  }
}

function describe({ operation, key, term, offsets, count }: Hit, content: Uint8Array): Record<string, unknown> {
  const offset = offsets[0] ?? 0;
  let match = "";
  for (let i = 0; i < MAX_MATCH; i++) {
    const byte = decodeAt(content, offset + i, operation, key);
    if (byte === undefined || byte === 0) break;
    match += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".";
  }
  return { pos: `0x${offset.toString(16).toUpperCase().padStart(4, "0")}`, match, operation, term, count, offsets };
}
