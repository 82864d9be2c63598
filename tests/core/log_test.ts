import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { LOG_LEVELS, openLog } from "../../core/log.ts";
import { Stoq } from "../../mod.ts";
import { catchStandardError, FIXTURES, only, tempFolder } from "./support.ts";

const SETTINGS = { level: "info", syntax: "text", dir: null, maxBytes: 0, backupCount: 0 } as const;

Deno.test("what is at least as severe as the level is logged, the rest is not", () => {
  for (const [index, level] of LOG_LEVELS.entries()) {
    using err = catchStandardError();
    const log = openLog({ ...SETTINGS, level });
    for (const severity of LOG_LEVELS) log.write(severity, "stoq", `is ${severity}`);
    assert.deepEqual(err.lines().map((line) => line.replace(/^.* is /, "")), LOG_LEVELS.slice(index));
  }
});

Deno.test("a line of text has time, level, source and message", () => {
  using err = catchStandardError();
  openLog(SETTINGS).write("warning", "hash", "something happened");
  assert.match(only(err.lines()), /^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARNING\] hash: something happened$/);
});

Deno.test("a line of JSON has the names that Python's logger gives", () => {
  using err = catchStandardError();
  openLog({ ...SETTINGS, syntax: "json" }).write("error", "hash", 'a "quoted"\nmessage');
  const { asctime, ...record } = JSON.parse(only(err.lines()));
  assert.match(asctime, /^\d{4}-\d\d-\d\dT/);
  assert.deepEqual(record, { levelname: "ERROR", name: "hash", message: 'a "quoted"\nmessage' });
});

Deno.test("a stack is shown at level debug only, in both syntaxes", () => {
  for (const syntax of ["text", "json"] as const) {
    for (const level of ["debug", "info"] as const) {
      using err = catchStandardError();
      openLog({ ...SETTINGS, syntax, level }).write("error", "hash", "failed", "Error: failed\n    at place.ts:1");
      assert.equal(err.text().includes("place.ts:1"), level === "debug");
    }
  }
});

Deno.test("control characters that a terminal would act on are neutralised", () => {
  using err = catchStandardError();
  openLog(SETTINGS).write("info", "hash", "a\u001b[31mred\u0007\u009b2J\u202egnp.exe\rb\u007f");
  assert.match(only(err.lines()), /hash: a\ufffd\[31mred\ufffd\ufffd2J\ufffdgnp\.exe[ \ufffd]b\ufffd$/);
});

Deno.test("a message cannot forge a line of the log", () => {
  using err = catchStandardError();
  openLog(SETTINGS).write("info", "hash", "fine\n[2026-01-01T00:00:00.000Z CRITICAL] stoq: forged");
  const lines = err.lines();
  assert.equal(lines.filter((line) => line.startsWith("[")).length, 1, lines.join("\n"));
});

Deno.test("JSON lines hold no raw control character", () => {
  using err = catchStandardError();
  openLog({ ...SETTINGS, syntax: "json" }).write("info", "hash", "\u001b[31m\u0000\n\u2028");
  // deno-lint-ignore no-control-regex
  assert.equal(/[\u0000-\u001f]/.test(only(err.lines())), false);
});

Deno.test("with log_dir the log is in stoq.log too, a folder that is made when it is not there", async () => {
  using err = catchStandardError();
  await using home = await tempFolder();
  const dir = join(home.path, "a/b");
  const log = openLog({ ...SETTINGS, dir });
  log.write("info", "stoq", "one");
  openLog({ ...SETTINGS, dir }).write("info", "stoq", "two");
  log.write("debug", "stoq", "not this");
  assert.equal(await readFile(join(dir, "stoq.log"), "utf8"), err.text());
  assert.equal(err.lines().length, 2);
});

Deno.test("the file is rotated at log_maxbytes, and log_backup_count rotated ones are kept", async () => {
  using _err = catchStandardError();
  await using home = await tempFolder();
  const log = openLog({ ...SETTINGS, dir: home.path, maxBytes: 100, backupCount: 2 });
  for (let n = 1; n <= 5; n++) log.write("info", "stoq", `message ${n} ${"x".repeat(40)}`);
  assert.deepEqual((await readdir(home.path)).sort(), ["stoq.log", "stoq.log.1", "stoq.log.2"]);
  const numbers = [];
  for (const name of ["stoq.log", "stoq.log.1", "stoq.log.2"]) {
    const text = await readFile(join(home.path, name), "utf8");
    assert.ok(text.length <= 100);
    numbers.push([...text.matchAll(/message (\d)/g)].map(([, n]) => n).join());
  }
  assert.deepEqual(numbers, ["5", "4", "3"]);
});

Deno.test("log_maxbytes counts bytes, not characters", async () => {
  using _err = catchStandardError();
  await using home = await tempFolder();
  const log = openLog({ ...SETTINGS, dir: home.path, maxBytes: 200, backupCount: 3 });
  for (let n = 0; n < 4; n++) log.write("info", "stoq", "€".repeat(30));
  for (const name of await readdir(home.path)) {
    assert.ok((await readFile(join(home.path, name))).length <= 200, name);
  }
});

Deno.test("without log_maxbytes or log_backup_count the file grows, as with Python's handler", async () => {
  using _err = catchStandardError();
  await using home = await tempFolder();
  for (const settings of [{ maxBytes: 0, backupCount: 5 }, { maxBytes: 10, backupCount: 0 }]) {
    const log = openLog({ ...SETTINGS, dir: home.path, ...settings });
    for (let n = 0; n < 3; n++) log.write("info", "stoq", "a message");
  }
  assert.deepEqual(await readdir(home.path), ["stoq.log"]);
});

Deno.test("log settings of stoq.cfg reach the log of a scan, and of its plugins", async () => {
  using _err = catchStandardError();
  await using home = await tempFolder({
    "stoq.cfg": "[core]\nlog_dir = logs\nlog_level = warning\nlog_syntax = json\nisolation = worker\n",
  });
  await using stoq = new Stoq({ baseDir: home.path, pluginDirList: [FIXTURES] });
  await stoq.scan("hello\u001b[31m", { addStartDispatch: ["loud", "no_such_worker"] });
  const lines = (await readFile(join(home.path, "logs/stoq.log"), "utf8")).trimEnd().split("\n");
  const records: Record<string, string>[] = lines.map((line) => JSON.parse(line));
  const mine = records.filter(({ name }) => name === "loud");
  assert.deepEqual(mine.map(({ levelname }) => levelname), ["WARNING", "ERROR", "CRITICAL"]);
  assert.equal(mine[0]?.["message"], "warning hello\ufffd[31m");
  assert.equal(records.find(({ name }) => name === "no_such_worker")?.["levelname"], "ERROR");
});
