import assert from "node:assert/strict";
import { compare, makeFolder, write, writeNew } from "./store.ts";
import { failure } from "./failure.ts";
import { replaced, TestFolder } from "./test_folder.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const full = () =>
  Object.assign(new Error("No space left on device (os error 28): writefile '/x'"), { code: "ENOSPC" });

Deno.test("a full disk leaves nothing half-written and what was there before", async () => {
  await using dir = new TestFolder({ old: "before" });
  const writeFile = Deno.writeFile;
  using _ = replaced("writeFile", async (path: string, content: Uint8Array, options: Deno.WriteFileOptions) => {
    await writeFile(path, content.subarray(0, 2), options);
    throw full();
  });
  await assert.rejects(write(dir.path, "old", bytes("after")), /No space left/);
  await assert.rejects(writeNew(dir.path, "new", bytes("after")), /No space left/);
  assert.deepEqual(dir.files(), ["old"]);
  assert.equal(dir.read("old"), "before");
});

Deno.test("a file that cannot be renamed leaves nothing", async () => {
  await using dir = new TestFolder();
  using _ = replaced("rename", () => Promise.reject(full()));
  await assert.rejects(write(dir.path, "a", bytes("x")), /No space left/);
  await assert.rejects(writeNew(dir.path, "a", bytes("x")), /No space left/);
  assert.deepEqual(dir.files(), []);
});

Deno.test("a name that someone else takes meanwhile is not overwritten", async () => {
  await using dir = new TestFolder({ taken: "theirs" });
  assert.equal(await writeNew(dir.path, "taken", bytes("ours")), false);
  assert.equal(await writeNew(dir.path, "free", bytes("ours")), true);
  assert.deepEqual(dir.files(), ["free", "taken"]);
  assert.equal(dir.read("taken"), "theirs");
  assert.equal(dir.read("free"), "ours");
});

Deno.test("of many that write under one name exactly one gets it, whole", async () => {
  await using dir = new TestFolder();
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, i) => writeNew(dir.path, "name", bytes(String(i % 10).repeat(1000)))),
  );
  assert.equal(outcomes.filter((won) => won).length, 1);
  assert.deepEqual(dir.files(), ["name"]);
  assert.match(dir.read("name"), /^(\d)\1{999}$/);
});

Deno.test("files are compared by their bytes, and nothing but a file is the same", async () => {
  await using dir = new TestFolder({ a: "x".repeat(100_000), "d/e": "" });
  await Deno.symlink(`${dir.path}/a`, `${dir.path}/link`);
  const content = bytes("x".repeat(100_000));
  assert.equal(await compare(`${dir.path}/a`, content), "same");
  assert.equal(await compare(`${dir.path}/d/e`, bytes("")), "same");
  assert.equal(await compare(`${dir.path}/none`, content), "missing");
  assert.equal(await compare(`${dir.path}/d`, content), "different");
  assert.equal(await compare(`${dir.path}/link`, content), "different");
  content[99_999] = 0;
  assert.equal(await compare(`${dir.path}/a`, content), "different");
});

Deno.test("a link inside that leads out of the directory is not followed", async () => {
  await using dir = new TestFolder({ "other/x": "" });
  await Deno.mkdir(`${dir.path}/root`);
  await Deno.symlink(`${dir.path}/other`, `${dir.path}/root/a`);
  await assert.rejects(makeFolder(`${dir.path}/root`, "a"), /its real path ".*\/other" is not in ".*\/root"/);
});

Deno.test("a failure is one line that names what and why; what the sandbox refused stays as it is", () => {
  const { message } = failure(`Cannot save "/x/y"`, full());
  assert.equal(message, `Cannot save "/x/y": no space left on device`);
  const denied = new Deno.errors.NotCapable(`Requires read access to "/x"`);
  assert.equal(failure("Cannot load", denied), denied);
});
