import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { relative } from "node:path";
import fc from "fast-check";
import { openPlugin, type PluginSetup } from "../../testing.ts";
import { brought, emptyResponse, TestFolder } from "./test_folder.ts";

const SCAN_ID = "1f168f68-1c19-46f9-9427-585345a6fe24";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const textOf = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const open = (options: Record<string, unknown>, log?: PluginSetup["log"]) =>
  openPlugin("filedir", { options, ...(log && { log }) });

Deno.test("every file of the directory is brought once, sorted by name, with where it is from", async () => {
  await using dir = new TestFolder({ "b.txt": "2", "a.txt": "1", "C.txt": "3", "empty": "", "sub/d.txt": "4" });
  await using filedir = await open({ source_dir: dir.path });
  const items = await Array.fromAsync(filedir.ingest());
  assert.deepEqual(items.map(({ payload }) => payload?.payloadMeta?.extraData), [
    { filename: "C.txt", source_dir: dir.path },
    { filename: "a.txt", source_dir: dir.path },
    { filename: "b.txt", source_dir: dir.path },
    { filename: "empty", source_dir: dir.path },
  ]);
  assert.deepEqual(items.map(({ payload }) => textOf(payload?.content)), ["3", "1", "2", ""]);
});

Deno.test("with recursive the directories in it follow, and hidden files too, but no file that is being saved", async () => {
  await using dir = new TestFolder({ "z": "1", ".hidden": "2", "b/x": "4", "a/y/deep": "5", "a/x": "3" });
  await Deno.writeTextFile(`${dir.path}/a/.stoq-${SCAN_ID}.part`, "a result that is being written");
  await using filedir = await open({ source_dir: `${dir.path}/`, recursive: true });
  const items = await Array.fromAsync(filedir.ingest());
  assert.deepEqual(
    items.map(({ payload }) => Object.values(payload?.payloadMeta?.extraData ?? {})),
    [
      [".hidden", dir.path],
      ["z", dir.path],
      ["x", `${dir.path}/a`],
      ["deep", `${dir.path}/a/y`],
      ["x", `${dir.path}/b`],
    ],
  );
});

Deno.test("without recursive hidden files are left out, and the log says so", async () => {
  await using dir = new TestFolder({ ".hidden": "1", "seen": "2" });
  const log: string[] = [];
  await using filedir = await open({ source_dir: dir.path }, (level, message) => log.push(`${level} ${message}`));
  assert.deepEqual(await brought(filedir.ingest()), [["seen", "2"]]);
  assert.deepEqual(log, [`info skipped 1 of "${dir.path}" whose names begin with ".": recursive = true reads them`]);
});

Deno.test("source_dir may be one file, and a relative path", async () => {
  await using dir = new TestFolder({ "in/bad.exe": "MZ" });
  const path = relative(Deno.cwd(), `${dir.path}/in/bad.exe`);
  await using filedir = await open({ source_dir: path });
  const [item, ...others] = await Array.fromAsync(filedir.ingest());
  assert.equal(textOf(item?.payload?.content), "MZ");
  assert.deepEqual(item?.payload?.payloadMeta?.extraData, {
    filename: "bad.exe",
    source_dir: path.slice(0, -"/bad.exe".length),
  });
  assert.deepEqual(others, []);
});

