import assert from "node:assert/strict";
import { MAX_FILE_BYTES } from "./read.ts";
import { sourceFiles } from "./source.ts";
import { replaced, TestFolder } from "./test_folder.ts";

/** Names of the files that are read, and the log. */
async function walk(source: string, recursive: boolean): Promise<{ names: string[]; log: string[] }> {
  const names: string[] = [];
  const log: string[] = [];
  const write = (message: string) => void log.push(message);
  for await (const { name } of sourceFiles(source, { recursive, log: { info: write, warning: write } })) {
    names.push(name);
  }
  return { names, log };
}

Deno.test("a file that may not be read is logged and left out", async () => {
  await using dir = new TestFolder({ a: "1", b: "2", c: "3" });
  const open = Deno.openSync;
  using _ = replaced("openSync", (path: string) => {
    if (!path.endsWith("/b")) return open(path);
    throw new Deno.errors.PermissionDenied("Permission denied (os error 13): open '/x'");
  });
  const { names, log } = await walk(dir.path, false);
  assert.deepEqual(names, ["a", "c"]);
  assert.match(log.join(), /^skipped ".*\/b": permission denied/i);
});

Deno.test("a directory that may not be read is logged and left out, unless it is source_dir", async () => {
  await using dir = new TestFolder({ "a/1": "1", "b/2": "2" });
  const readDir = Deno.readDir;
  using _ = replaced("readDir", (path: string) => {
    if (!path.endsWith("/a")) return readDir(path);
    throw new Deno.errors.PermissionDenied("Permission denied (os error 13): readdir '/x'");
  });
  const { names, log } = await walk(dir.path, true);
  assert.deepEqual(names, ["2"]);
  assert.match(log.join(), /^skipped directory ".*\/a": permission denied/i);
  await assert.rejects(walk(`${dir.path}/a`, true), /Cannot read source_dir ".*\/a": permission denied/i);
});

Deno.test("a file that another takes the place of meanwhile is not read", async () => {
  await using dir = new TestFolder({ "in/a": "1", "in/b": "2", secret: "s" });
  const open = Deno.openSync;
  using _ = replaced("openSync", (path: string) => {
    if (path.endsWith("/a")) {
      Deno.removeSync(path);
      Deno.symlinkSync(`${dir.path}/secret`, path);
    }
    return open(path);
  });
  const { names, log } = await walk(`${dir.path}/in`, false);
  assert.deepEqual(names, ["b"]);
  assert.match(log.join(), /in\/a": it was replaced while it was read/);
});

Deno.test("a file larger than the limit is logged and left out", async () => {
  await using dir = new TestFolder({ large: "", small: "1" });
  await Deno.truncate(`${dir.path}/large`, MAX_FILE_BYTES + 1);
  const { names, log } = await walk(dir.path, false);
  assert.deepEqual(names, ["small"]);
  assert.match(log.join(), /large": it has 1073741825 bytes, the limit is 1073741824/);
});

Deno.test({
  name: "a file whose size is not known before is read to its end",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const log = { info: assert.fail, warning: assert.fail };
    const [file] = await Array.fromAsync(sourceFiles("/proc/cpuinfo", { recursive: false, log }));
    assert.ok(file!.content.length > 100);
  },
});

Deno.test("deeply nested directories are read", async () => {
  await using dir = new TestFolder({ [`${"d/".repeat(200)}x`]: "1" });
  assert.deepEqual(await walk(dir.path, true), { names: ["x"], log: [] });
});
