import assert from "node:assert/strict";
import { relative } from "node:path";
import { openPlugin, type PluginUnderTest } from "../../testing.ts";
import { CLOSING_IS_TOLD } from "./changes.ts";
import { TestFolder } from "./test_folder.ts";

/** Seconds. Short, and no test depends on what it is: what must not have happened is known by what must have happened after it. */
const SETTLE_TIME = 0.05;

/** The plugin at work, and what it has brought and logged so far. */
class Run implements AsyncDisposable {
  /** `directory/name=text`, in the order in which they came. */
  readonly items: string[] = [];
  readonly log: string[] = [];
  #plugin: PluginUnderTest | undefined;
  #ended: Promise<void> | undefined;
  #failure: Error | undefined;
  #waiting: { done: () => boolean; resolve: () => void }[] = [];

  /** Starts it, and waits until it watches. */
  static async start(source_dir: string, options: Record<string, unknown> = {}): Promise<Run> {
    const run = new Run();
    run.#plugin = await openPlugin("dirmon", {
      options: { source_dir, settle_time: SETTLE_TIME, ...options },
      log: (level, message) => {
        run.log.push(`${level} ${message}`);
        run.#check();
      },
    });
    run.#ended = run.#collect(run.#plugin);
    await run.until(() => run.log.includes(`info watching "${source_dir}" for new files`));
    return run;
  }

  async #collect(plugin: PluginUnderTest): Promise<void> {
    try {
      for await (const { payload } of plugin.ingest()) {
        const { filename, source_dir } = payload?.payloadMeta?.extraData ?? {};
        this.items.push(`${source_dir}/${filename}=${new TextDecoder().decode(payload?.content)}`);
        this.#check();
      }
    } catch (error) {
      this.#failure = error as Error;
      this.#check();
    }
  }

  /** Waits until a condition on items and log holds; fails when the plugin fails. */
  async until(done: () => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push({ done, resolve });
      this.#check();
    });
    if (this.#failure !== undefined) throw this.#failure;
  }

  async untilItems(count: number): Promise<void> {
    await this.until(() => this.items.length >= count);
  }

  #check(): void {
    this.#waiting = this.#waiting.filter(({ done, resolve }) => {
      if (this.#failure === undefined && !done()) return true;
      resolve();
      return false;
    });
  }

  /** Closes the sandbox. Rejects when the plugin had failed before, or does not end by itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    const failure = this.#failure;
    await this.#plugin?.[Symbol.asyncDispose]();
    await this.#ended;
    if (failure !== undefined) throw failure;
    assert.ok(this.log.at(-1)?.startsWith("info no longer watching "), "it was ended by force");
  }
}

Deno.test("a new file is brought once, with where it is from, and one that was there is not", async () => {
  await using dir = new TestFolder({ old: "0" });
  await using run = await Run.start(dir.path);
  await Deno.writeTextFile(`${dir.path}/a`, "1");
  await run.untilItems(1);
  await Deno.writeTextFile(`${dir.path}/empty`, "");
  await run.untilItems(2);
  assert.deepEqual(run.items, [`${dir.path}/a=1`, `${dir.path}/empty=`]);
});

Deno.test("with existing, what was there is brought first, sorted by name", async () => {
  await using dir = new TestFolder({ b: "2", a: "1", "sub/c": "3" });
  await using run = await Run.start(dir.path, { existing: true });
  await run.untilItems(2);
  await Deno.writeTextFile(`${dir.path}/d`, "4");
  await run.untilItems(3);
  assert.deepEqual(run.items, ["a=1", "b=2", "d=4"].map((item) => `${dir.path}/${item}`));
});

Deno.test("files that are moved, linked or copied in with their old time are brought", async () => {
  await using dir = new TestFolder();
  await using other = new TestFolder({ a: "1", b: "2", c: "3" });
  for (const name of ["a", "b", "c"]) Deno.utimeSync(`${other.path}/${name}`, 1, 1);
  await using run = await Run.start(dir.path);
  await Deno.rename(`${other.path}/a`, `${dir.path}/a`);
  await Deno.link(`${other.path}/b`, `${dir.path}/b`);
  await Deno.copyFile(`${other.path}/c`, `${dir.path}/c`);
  Deno.utimeSync(`${dir.path}/c`, 1, 1);
  await run.untilItems(3);
  assert.deepEqual(run.items.sort(), ["a=1", "b=2", "c=3"].map((item) => `${dir.path}/${item}`));
});

Deno.test({
  name: "a file whose writer pauses for longer than the settle time is brought when it is closed, whole",
  ignore: !CLOSING_IS_TOLD,
  fn: async () => {
    await using dir = new TestFolder();
    // Long enough for thirty of them to be longer than any of the pauses.
    await using run = await Run.start(dir.path, { settle_time: 0.2 });
    const chunk = new Uint8Array(300_000).fill(0x61);
    {
      using file = await Deno.open(`${dir.path}/slow`, { write: true, create: true });
      for (let i = 0; i < 3; i++) {
        await file.write(chunk);
        // That this one has come says that the other one could have.
        await Deno.writeTextFile(`${dir.path}/quick${i}`, "q");
        await run.untilItems(i + 1);
      }
    }
    await run.untilItems(4);
    assert.deepEqual(run.items.map((item) => item.split("/").at(-1)?.length), [8, 8, 8, 900_005]);
  },
});

Deno.test("new content under the same name is brought again", async () => {
  await using dir = new TestFolder();
  await using other = new TestFolder({ a: "2" });
  await using run = await Run.start(dir.path);
  await Deno.writeTextFile(`${dir.path}/a`, "1");
  await run.untilItems(1);
  await Deno.rename(`${other.path}/a`, `${dir.path}/a`);
  await run.untilItems(2);
  await Deno.writeTextFile(`${dir.path}/a`, "3");
  await run.untilItems(3);
  assert.deepEqual(run.items, ["1", "2", "3"].map((text) => `${dir.path}/a=${text}`));
});

Deno.test("five hundred files at once come once each", async () => {
  await using dir = new TestFolder();
  await using run = await Run.start(dir.path);
  const expected: string[] = [];
  for (let i = 0; i < 500; i++) {
    Deno.writeTextFileSync(`${dir.path}/${i}`, `${i}`);
    expected.push(`${dir.path}/${i}=${i}`);
  }
  await run.untilItems(500);
  await Deno.writeTextFile(`${dir.path}/last`, "");
  await run.untilItems(501);
  assert.deepEqual(run.items.sort(), [...expected, `${dir.path}/last=`].sort());
});

Deno.test("with recursive, files in directories that are made, moved in or filled later are brought", async () => {
  await using dir = new TestFolder({ "sub/old": "0" });
  await using other = new TestFolder({ "moved/deep/b": "2" });
  await using run = await Run.start(dir.path, { recursive: true });
  await Deno.mkdir(`${dir.path}/made/deep`, { recursive: true });
  await Deno.writeTextFile(`${dir.path}/made/deep/a`, "1");
  await Deno.rename(`${other.path}/moved`, `${dir.path}/moved`);
  await run.untilItems(2);
  await Deno.writeTextFile(`${dir.path}/sub/c`, "3");
  await Deno.writeTextFile(`${dir.path}/moved/deep/d`, "4");
  await run.untilItems(4);
  assert.deepEqual(
    run.items.sort(),
    ["made/deep/a=1", "moved/deep/b=2", "moved/deep/d=4", "sub/c=3"].map((item) => `${dir.path}/${item}`),
  );
});

Deno.test("links are not followed, and what is left out is logged without ending the run", async () => {
  await using dir = new TestFolder({ "in/x": "0", secret: "s" });
  await using run = await Run.start(`${dir.path}/in`, { recursive: true });
  await Deno.symlink("../secret", `${dir.path}/in/leak`);
  await Deno.rename(`${dir.path}/in/x`, `${dir.path}/in/moved`);
  // Links have no events of their own: this makes it look.
  await Deno.mkdir(`${dir.path}/in/sub`);
  await run.until(() => run.log.some((line) => line.startsWith("warning")));
  await Deno.writeTextFile(`${dir.path}/in/a`, "1");
  await run.untilItems(1);
  assert.deepEqual(run.items, [`${dir.path}/in/a=1`]);
  assert.deepEqual(run.log.slice(1), [`warning skipped "${dir.path}/in/leak": it is a link`]);
});

Deno.test("source_dir may be relative, or a link, or end with a separator", async () => {
  await using dir = new TestFolder({ "real/old": "0" });
  await Deno.symlink("real", `${dir.path}/link`);
  for (
    const [given, shown] of [
      [relative(Deno.cwd(), `${dir.path}/real`), `${dir.path}/real`],
      [`${dir.path}/link`, `${dir.path}/link`],
    ] as const
  ) {
    await using run = await Run.start(given);
    await Deno.writeTextFile(`${dir.path}/real/a`, given);
    await run.untilItems(1);
    assert.deepEqual(run.items, [`${shown}/a=${given}`]);
  }
  await using _ = await openPlugin("dirmon", { options: { source_dir: `${dir.path}/real//` } });
});

Deno.test("a source_dir that is removed ends the run with an error", async () => {
  const dir = new TestFolder({ "in/a": "1" });
  const run = await Run.start(`${dir.path}/in`);
  await dir[Symbol.asyncDispose]();
  await assert.rejects(run.untilItems(1), (error: Error) => {
    assert.match(error.message, /Cannot read source_dir ".*\/in": no such file or directory$/);
    return true;
  });
  await assert.rejects(run[Symbol.asyncDispose]());
});

Deno.test("options that cannot be are refused in one line", async () => {
  await using dir = new TestFolder({ file: "1" });
  for (
    const [options, message] of [
      [{ source_dir: `${dir.path}/no` }, `"${dir.path}/no": no such file or directory`],
      [{ source_dir: `${dir.path}/file` }, `"${dir.path}/file": it must be the path of a directory`],
      [{ source_dir: `${dir.path},/tmp` }, "is 2 paths: it must be one, without a comma"],
      [{ source_dir: dir.path, settle_time: 0 }, "is 0: it must be a number of seconds from 0.01 to 86400"],
    ] as const
  ) {
    await assert.rejects(openPlugin("dirmon", { options }), (error: Error) => {
      assert.ok(error.message.endsWith(message), error.message);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  }
  await using unset = await openPlugin("dirmon");
  await assert.rejects(
    unset.ingest()[Symbol.asyncIterator]().next(),
    /"source_dir" of plugin "dirmon" is not set: it must be the path of a directory$/,
  );
});
