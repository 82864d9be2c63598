import { Compiler, type Scanner } from "@virustotal/yara-x";
import type { PayloadMeta } from "../../plugin.ts";
import type { Engine, FoundRule } from "./engine.ts";
import { type External, externalsIn, externalValues } from "./externals.ts";
import type { Source, Unit, Units } from "./sources.ts";

/**
 * Most matches of a pattern that the library keeps. YARA's own bound is ten times that; a payload of one repeated byte would
 * then cost hundreds of megabytes.
 */
const MAX_MATCHES_PER_PATTERN = 100_000;

/** Compiled rules, and what was wrong with those that are missing. */
export class RuleSet {
  readonly errors: readonly string[];
  readonly #engine: Engine;
  readonly #scanner: Scanner | undefined;
  readonly #externals: readonly External[];

  /** @param timeout Milliseconds. */
  constructor(engine: Engine, { units, errors }: Units, timeout: number) {
    this.#engine = engine;
    this.#externals = externalsIn(units.flatMap((unit) => unit.sources.map((source) => source.text)).join("\n"));
    const failures = new Map<Unit, string>();
    let scanner = compile(units, this.#externals, failures);
    // The library builds nothing once a source has failed: the sound ones are compiled again without it.
    if (scanner === undefined && failures.size < units.length) {
      scanner = compile(units.filter((unit) => !failures.has(unit)), this.#externals, failures);
    }
    scanner?.setTimeoutMs(timeout);
    scanner?.setMaxMatchesPerPattern(MAX_MATCHES_PER_PATTERN);
    this.#scanner = scanner;
    this.errors = [...errors, ...failures.values()];
  }

  /** @throws {Error} As the library does. */
  scan(content: Uint8Array, meta: PayloadMeta): readonly FoundRule[] {
    if (this.#scanner === undefined) return [];
    if (this.#externals.length > 0) {
      const values = externalValues(meta);
      for (const name of this.#externals) this.#scanner.setGlobal(name, values[name]);
    }
    return this.#engine.scan(this.#scanner, content);
  }
}

function compile(
  units: readonly Unit[],
  externals: readonly External[],
  failures: Map<Unit, string>,
): Scanner | undefined {
  // `build` consumes the compiler, also when it throws: it is only freed where it isn't built.
  const compiler = new Compiler();
  for (const name of externals) compiler.defineGlobal(name, "");
  const before = failures.size;
  const namespaces = new Set<string>();
  for (const unit of units) {
    let namespace = unit.namespace;
    for (let i = 2; namespaces.has(namespace); i++) namespace = `${unit.namespace}.${i}`;
    namespaces.add(namespace);
    compiler.newNamespace(namespace);
    const failure = addSources(compiler, unit.sources);
    if (failure !== undefined) failures.set(unit, failure);
  }
  if (failures.size > before || units.length === 0) {
    compiler.free();
    return undefined;
  }
  return compiler.build().scanner();
}

/** @returns What was wrong with the first source that failed. */
function addSources(compiler: Compiler, sources: readonly Source[]): string | undefined {
  for (const { file, text } of sources) {
    try {
      compiler.addSource(text);
    } catch (error) {
      return describe(file, error instanceof Error ? error.message : String(error));
    }
  }
  return undefined;
}

/** One line of the library's message, which draws the place over several. */
function describe(file: string, message: string): string {
  const [title = "", ...drawing] = message.split("\n");
  const place = /-->\s*line:(\d+):(\d+)/.exec(message);
  const label = drawing.map((line) => /\|\s*[\^]+ (.+)$/.exec(line)?.[1]).find((found) => found !== undefined);
  const where = place ? `, line ${place[1]}, column ${place[2]}` : "";
  const what = title.replace(/^error(\[\w+\])?:\s*/, "") + (label ? ` (${label})` : "");
  return `Cannot compile rules "${file}"${where}: ${what}: correct or remove the rule; until then no rule of this file is used`;
}
