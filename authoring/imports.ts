/**
 * What a plugin's module imports, as far as that decides whether it must be bundled: a sandbox loads files of the plugin's folder and
 * modules of Node.js, nothing else.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { StoqPluginError } from "../core/errors.ts";
import { runDeno } from "./deno.ts";

/** The module that has only types: what is imported from it is gone at run time. */
const TYPES = "@stoq/cli/plugin";

/** What has to be bundled, and what comes into the bundle. */
export interface Imports {
  /** What a sandbox could not load: npm packages with version, URLs, files outside of the folder. Empty: nothing to bundle. */
  readonly outside: readonly string[];
  /** Files of the folder that the module is made of, itself included; complete only where there is something to bundle. */
  readonly inside: readonly string[];
}

/** A module as `deno info --json` describes it; what is not read here is left out. */
interface ModuleInfo {
  readonly specifier: string;
  readonly kind?: string;
  readonly npmPackage?: string;
  readonly error?: string;
  readonly dependencies?: readonly {
    readonly specifier: string;
    readonly code?: { readonly specifier?: string; readonly error?: string };
  }[];
}

/**
 * Looks at what a module and the files that it imports import. Only where a first look at their text finds something that a sandbox could
 * not load is Deno asked, which knows comments from code and types from values.
 *
 * @param module Absolute path of the module.
 * @param folder Absolute path of the plugin's folder.
 * @throws {StoqPluginError} If an import leads nowhere.
 */
export async function findImports(module: string, folder: string): Promise<Imports> {
  const suspect = await firstLook(module, folder);
  if (suspect === null) return { outside: [], inside: [module] };
  const why = `find out what "${relative(folder, module)}" needs of "${suspect}"`;
  const { success, stdout, stderr } = await runDeno(["info", "--json", module], folder, why);
  if (!success) throw new StoqPluginError(`Cannot ${why}: ${denoSays(stderr)}`);
  const info = JSON.parse(stdout) as { modules: ModuleInfo[]; redirects?: Record<string, string> };
  const byUrl = new Map(info.modules.map((one) => [one.specifier, one]));
  const outside = new Set<string>();
  const inside = new Set<string>();
  const follow = (path: string): void => {
    if (inside.has(path)) return;
    inside.add(path);
    const about = [...byUrl.values()].find((one) => isFileUrl(one.specifier) && fileURLToPath(one.specifier) === path);
    if (about?.error !== undefined) throw new StoqPluginError(`Cannot load "${path}": ${denoSays(about.error)}`);
    for (const { specifier, code } of about?.dependencies ?? []) {
      if (code === undefined || specifier === TYPES) continue;
      if (code.specifier === undefined) {
        throw new StoqPluginError(
          `Cannot find "${specifier}", which "${
            relative(folder, path)
          }" imports: add it to "imports" in deno.json ("deno add npm:NAME")`,
        );
      }
      const url = info.redirects?.[code.specifier] ?? code.specifier;
      if (url.startsWith("node:")) continue;
      const target = isFileUrl(url) ? fileURLToPath(url) : null;
      if (target !== null && isInside(target, folder)) follow(target);
      else outside.add(byUrl.get(url)?.npmPackage ?? (target === null ? url : relative(folder, target)));
    }
  };
  follow(module);
  return { outside: [...outside].sort(), inside: [...inside] };
}

/** A specifier that a sandbox may not be able to load, or null. It looks at text, so it may be one in a comment. */
async function firstLook(module: string, folder: string): Promise<string | null> {
  const seen = new Set<string>();
  const waiting = [module];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path) || !existsSync(path)) continue;
    seen.add(path);
    if (!/\.[cm]?[jt]sx?$/.test(path)) continue;
    for (const specifier of specifiers(await readFile(path, "utf8"))) {
      if (specifier === TYPES || specifier.startsWith("node:")) continue;
      if (!/^\.{0,2}\//.test(specifier)) return specifier;
      const target = resolve(dirname(path), specifier);
      if (!isInside(target, folder)) return specifier;
      waiting.push(target);
    }
  }
  return null;
}

/** Imports and exports of types only, in their usual forms. */
const TYPES_ONLY =
  /^[ \t]*(?:import|export)\s+type\s+(?:[\w$]+|\{[\w$\s,]*\}|\*\s+as\s+[\w$]+)\s+from\s*(["'])[^"'\n]*\1/gm;

/** All that stands in the text where a specifier can stand, but for those of types only: rather too many than too few. */
export function specifiers(text: string): string[] {
  const rest = text.replace(TYPES_ONLY, "");
  return [...rest.matchAll(/\b(?:from|import)\s*\(?\s*(["'`])([^"'`\n]+)\1/g)].map(([, , specifier]) => specifier!);
}

/** The first line of what Deno complains about, without its "error:". */
export function denoSays(text: string): string {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) =>
    line !== "" && !/^(Download|⚠️)/.test(line)
  );
  const at = lines.findIndex((line) => /^error\b/i.test(line));
  return (lines[Math.max(at, 0)] ?? "Deno does not say why").replace(/^error: ?/i, "");
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith("../") && !isAbsolute(way);
}

function isFileUrl(url: string): boolean {
  return url.startsWith("file:");
}
