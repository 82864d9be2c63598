import assert from "node:assert/strict";
import { Changes, CLOSING_IS_TOLD, type Listener } from "./changes.ts";
import { TestFolder } from "./test_folder.ts";

/** Notes what it hears. */
class Notes implements Listener {
  readonly heard: string[] = [];
  #waiting = { lines: [""], resolve: () => {} };

  observe(path: string, change?: string): void {
    this.#hear(`${path} ${change ?? "gone"}`);
  }

  renamed(from: string, to: string): void {
    this.#hear(`${from} is ${to}`);
  }

  lostTrack(): void {
    this.#hear("lost track");
  }

  /** Resolves once one of the lines has been heard. */
  async until(...lines: string[]): Promise<void> {
    if (lines.some((line) => this.heard.includes(line))) return;
    await new Promise<void>((resolve) => this.#waiting = { lines, resolve });
  }

  #hear(line: string): void {
    this.heard.push(line);
    if (this.#waiting.lines.includes(line)) this.#waiting.resolve();
  }
}

Deno.test({
  name: "Linux tells of files that are made, written, closed, moved and removed, under their relative paths",
  ignore: !CLOSING_IS_TOLD,
  fn: async () => {
    await using dir = new TestFolder({ "real/sub/old": "1" });
    await Deno.symlink("real", `${dir.path}/link`);
    for (const root of ["real", "link"]) {
      const notes = new Notes();
      {
        using changes = new Changes(`${dir.path}/${root}`, notes, { recursive: true });
        const ended = changes.listen();
        // What has gone by the time that an event is made of it is told as gone only.
        await Deno.writeTextFile(`${dir.path}/real/a`, "1");
        await notes.until("a closed");
        await Deno.readTextFile(`${dir.path}/real/a`);
        await Deno.rename(`${dir.path}/real/a`, `${dir.path}/real/sub/b`);
        await notes.until("a is sub/b");
        await Deno.writeTextFile(`${dir.path}/outside`, "1");
        await Deno.rename(`${dir.path}/outside`, `${dir.path}/real/last`);
        await notes.until("last moved");
        await Deno.remove(`${dir.path}/real/last`);
        await notes.until("last gone");
        changes[Symbol.dispose]();
        await ended;
      }
      assert.deepEqual(notes.heard, [
        "a created",
        "a written",
        "a closed",
        "a gone",
        "sub/b moved",
        "a is sub/b",
        "last moved",
        "last gone",
      ]);
      await Deno.remove(`${dir.path}/real/sub/b`);
    }
  },
});

Deno.test({
  name: "events that nobody takes in time are told all the same, or it is told that some were lost",
  ignore: !CLOSING_IS_TOLD,
  fn: async () => {
    await using dir = new TestFolder();
    const notes = new Notes();
    using changes = new Changes(dir.path, notes, { recursive: false });
    const ended = changes.listen();
    const count = 1000;
    // Nobody takes an event meanwhile; whether some are lost is for the system to say.
    for (let i = 0; i < count; i++) Deno.writeTextFileSync(`${dir.path}/${i}`, "");
    await notes.until("lost track", `${count - 1} closed`);
    changes[Symbol.dispose]();
    await ended;
    const closed = notes.heard.filter((line) => line.endsWith(" closed")).length;
    assert.ok(notes.heard.includes("lost track") || closed === count, `${closed} of ${count}, and nothing lost`);
  },
});
