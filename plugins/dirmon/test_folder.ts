import { TestFolder as Folder } from "../lib/testing_folder.ts";

/** A directory that is watched. */
export class TestFolder extends Folder {
  /** Adds to a file, and makes it if need be. */
  append(path: string, text: string): void {
    Deno.writeTextFileSync(`${this.path}/${path}`, text, { append: true });
  }

  /** Names of all files, sorted. */
  files(): string[] {
    return [...Deno.readDirSync(this.path)].map(({ name }) => name).sort();
  }
}
