import assert from "node:assert/strict";
import fc from "fast-check";
import { Folder, type FolderSetup, MAX_FILE_BYTES } from "./folder.ts";
import { TestFolder } from "./test_folder.ts";
import { WRITER_PATIENCE } from "./waiting.ts";

const SETTLE = 1000;
const signal = new AbortController().signal;
const textOf = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

/** A folder whose clock is set by the test. */
class Watched {
  readonly dir: TestFolder;
  readonly folder: Folder;
  readonly log: string[] = [];
  #now = 0;

  constructor(dir: TestFolder, setup: Partial<FolderSetup> = {}) {
    this.dir = dir;
    const line = (level: string) => (message: string) =>
      void this.log.push(`${level} ${message.replaceAll(dir.path, "DIR")}`);
    this.folder = new Folder({
      root: dir.path,
      recursive: false,
      existing: true,
      settleTime: SETTLE,
      closingIsTold: true,
      log: { debug: line("debug"), info: line("info"), warning: line("warning") },
      now: () => this.#now,
      ...setup,
    });
  }

  async look(): Promise<void> {
    await this.folder.look(signal);
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds;
  }

  /** Takes what is complete, as `path=text`. */
  async taken(): Promise<string[]> {
    const taken: string[] = [];
    for (const path of this.folder.settled()) {
      const text = textOf(await this.folder.take(path));
      if (text !== undefined) taken.push(`${path}=${text}`);
    }
    return taken;
  }
}

Deno.test("a file is taken when it has been left alone for the settle time, and once", async () => {
  await using dir = new TestFolder({ a: "1" });
  const watched = new Watched(dir);
  await watched.look();
  assert.equal(watched.folder.untilSettled(), SETTLE);
  watched.pass(SETTLE - 1);
  assert.deepEqual(await watched.taken(), []);
  watched.pass(1);
  assert.deepEqual(await watched.taken(), ["a=1"]);
  await watched.look();
  watched.folder.observe("a", "written");
  watched.pass(SETTLE);
  assert.deepEqual(await watched.taken(), []);
  assert.equal(watched.folder.untilSettled(), Infinity);
});

Deno.test("whatever changes a file makes it wait again", async () => {
  await using dir = new TestFolder({ a: "1" });
  const watched = new Watched(dir, { closingIsTold: false });
  await watched.look();
  watched.pass(SETTLE - 1);
  dir.append("a", "2");
  await watched.look();
  watched.pass(SETTLE - 1);
  watched.folder.observe("a", "written");
  watched.pass(SETTLE - 1);
  assert.deepEqual(await watched.taken(), []);
  dir.append("a", "3");
  watched.pass(1);
  assert.deepEqual(await watched.taken(), [], "nobody has seen that change yet");
  watched.pass(SETTLE);
  assert.deepEqual(await watched.taken(), ["a=123"]);
});

Deno.test("a file that somebody has open for writing waits until it is closed", async () => {
  await using dir = new TestFolder();
  const watched = new Watched(dir);
  await watched.look();
  dir.append("a", "");
  watched.folder.observe("a", "created");
  watched.pass(2 * SETTLE);
  dir.append("a", "1");
  watched.folder.observe("a", "written");
  watched.pass((WRITER_PATIENCE - 1) * SETTLE);
  assert.deepEqual(await watched.taken(), []);
  dir.append("a", "2");
  watched.folder.observe("a", "written");
  watched.folder.observe("a", "closed");
  watched.pass(SETTLE);
  assert.deepEqual(await watched.taken(), ["a=12"]);
});

Deno.test("when the news of the closing got lost, a file is taken all the same", async () => {
  await using dir = new TestFolder({ a: "1", b: "2" });
  const watched = new Watched(dir);
  await watched.look();
  watched.folder.observe("a", "written");
  watched.pass(SETTLE);
  assert.deepEqual(await watched.taken(), ["b=2"]);
  watched.pass((WRITER_PATIENCE - 1) * SETTLE);
  assert.deepEqual(await watched.taken(), ["a=1"]);

  dir.append("a", "!");
  watched.folder.observe("a", "written");
  watched.folder.lostTrack();
  assert.ok(watched.folder.untilLook(Infinity) <= 0);
  watched.pass(SETTLE);
  assert.deepEqual(await watched.taken(), ["a=1!"]);
});

