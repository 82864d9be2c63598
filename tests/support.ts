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
