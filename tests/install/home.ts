import { dirname } from "node:path";
import { type Run, type RunSetup, stoq } from "../cli/support.ts";
import { tempDir } from "../support.ts";

/** A home of the operator, gone after use, with a plugin to install beside it. */
export interface Home extends Disposable {
  /** `STOQ_HOME`. */
  readonly path: string;
  /** Where sources can be put. */
  readonly outside: string;
  /** Runs the command with this home. */
  run(args: readonly string[], setup?: RunSetup): Promise<Run>;
  /** What the plugin says of a payload, or its error. */
  scan(plugin: string): Promise<string>;
  /** Writes the plugin `parrot`. @returns Its folder. */
  parrot(setup?: ParrotSetup): string;
}

/** How the plugin `parrot` is. */
export interface ParrotSetup {
  readonly word?: string;
  readonly version?: string;
  /** Sections of the manifest besides `[Core]` and `[Documentation]`. */
  readonly sections?: string;
  /** More files, or others. */
  readonly files?: Readonly<Record<string, string>>;
  readonly name?: string;
  /** Folder to write it to. Default: `outside/NAME`. */
  readonly folder?: string;
}

/** Makes a home. @param env Environment of every command. */
export function makeHome(env: Readonly<Record<string, string>> = {}): Home {
  const dir = tempDir();
  const path = `${dir.path}/home`;
  const outside = `${dir.path}/outside`;
  Deno.mkdirSync(path);
  Deno.mkdirSync(outside);
  const run = (args: readonly string[], setup: RunSetup = {}) =>
    stoq(args, { ...setup, env: { ...env, STOQ_HOME: path, ...setup.env } });
  return {
    path,
    outside,
    run,
    scan: async (plugin) => {
      const { stdout, stderr } = await run(["scan", "-s", plugin, "--compact"], { stdin: "x" });
      if (stdout === "") return stderr;
      const { results, errors } = JSON.parse(stdout);
      return errors[plugin]?.[0] ?? String(results[0].workers[0]?.[plugin]);
    },
    parrot: (setup = {}) => writeParrot(setup.folder ?? `${outside}/${setup.name ?? "parrot"}`, setup),
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

/** A worker in several TypeScript files whose result is a word. */
function writeParrot(
  folder: string,
  { word = "one", version = "1.0.0", sections = "", files = {}, name = "parrot" }: ParrotSetup,
): string {
  const all: Record<string, string> = {
    [`${name}.stoq`]: `[Core]\nName = ${name}\nModule = ${name}\nClasses = worker\n` +
      `[Documentation]\nAuthor = A. Uthor\nVersion = ${version}\n${sections}\n`,
    [`${name}.ts`]: `import type { WorkerPlugin } from "@stoq/cli/plugin";\n` +
      `import { word } from "./lib/word.ts";\n` +
      `export default class Parrot implements WorkerPlugin {\n  scan() {\n    return { results: word };\n  }\n}\n`,
    "lib/word.ts": `export const word: string = "${word}";\n`,
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    Deno.mkdirSync(dirname(`${folder}/${path}`), { recursive: true });
    Deno.writeTextFileSync(`${folder}/${path}`, text);
  }
  return folder;
}

/** Names in a folder, sorted. */
export function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}