Deno.test("a change of mode or time after the closing, or after a move, is not taken for writing", async () => {
  await using dir = new TestFolder({ copied: "1", moved: "2" });
  const watched = new Watched(dir);
  watched.folder.observe("copied", "created");
  watched.folder.observe("copied", "closed");
  watched.folder.observe("moved", "moved");
  for (const name of ["copied", "moved"]) {
    Deno.utimeSync(`${dir.path}/${name}`, 1, 1);
    watched.folder.observe(name, "written");
  }
  watched.pass(SETTLE);
  assert.deepEqual(await watched.taken(), ["copied=1", "moved=2"]);
});

Deno.test("what was there before is left out, unless it changes", async () => {
  await using dir = new TestFolder({ old: "1", growing: "2" });
  await Deno.symlink("old", `${dir.path}/link`);
  const watched = new Watched(dir, { existing: false });
  await watched.look();
  dir.append("growing", "3");
  dir.append("new", "4");
  await watched.look();
  watched.pass(SETTLE);
  assert.deepEqual(await watched.taken(), ["growing=23", "new=4"]);
  assert.deepEqual(watched.log, [`debug skipped "DIR/link": it is a link`]);
});

Deno.test("new content under the same name is taken again, also with the old size and time", async () => {
  await using dir = new TestFolder({ a: "1" });
  const watched = new Watched(dir);
  const changed = async () => {
    await watched.look();
    watched.pass(SETTLE);
    return await watched.taken();
  };
  Deno.utimeSync(`${dir.path}/a`, 1, 1);
  assert.deepEqual(await changed(), ["a=1"]);
  Deno.writeTextFileSync(`${dir.path}/a`, "2");
  assert.deepEqual(await changed(), ["a=2"]);
  await using other = new TestFolder({ a: "3" });
  Deno.utimeSync(`${other.path}/a`, 1, 1);
  Deno.renameSync(`${other.path}/a`, `${dir.path}/a`);
  assert.deepEqual(await changed(), ["a=3"]);
  Deno.removeSync(`${dir.path}/a`);
  assert.deepEqual(await changed(), []);
  Deno.writeTextFileSync(`${dir.path}/a`, "4");
  assert.deepEqual(await changed(), ["a=4"]);
});

Deno.test("a file that was taken and gets another name is not taken again, one that was not is", async () => {
  await using dir = new TestFolder({ taken: "1" });
  const watched = new Watched(dir);
  await watched.look();
  watched.pass(SETTLE);
  assert.deepEqual(await watched.taken(), ["taken=1"]);
  dir.append("waiting", "2");
  watched.folder.observe("waiting", "created");
  for (const name of ["taken", "waiting"]) {
    Deno.renameSync(`${dir.path}/${name}`, `${dir.path}/${name}2`);
    // As inotify reports it.
    watched.folder.observe(name);
    watched.folder.observe(`${name}2`, "moved");
    watched.folder.renamed(name, `${name}2`);
  }
  await watched.look();
  watched.pass(SETTLE);
  assert.deepEqual(await watched.taken(), ["waiting2=2"]);
  assert.deepEqual(watched.log, [`debug skipped "DIR/waiting": it went before it was taken`]);
});

Deno.test("a file that goes when it is about to be taken is logged", async () => {
  await using dir = new TestFolder({ a: "1" });
  const watched = new Watched(dir);
  await watched.look();
  watched.pass(SETTLE);
  Deno.removeSync(`${dir.path}/a`);
  assert.deepEqual(await watched.taken(), []);
  assert.deepEqual(watched.log, [`info skipped "DIR/a": it went before it was taken`]);
});

