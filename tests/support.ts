import { fileURLToPath } from "node:url";

/** Absolute path of a file of the project, given relative to this folder. */
export function fromFileUrl(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** A temporary directory that is gone after use. */
export function tempDir(): { readonly path: string; [Symbol.dispose](): void } {
  const path = Deno.makeTempDirSync({ prefix: "stoq-test-" });
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}

/** Writes a plugin folder: a manifest (given sections after `[Core]`) and a module. */
export function writePlugin(dir: string, name: string, module: string, sections = ""): string {
  const folder = `${dir}/${name}`;
  Deno.mkdirSync(folder, { recursive: true });
  Deno.writeTextFileSync(`${folder}/${name}.stoq`, `[Core]\nName = ${name}\nModule = ${name}\n${sections}\n`);
  Deno.writeTextFileSync(`${folder}/${name}.ts`, module);
  return folder;
}

/** Whether a program can be started here. */
export function hasProgram(name: string): boolean {
  const path = (Deno.env.get("PATH") ?? "").split(":");
  return path.some((dir) => {
    try {
      return Deno.statSync(`${dir}/${name}`).isFile;
    } catch {
      return false;
    }
  });
}

/**
 * Options of a test that needs a program: skipped by name where it is missing, which CI does not allow.
 *
 * @param program Name of the program.
 * @param name Name of the test.
 */
export function needs(program: string, name: string): { name: string; ignore: boolean } {
  const missing = !hasProgram(program) && Deno.env.get("CI") !== "true";
  return { name: missing ? `${name} (skipped: ${program} is not installed)` : name, ignore: missing };
}

/** Where the home folder is kept while a test has put another in its place. */
const OWN_HOME = "STOQ_TEST_OWN_HOME";

/** The home folder of whoever runs the tests: files that are tested in parallel share one environment, in which a hostile test changes it. */
export function ownHome(): string | undefined {
  return Deno.env.get(OWN_HOME) ?? Deno.env.get("HOME");
}

/** Variables for a child process that needs npm packages, for which Deno asks the home folder where they are from. */
export function ownHomeEnv(): Record<string, string> {
  const home = ownHome();
  return home === undefined ? {} : { HOME: home };
}

/** Keeps the home folder, for {@linkcode ownHome}, before another is put in its place. */
export function keepOwnHome(): string | undefined {
  const home = ownHome();
  if (home !== undefined) Deno.env.set(OWN_HOME, home);
  return home;
}
