/**
 * Rule files as the operator names them: one file, or a folder of them, with what they include.
 *
 * @module
 */
import { basename, dirname, isAbsolute, join, normalize } from "node:path";
import { type Piece, splitAtIncludes } from "./includes.ts";

/** A piece of rule text and the file it is from. */
export interface Source {
  readonly file: string;
  readonly text: string;
}

/** Rules that are compiled together, under a namespace of their own. */
export interface Unit {
  readonly namespace: string;
  readonly sources: readonly Source[];
}

/** What could be read, and one line for each file that could not. */
export interface Units {
  readonly units: readonly Unit[];
  readonly errors: readonly string[];
}

/** Namespace of a single rule file, as YARA calls it. */
const DEFAULT_NAMESPACE = "default";

/** Most rule files of a set: a folder named by mistake must not be read to its end. */
const MAX_FILES = 5000;

/** Deepest folder below the named one. */
const MAX_DEPTH = 8;

/** Name endings of rule files in a folder. */
const RULE_FILE = /\.yara?$/i;

/** Rules from text that is at hand. */
export function unitOf(file: string, text: string): Units {
  return { units: [{ namespace: DEFAULT_NAMESPACE, sources: [{ file, text }] }], errors: [] };
}

/**
 * Reads a rule file, or all rule files of a folder, each in a namespace named after it. Of a folder, files that another one
 * includes are read with that one only.
 *
 * @param path File or folder, which the plugin may read.
 * @param option Name of the option that it is from, for messages.
 */
export async function readUnits(path: string, option: string): Promise<Units> {
  const errors: string[] = [];
  const files = new Map<string, readonly Piece[]>();
  const load = async (file: string, what: string): Promise<readonly Piece[]> => {
    const known = files.get(file);
    if (known !== undefined) return known;
    let pieces: readonly Piece[] = [];
    try {
      if (files.size >= MAX_FILES) throw new RangeError(`more than ${MAX_FILES} rule files`);
      pieces = splitAtIncludes(new TextDecoder("utf-8", { fatal: true }).decode(await Deno.readFile(file)));
    } catch (error) {
      errors.push(`Cannot read ${what}: ${reasonOf(error)}`);
    }
    files.set(file, pieces);
    return pieces;
  };

  let roots = [normalize(path)];
  let folder = false;
  try {
    folder = (await Deno.stat(path)).isDirectory;
    if (folder) roots = await ruleFiles(path, MAX_DEPTH);
  } catch (error) {
    return { units: [], errors: [`Cannot read rules "${path}" of option ${option}: ${reasonOf(error)}`] };
  }
  if (roots.length === 0) {
    return {
      units: [],
      errors: [`No *.yar or *.yara file in "${path}" of option ${option}: name a folder that has some`],
    };
  }

  const included = new Set<string>();
  const expand = async (file: string, what: string, seen: Set<string>): Promise<Source[]> => {
    // A second inclusion of the same file would declare its rules twice; a circle would never end.
    if (seen.has(file)) return [];
    seen.add(file);
    const sources: Source[] = [];
    for (const piece of await load(file, what)) {
      sources.push({ file, text: piece.text });
      if (piece.include === undefined) continue;
      const target = isAbsolute(piece.include) ? normalize(piece.include) : join(dirname(file), piece.include);
      included.add(target);
      sources.push(...await expand(target, `"${target}", included by "${file}"`, seen));
    }
    return sources;
  };
  const units: (Unit & { file: string })[] = [];
  for (const file of roots) {
    const sources = await expand(file, `rules "${file}" of option ${option}`, new Set());
    units.push({ namespace: folder ? basename(file) : DEFAULT_NAMESPACE, sources, file });
  }
  // Files that include each other in a circle are all included: then none is left out.
  const top = units.filter((unit) => !included.has(unit.file));
  return { units: (top.length > 0 ? top : units).filter((unit) => unit.sources.length > 0), errors };
}

async function ruleFiles(folder: string, depth: number): Promise<string[]> {
  const files: string[] = [];
  const entries = (await Array.fromAsync(Deno.readDir(folder))).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory && depth > 0) files.push(...await ruleFiles(path, depth - 1));
    // A symbolic link is followed if it leads to a file that may be read.
    else if (!entry.isDirectory && RULE_FILE.test(entry.name)) files.push(path);
    if (files.length >= MAX_FILES) break;
  }
  return files;
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file: correct the path";
  if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied) {
    return "not permitted: name the folder that holds all rule files in the option, or grant it under [permissions.yara] read";
  }
  if (error instanceof TypeError) return "not UTF-8: convert the file";
  return error instanceof Error ? error.message : String(error);
}