Deno.test("a file that cannot be read is tried again, logged once, and tried when it has changed", async () => {
  await using dir = new TestFolder({ a: "1" });
  const watched = new Watched(dir);
  let readable = false;
  using _ = replaced("readFile", (path: string) => {
    return readable ? Deno.readTextFile(path).then((text) => new TextEncoder().encode(text)) : denied();
  });
  await watched.look();
  for (let tries = 0; tries < 5; tries++) {
    watched.pass(SETTLE);
    assert.deepEqual(await watched.taken(), []);
    await watched.look();
  }
  assert.deepEqual(watched.log, [`warning skipped "DIR/a": permission denied`]);
  readable = true;
  Deno.utimeSync(`${dir.path}/a`, 1, 1);
  await watched.look();
  watched.pass(SETTLE);
  assert.deepEqual(await watched.taken(), ["a=1"]);
});

Deno.test("a file that is too large is logged and not read", async () => {
  await using dir = new TestFolder({ large: "" });
  Deno.truncateSync(`${dir.path}/large`, MAX_FILE_BYTES + 1);
  const watched = new Watched(dir);
  await watched.look();
  watched.pass(SETTLE);
  assert.deepEqual(await watched.taken(), []);
  assert.deepEqual(watched.log, [`warning skipped "DIR/large": it has 1073741825 bytes, the limit is 1073741824`]);
});

Deno.test("a file that changes while it is read is not taken half", async () => {
  await using dir = new TestFolder({ a: "1" });
  const watched = new Watched(dir);
  await watched.look();
  watched.pass(SETTLE);
  {
    const readFile = Deno.readFile;
    using _ = replaced("readFile", async (path: string) => {
      const content = await readFile(path);
      dir.append("a", "2");
      return content;
    });
    assert.deepEqual(await watched.taken(), []);
  }
  assert.deepEqual(await watched.taken(), []);
  watched.pass(SETTLE);
  assert.deepEqual(await watched.taken(), ["a=12"]);
  assert.deepEqual(watched.log, []);
});

Deno.test("directories are seen with recursive only, sorted, and links are never followed", async () => {
  await using dir = new TestFolder({ "in/b": "1", "in/sub/deep/c": "2", "in/sub/d": "3", "out/secret": "s" });
  for (const [link, target] of [["leak", "../out/secret"], ["up", "../out"], ["gone", "nowhere"], ["same", "b"]]) {
    Deno.symlinkSync(target!, `${dir.path}/in/${link}`);
  }
  for (const recursive of [false, true]) {
    const watched = new Watched(dir, { root: `${dir.path}/in`, recursive });
    await watched.look();
    watched.folder.observe("sub", "created");
    assert.equal(watched.folder.untilLook(Infinity) <= 0, recursive, "a new directory may have files in it");
    await watched.look();
    watched.pass(SETTLE);
    assert.deepEqual(await watched.taken(), recursive ? ["b=1", "sub/d=3", "sub/deep/c=2"] : ["b=1"]);
    assert.deepEqual(
      watched.log,
      ["gone", "leak", "same", "up"].map((name) => `warning skipped "DIR/in/${name}": it is a link`),
    );
  }
});

Deno.test("a directory on the way to a file that became a link does not lead out", async () => {
  await using dir = new TestFolder({ "in/sub/a": "1", "out/a": "s" });
  const watched = new Watched(dir, { root: `${dir.path}/in`, recursive: true });
  await watched.look();
  watched.pass(SETTLE);
  Deno.renameSync(`${dir.path}/in/sub`, `${dir.path}/in/other`);
  Deno.symlinkSync("../out", `${dir.path}/in/sub`);
  for (let tries = 0; tries < 5; tries++) {
    assert.deepEqual(await watched.taken(), []);
    watched.pass(SETTLE);
  }
  assert.deepEqual(watched.log, [`warning skipped "DIR/in/sub/a": its real path is "DIR/out/a"`]);
  await watched.look();
  watched.pass(SETTLE);
  assert.deepEqual(await watched.taken(), ["other/a=1"]);
});

Deno.test({
  name: "a pipe and a name that is not UTF-8 are logged once, and a name with signs is fine",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using dir = new TestFolder({ "a\\b\n\u{1f600}": "1" });
    const script = `mkfifo "$1/pipe"; printf x > "$1/$(printf 'n\\377')"`;
    await new Deno.Command("sh", { args: ["-c", script, "sh", dir.path] }).output();
    const watched = new Watched(dir);
    await watched.look();
    await watched.look();
    watched.pass(SETTLE);
    assert.deepEqual(await watched.taken(), ["a\\b\n\u{1f600}=1"]);
    assert.deepEqual(watched.log, [
      `warning skipped "DIR/n\ufffd": its name is not UTF-8`,
      `warning skipped "DIR/pipe": it is no regular file`,
    ]);
  },
});

