import type { Payload, PluginContext, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { decodeText } from "../lib/decode_text.ts";
import { extractIndicators, valuesByType } from "../lib/ioc.ts";
import { Whitelist } from "./whitelist.ts";

/** The whitelist that is used when none is named: a file of this folder. */
const DEFAULT_WHITELIST = "whitelist.txt";

/** What the options' files say, read on the first payload. */
interface Setup {
  whitelist: Whitelist;
  tlds?: ReadonlySet<string>;
  errors: string[];
}

/** Indicators of compromise in the payload's text, by type. */
export default class IocExtract implements WorkerPlugin {
  readonly #whitelistFiles: string[];
  readonly #tldFile: string;
  #setup?: Promise<Setup>;

  constructor(private readonly context: PluginContext) {
    this.#whitelistFiles = context.options.getList("whitelist_file", []);
    this.#tldFile = context.options.getString("iana_tld_file", "");
  }

  async scan(payload: Payload): Promise<WorkerResponse | null> {
    const { whitelist, tlds, errors } = await (this.#setup ??= this.#load());
    const { indicators, truncated } = extractIndicators(decodeText(payload.content), { tlds });
    const results = valuesByType(indicators.filter((indicator) => !whitelist.has(indicator)));
    const messages = [
      ...errors,
      ...truncated.map((type) => `More than 10000 indicators of type ${type}: the rest is left out`),
    ];
    if (Object.keys(results).length === 0) return messages.length > 0 ? { errors: messages } : null;
    return { results, errors: messages };
  }

  async #load(): Promise<Setup> {
    const whitelist = new Whitelist();
    const errors: string[] = [];
    if (this.#whitelistFiles.length === 0) {
      whitelist.add(new TextDecoder().decode(await this.context.asset(DEFAULT_WHITELIST)), DEFAULT_WHITELIST);
    }
    for (const file of this.#whitelistFiles) {
      const text = await readText(file, "whitelist_file", errors);
      if (text !== undefined) whitelist.add(text, file);
    }
    let tlds: ReadonlySet<string> | undefined;
    if (this.#tldFile !== "") {
      const text = await readText(this.#tldFile, "iana_tld_file", errors);
      const names = text?.split(/\r?\n/).map((line) => line.trim().toLowerCase()).filter((line) =>
        /^[a-z0-9-]+$/.test(line)
      );
      if (names && names.length > 0) tlds = new Set(names);
      else if (names) {
        errors.push(`iana_tld_file "${this.#tldFile}" names no top-level domain: the built-in list is used`);
      }
    }
    return { whitelist, tlds, errors: [...errors, ...whitelist.problems] };
  }
}

async function readText(file: string, option: string, errors: string[]): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    errors.push(`Cannot read ${option} "${file}": ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
