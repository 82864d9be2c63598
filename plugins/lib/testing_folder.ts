import { dirname } from "node:path";

/** A directory for one test, removed after it. */
export class TestFolder implements AsyncDisposable {
  /** Real path: that of the system's temporary directory may have links in it. */
  readonly path: string = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "stoq-" }));

  /** @param files Texts by relative path. Directories are made as needed. */
  constructor(files: Readonly<Record<string, string>> = {}) {
    for (const [path, text] of Object.entries(files)) {
      Deno.mkdirSync(dirname(`${this.path}/${path}`), { recursive: true });
      Deno.writeTextFileSync(`${this.path}/${path}`, text);
    }
  }

  read(path: string): string {
    return Deno.readTextFileSync(`${this.path}/${path}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