Deno.test("looks take a tenth of the time at most", async () => {
  await using dir = new TestFolder({ a: "1" });
  let now = 0;
  const watched = new Watched(dir, { now: () => now += 10 });
  await watched.look();
  watched.folder.lostTrack();
  const wait = watched.folder.untilLook(0);
  assert.ok(wait > 0, String(wait));
});

/** One thing that happens in a directory or to its watcher. */
const step = fc.oneof(
  fc.record({ op: fc.constantFrom("append", "remove", "replace"), file: fc.nat(2), told: fc.boolean() }),
  fc.record({ op: fc.constant("rename"), file: fc.nat(2), to: fc.nat(2), told: fc.boolean() }),
  fc.record({ op: fc.constantFrom("look", "lost", "take") }),
  fc.record({ op: fc.constant("pass"), time: fc.constantFrom(SETTLE / 2, SETTLE, SETTLE * WRITER_PATIENCE) }),
);

Deno.test("whatever happens and whatever report gets lost, each file's last content is taken, nothing twice in a row", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      await using dir = new TestFolder();
      const watched = new Watched(dir);
      /** What was taken last, by name; no content is written twice. */
      const last = new Map<string, string>();
      const all: string[] = [];
      let written = 0;
      // Each with a time of its own: those of the file system are not finer than some milliseconds.
      const write = (name: string) => {
        dir.append(name, `${++written},`);
        Deno.utimeSync(`${dir.path}/${name}`, written, written);
      };
      const take = async () => {
        for (const entry of await watched.taken()) {
          const [path = "", text = ""] = entry.split("=");
          last.set(path, text);
          all.push(entry);
        }
      };
      for (const step of steps) {
        if (step.op === "look") await watched.look();
        else if (step.op === "lost") watched.folder.lostTrack();
        else if (step.op === "take") await take();
        else if ("time" in step) watched.pass(step.time);
        else if ("file" in step) {
          const path = `${dir.path}/${step.file}`;
          const exists = dir.files().includes(String(step.file));
          if (step.op === "append") {
            write(String(step.file));
            if (step.told) {
              watched.folder.observe(String(step.file), exists ? "written" : "created");
            }
          } else if (step.op === "remove" && exists) {
            Deno.removeSync(path);
            if (step.told) watched.folder.observe(String(step.file));
          } else if (step.op === "replace") {
            write(".new");
            Deno.renameSync(`${dir.path}/.new`, path);
            if (step.told) watched.folder.observe(String(step.file), "moved");
          } else if ("to" in step && exists && step.to !== step.file) {
            Deno.renameSync(path, `${dir.path}/${step.to}`);
            const moved = last.get(String(step.file));
            if (moved !== undefined) last.set(String(step.to), moved);
            last.delete(String(step.file));
            if (step.told) {
              watched.folder.observe(String(step.file));
              watched.folder.observe(String(step.to), "moved");
              watched.folder.renamed(String(step.file), String(step.to));
            }
          }
        }
      }
      await watched.look();
      watched.pass(SETTLE * WRITER_PATIENCE);
      await take();
      for (const name of dir.files()) assert.equal(last.get(name), dir.read(name), name);
      assert.equal(new Set(all).size, all.length, all.join(" "));
      watched.pass(SETTLE * WRITER_PATIENCE);
      await watched.look();
      watched.pass(SETTLE * WRITER_PATIENCE);
      assert.deepEqual(await watched.taken(), []);
    }),
    { numRuns: 200 },
  );
});

/** Puts something else in the place of a function of Deno, until disposed. */
function replaced(name: "readFile", other: unknown): Disposable {
  const own = Reflect.get(Deno, name);
  Reflect.set(Deno, name, other);
  return { [Symbol.dispose]: () => void Reflect.set(Deno, name, own) };
}

function denied(): Promise<never> {
  return Promise.reject(new Deno.errors.PermissionDenied("Permission denied (os error 13): readfile 'a'"));
}