Deno.test("links are followed within source_dir, not out of it, and never to directories", async () => {
  await using dir = new TestFolder({ "in/a": "1", "in/sub/b": "2", "out/secret": "s" });
  for (
    const [link, target] of [["in/ok", "sub/b"], ["in/leak", "../out/secret"], ["in/up", ".."], ["in/loop", "loop"]]
  ) {
    await Deno.symlink(target!, `${dir.path}/${link}`);
  }
  const log: string[] = [];
  await using filedir = await open(
    { source_dir: `${dir.path}/in`, recursive: true },
    (level, message) => log.push(`${level} ${message}`),
  );
  assert.deepEqual(await brought(filedir.ingest()), [["a", "1"], ["ok", "2"], ["b", "2"]]);
  assert.equal(log.length, 3);
  assert.equal(
    log[0],
    `warning skipped "${dir.path}/in/leak": its real path "${dir.path}/out/secret" is not in "${dir.path}/in"`,
  );
  assert.match(log[1]!, /in\/loop": too many levels of symbolic links/);
  assert.match(log[2]!, /in\/up": its real path/);
});

Deno.test("directories that are themselves links work, and don't let a link out either", async () => {
  await using dir = new TestFolder({ "real/a": "1", secret: "s" });
  await Deno.symlink("real", `${dir.path}/link`);
  await Deno.symlink("../secret", `${dir.path}/real/leak`);
  const path = `${dir.path}/link`;
  await using filedir = await open({ source_dir: path, results_dir: path, archive_dir: path, use_sha: false });
  assert.deepEqual(await brought(filedir.ingest()), [["a", "1"]]);
  await filedir.save(emptyResponse());
  const archive = async (content: string) =>
    (await filedir.archive(content, { payloadMeta: { extraData: { filename: "a" } } })).results ?? {};
  assert.deepEqual(await archive("1"), { path: `${path}/a` });
  const results = await archive("2");
  assert.deepEqual(results, { path: `${path}/a.${sha256("2")}` });
  assert.equal(textOf((await filedir.get({ results }))?.content), "2");
  assert.deepEqual(dir.files("real/").length, 4);
});

Deno.test("a file that vanishes meanwhile is logged, and the others are brought", async () => {
  await using dir = new TestFolder({ a: "1", b: "2", c: "3" });
  const log: string[] = [];
  await using filedir = await open({ source_dir: dir.path }, (level, message) => log.push(`${level} ${message}`));
  const items = filedir.ingest()[Symbol.asyncIterator]();
  await items.next();
  await Deno.remove(`${dir.path}/b`);
  const { value } = await items.next();
  assert.equal(value.payload.payloadMeta.extraData.filename, "c");
  assert.equal((await items.next()).done, true);
  assert.deepEqual(log, [`warning skipped "${dir.path}/b": no such file or directory`]);
});

Deno.test({
  name: "a named pipe and a name that is not UTF-8 are logged and left out",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using dir = new TestFolder({ a: "1" });
    await new Deno.Command("sh", {
      args: ["-c", `mkfifo pipe; printf x > "$(printf 'bad\\377name')"`],
      cwd: dir.path,
    }).output();
    const log: string[] = [];
    await using filedir = await open({ source_dir: dir.path }, (_, message) => log.push(message));
    assert.deepEqual(await brought(filedir.ingest()), [["a", "1"]]);
    assert.deepEqual(log, [
      `skipped "${dir.path}/bad\ufffdname": its name is not UTF-8`,
      `skipped "${dir.path}/pipe": it is not a regular file`,
    ]);
  },
});

Deno.test("a source_dir that is missing, or not set, ends with one line that says so", async () => {
  await using dir = new TestFolder();
  await using missing = await open({ source_dir: `${dir.path}/none` });
  await assert.rejects(brought(missing.ingest()), {
    message: `Error: Cannot read source_dir "${dir.path}/none": no such file or directory`,
  });
  await using unset = await open({});
  await assert.rejects(
    brought(unset.ingest()),
    /Option "source_dir" of plugin "filedir" is not set: it must be a path/,
  );
});

Deno.test("a result is one line in a file named by its scan_id", async () => {
  await using dir = new TestFolder();
  await using filedir = await open({ results_dir: `${dir.path}/new/results` });
  await filedir.save(emptyResponse());
  assert.deepEqual(dir.files(), [`new/results/${SCAN_ID}`]);
  assert.equal(
    dir.read(`new/results/${SCAN_ID}`),
    '{"time":"2026-11-24T23:59:59.000Z","results":[],"request_meta":{"archive_payloads":true,"source":null,' +
      `"extra_data":{}},"errors":{},"decorators":{},"scan_id":"${SCAN_ID}"}\n`,
  );
});

Deno.test("without compactly a result is indented, with date_mode it is in a directory by its date", async () => {
  await using dir = new TestFolder();
  await using filedir = await open({ results_dir: dir.path, compactly: false, date_mode: true, date_format: "%Y/%j" });
  await filedir.save(emptyResponse());
  assert.deepEqual(dir.files(), [`2026/328/${SCAN_ID}`]);
  assert.match(dir.read(`2026/328/${SCAN_ID}`), /^\{\n {4}"time": "2026-11-24T23:59:59.000Z",\n[^]*\}\n$/);
});

Deno.test("a result saved again is left alone, another of the same scan_id is not overwritten", async () => {
  await using dir = new TestFolder();
  await using filedir = await open({ results_dir: dir.path });
  await filedir.save(emptyResponse());
  await filedir.save(emptyResponse());
  await assert.rejects(filedir.save(emptyResponse({ decorators: { x: 1 } })), {
    message: `Error: Cannot save result "${dir.path}/${SCAN_ID}": there is another of that name: move it away`,
  });
  assert.deepEqual(dir.files(), [SCAN_ID]);
  assert.match(dir.read(SCAN_ID), /"decorators":\{\}/);
});

Deno.test("a scan_id with a path in it stays in results_dir", async () => {
  await using dir = new TestFolder();
  await using filedir = await open({ results_dir: `${dir.path}/results` });
  await filedir.save(emptyResponse({ scanId: "../../etc/x" }));
  assert.deepEqual(dir.files(), ["results/x"]);
  await assert.rejects(filedir.save(emptyResponse({ scanId: ".." })), /its scan_id ".." is no file name/);
});

Deno.test("a results_dir that cannot be made is named with the reason", async () => {
  await using dir = new TestFolder({ file: "x" });
  await using filedir = await open({ results_dir: `${dir.path}/file/results` });
  await assert.rejects(filedir.save(emptyResponse()), {
    message: `Error: Cannot save result "${dir.path}/file/results/${SCAN_ID}": not a directory`,
  });
});

Deno.test("a format of dates that is not known makes the plugin unusable", async () => {
  await assert.rejects(open({ date_mode: true, date_format: "%Q" }), /Option "date_format" is "%Q": "%Q" is not known/);
});

Deno.test("a payload is archived by its SHA-256 under the first five characters, and loaded again", async () => {
  await using dir = new TestFolder();
  await using filedir = await open({ archive_dir: `${dir.path}/archive` });
  const hash = sha256("data");
  const path = `${dir.path}/archive/${[...hash.slice(0, 5)].join("/")}/${hash}`;
  for (let twice = 0; twice < 2; twice++) {
    assert.deepEqual(await filedir.archive("data"), { results: { path }, errors: [] });
  }
  assert.deepEqual(dir.files().length, 1);
  const payload = await filedir.get({ results: { path } });
  assert.equal(textOf(payload?.content), "data");
  assert.deepEqual(payload?.payloadMeta?.extraData, { path });
});

Deno.test("an archived file that is not what its SHA-256 says is replaced", async () => {
  await using dir = new TestFolder();
  const log: string[] = [];
  await using filedir = await open({ archive_dir: dir.path }, (level, message) => log.push(`${level} ${message}`));
  const { results } = await filedir.archive("data");
  const path = String(results?.["path"]);
  await Deno.writeTextFile(path, "da");
  await filedir.archive("data");
  assert.equal(await Deno.readTextFile(path), "data");
  assert.deepEqual(log, [`warning replaced "${path}": it was not what its name says`]);
});

Deno.test("without use_sha payloads keep their names, and none overwrites another", async () => {
  await using dir = new TestFolder();
  await using filedir = await open({ archive_dir: dir.path, use_sha: false });
  const archive = async (content: string, filename: unknown) => {
    const { results } = await filedir.archive(content, { payloadMeta: { extraData: { filename } } });
    return String(results?.["path"]).slice(dir.path.length + 1);
  };
  assert.equal(await archive("one", "bad.exe"), "bad.exe");
  assert.equal(await archive("one", "bad.exe"), "bad.exe");
  assert.equal(await archive("two", "../bad.exe"), `bad.exe.${sha256("two")}`);
  assert.equal(await archive("two", "bad.exe"), `bad.exe.${sha256("two")}`);
  assert.equal(dir.read("bad.exe"), "one");
  // The name that "four" would get next is taken on purpose.
  assert.equal(await archive("three", `bad.exe.${sha256("four")}`), `bad.exe.${sha256("four")}`);
  assert.match(await archive("four", "bad.exe"), /^bad\.exe\.[0-9a-f-]{36}$/);
  assert.match(await archive("nameless", ["no", "text"]), /^[0-9a-f-]{36}$/);
  assert.deepEqual(dir.files().map((name) => dir.read(name)).sort(), ["four", "nameless", "one", "three", "two"]);
});

Deno.test("whatever name a payload claims, it is archived in archive_dir and comes back", async () => {
  await using dir = new TestFolder({ "archive/.keep": "" });
  await using filedir = await open({ archive_dir: `${dir.path}/archive`, use_sha: false });
  const part = fc.constantFrom("..", "/", "\\", "etc", ".", "\0", "con", " ", "é", "x".repeat(200));
  const filename = fc.oneof(fc.string({ unit: "binary" }), fc.array(part, { maxLength: 6 }).map((p) => p.join("")));
  await fc.assert(
    fc.asyncProperty(filename, fc.string(), async (name, content) => {
      const { results = {} } = await filedir.archive(content, { payloadMeta: { extraData: { filename: name } } });
      assert.equal(textOf((await filedir.get({ results }))?.content), content);
    }),
    { numRuns: 50 },
  );
  const { files, kept } = { files: dir.files(), kept: [...Deno.readDirSync(dir.path)].map(({ name }) => name) };
  assert.deepEqual(kept, ["archive"]);
  assert.ok(files.every((file) => /^archive\/[^/]+$/.test(file) && !file.endsWith(".part")));
});

Deno.test("with date_mode payloads archived by name are in a directory by date", async () => {
  await using dir = new TestFolder();
  await using filedir = await open({ archive_dir: dir.path, use_sha: false, date_mode: true });
  const days = [new Date().toISOString()];
  const { results } = await filedir.archive("x", { payloadMeta: { extraData: { filename: "a" } } });
  days.push(new Date().toISOString());
  assert.ok(days.some((day) => results?.["path"] === `${dir.path}/${day.slice(0, 10).replaceAll("-", "/")}/a`));
});

Deno.test("the path of a payload in a relative archive_dir is absolute", async () => {
  await using dir = new TestFolder();
  await using filedir = await open({ archive_dir: relative(Deno.cwd(), `${dir.path}/archive`), use_sha: false });
  const { results = {} } = await filedir.archive("x", { payloadMeta: { extraData: { filename: "a" } } });
  assert.deepEqual(results, { path: `${dir.path}/archive/a` });
  assert.equal(textOf((await filedir.get({ results }))?.content), "x");
});

Deno.test("the sandbox denies a get outside of archive_dir and source_dir", async () => {
  await using dir = new TestFolder({ "archive/a": "1", secret: "s" });
  await using filedir = await open({ archive_dir: `${dir.path}/archive` });
  for (const path of [`${dir.path}/secret`, `${dir.path}/archive/../secret`, "/etc/passwd"]) {
    await assert.rejects(filedir.get({ results: { path } }), (error: Error & { cause: { status: string } }) => {
      assert.equal(error.cause.status, "denied");
      assert.match(error.message, /Requires read access to "\/.*(secret|passwd)"/);
      return true;
    });
  }
});

Deno.test("get follows no link out, and reads neither results nor the plugin's own files", async () => {
  await using dir = new TestFolder({ "archive/a": "1", "results/r": "2", secret: "s" });
  await Deno.symlink(`${dir.path}/secret`, `${dir.path}/archive/link`);
  await using filedir = await open({ archive_dir: `${dir.path}/archive`, results_dir: `${dir.path}/results` });
  for (
    const path of [`${dir.path}/archive/link`, `${dir.path}/results/r`, new URL("./read.ts", import.meta.url).pathname]
  ) {
    await assert.rejects(filedir.get({ results: { path } }), (error: Error) => {
      assert.ok(error.message.startsWith(`Error: Cannot load "${path}": its real path "`), error.message);
      assert.ok(error.message.endsWith(` is not in "${dir.path}/archive"`), error.message);
      return true;
    });
  }
});

Deno.test("get loads from source_dir too, and says what is wrong with a path", async () => {
  await using dir = new TestFolder({ "in/a": "1", "archive/b": "2" });
  await using filedir = await open({ archive_dir: `${dir.path}/archive`, source_dir: `${dir.path}/in` });
  assert.equal(textOf((await filedir.get({ results: { path: `${dir.path}/in/a` } }))?.content), "1");
  await assert.rejects(filedir.get({ results: { path: `${dir.path}/archive/none` } }), {
    message: `Error: Cannot load "${dir.path}/archive/none": no such file or directory`,
  });
  await assert.rejects(filedir.get({ results: { path: `${dir.path}/archive` } }), /it is not a regular file/);
  await assert.rejects(filedir.get({ results: {} }), /results.path of the task is undefined, not a path/);
});

Deno.test("a path with a comma, which would be two, is refused", async () => {
  await assert.rejects(
    open({ source_dir: "a,b" }),
    /Option "source_dir" of plugin "filedir" is 2 paths: it must be one/,
  );
});
