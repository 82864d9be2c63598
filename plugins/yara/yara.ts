import type {
  Data,
  DispatcherPlugin,
  DispatcherResponse,
  Payload,
  PluginContext,
  WorkerPlugin,
  WorkerResponse,
} from "../../plugin.ts";
import { Engine, type FoundRule } from "./engine.ts";
import { type Match, toMatches } from "./matches.ts";
import { RuleSet } from "./ruleset.ts";
import { readUnits, unitOf } from "./sources.ts";
import { xorKeys } from "./xor.ts";

/** Options that name rules, and the rules of the plugin's folder that are used without. */
const DEFAULT_RULES = { worker_rules: "rules/worker.yar", dispatch_rules: "rules/dispatch.yar" } as const;

type RulesOption = keyof typeof DEFAULT_RULES;

interface Found {
  rules: readonly FoundRule[];
  matches: Match[];
  errors: string[];
}

/** Matches YARA rules, and sends payloads to the plugins that rules name in their metadata. */
export default class Yara implements WorkerPlugin, DispatcherPlugin {
  readonly #context: PluginContext;
  readonly #paths: Record<RulesOption, string>;
  readonly #stringsLimit: number;
  readonly #timeout: number;
  readonly #xorFirstMatch: boolean;
  readonly #ruleSets = new Map<RulesOption, Promise<RuleSet>>();
  #engine: Promise<Engine> | undefined;

  constructor(context: PluginContext) {
    this.#context = context;
    const { options } = context;
    this.#paths = {
      worker_rules: options.getString("worker_rules", ""),
      dispatch_rules: options.getString("dispatch_rules", ""),
    };
    this.#stringsLimit = options.getNumber("strings_limit", Infinity);
    this.#timeout = options.getNumber("timeout", 60);
    this.#xorFirstMatch = options.getBoolean("xor_first_match", true);
    if (this.#stringsLimit < 0) throw new RangeError(`strings_limit is ${this.#stringsLimit}: use 0 or more`);
    if (!(this.#timeout > 0)) throw new RangeError(`timeout is ${this.#timeout}: use a number of seconds above 0`);
  }

  /** Matches of the worker's rules. */
  async scan(payload: Payload): Promise<WorkerResponse> {
    const { matches, errors } = await this.#find("worker_rules", payload);
    return { results: { matches }, errors };
  }

  /** The plugins that the matching rules of the dispatcher name, each with the match as its metadata. */
  async getDispatches(payload: Payload): Promise<DispatcherResponse> {
    const { rules, matches, errors } = await this.#find("dispatch_rules", payload);
    const byPlugin = new Map<string, Match>();
    const saves = new Set<string>();
    const visible = rules.filter((rule) => !rule.isPrivate);
    for (const [i, match] of matches.entries()) {
      const rule = visible[i];
      if (rule !== undefined) this.#addXorKeys(match, rule, payload.content);
      saves.add(word(match.meta.save));
      for (const name of word(match.meta.plugin).split(",").map((part) => part.trim()).filter(Boolean)) {
        // Of several rules for a plugin the last counts, but a key that was found is not lost to a rule without one.
        const earlier = byPlugin.get(name);
        if (earlier === undefined || !hasKey(earlier) || hasKey(match)) byPlugin.set(name, match);
      }
    }
    const meta: Data = Object.fromEntries(byPlugin);
    const response: DispatcherResponse = { pluginNames: [...byPlugin.keys()], meta, errors };
    // Not saving wins: a rule says so of what must not lie around.
    if (saves.has("false")) response.shouldArchive = false;
    else if (saves.has("true")) response.shouldArchive = true;
    return response;
  }

  async #find(option: RulesOption, payload: Payload): Promise<Found> {
    let ruleSet: RuleSet;
    try {
      ruleSet = await this.#rules(option);
    } catch (error) {
      return { rules: [], matches: [], errors: [`Cannot load the rules of ${option}: ${messageOf(error)}`] };
    }
    try {
      const start = performance.now();
      const rules = ruleSet.scan(payload.content, payload.payloadMeta);
      const seconds = (performance.now() - start) / 1000;
      const { matches, errors } = toMatches(rules, payload.content, this.#stringsLimit);
      const slow = seconds > this.#timeout
        ? [`The scan took ${seconds.toFixed(1)} s, timeout is ${this.#timeout} s: simplify the rules of ${option}`]
        : [];
      return { rules, matches, errors: [...ruleSet.errors, ...errors, ...slow] };
    } catch (error) {
      const reason = `Cannot scan with the rules of ${option}: ${messageOf(error)}`;
      return { rules: [], matches: [], errors: [...ruleSet.errors, reason] };
    }
  }

  /** The rules of an option, read and compiled at their first use. */
  #rules(option: RulesOption): Promise<RuleSet> {
    const known = this.#ruleSets.get(option);
    if (known !== undefined) return known;
    const loading = this.#load(option);
    this.#ruleSets.set(option, loading);
    return loading;
  }

  async #load(option: RulesOption): Promise<RuleSet> {
    this.#engine ??= this.#context.asset("yara_x_js_bg.wasm").then((wasm) => new Engine(wasm));
    const engine = await this.#engine;
    const path = this.#paths[option];
    const asset = DEFAULT_RULES[option];
    const units = path === ""
      ? unitOf(asset, new TextDecoder().decode(await this.#context.asset(asset)))
      : await readUnits(path, option);
    return new RuleSet(engine, units, this.#timeout * 1000);
  }

  #addXorKeys(match: Match, rule: FoundRule, content: Uint8Array): void {
    const keys = xorKeys(rule, content);
    if (this.#xorFirstMatch) {
      const first = keys.next();
      if (!first.done) match.meta.xorkey = first.value[2].join(",");
      return;
    }
    const all = [...keys];
    if (all.length > 0) match.meta.xor_info = all;
  }
}

/** Metadata as rules are compared with: `save = false` is as good as `save = "False"`. */
function word(value: unknown): string {
  return value === undefined ? "" : String(value).trim().toLowerCase();
}

function hasKey({ meta }: Match): boolean {
  return meta.xorkey !== undefined || meta.xor_info !== undefined;
}

function messageOf(error: unknown): string {
  if (error instanceof WebAssembly.RuntimeError) return `the YARA-X library crashed: ${error.message}`;
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ");
}
