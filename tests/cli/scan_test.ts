import assert from "node:assert/strict";
import { fromFileUrl, tempDir, writePlugin } from "../support.ts";
import { stoq } from "./support.ts";

const EXE = fromFileUrl("../examples/small.exe");
const DOC = fromFileUrl("../examples/sample_doc_with_pe.doc");

Deno.test("standard input is scanned, its results go to standard output", async () => {
  const { code, stdout, stderr } = await stoq(["scan", "-s", "hash"], { stdin: "data\n" });
  assert.equal(code, 0);
  assert.equal(stderr, "");
  const { results } = JSON.parse(stdout);
  assert.equal(results[0].workers[0].hash.md5, "6137cde4893c59f76f005a8123d8e8e6");
  assert.deepEqual(results[0].payload_meta.extra_data, {});
});

Deno.test("a dash is standard input too", async () => {
  const { stdout } = await stoq(["scan", "-", "-s", "hash"], { stdin: "data\n" });
  assert.equal(JSON.parse(stdout).results[0].size, 5);
});

Deno.test("a file is scanned under its name, with several workers after one flag", async () => {
  const { code, stdout } = await stoq(["scan", EXE, "-s", "hash", "entropy"]);
  assert.equal(code, 0);
  const [result] = JSON.parse(stdout).results;
  assert.equal(result.payload_meta.extra_data.filename, "small.exe");
  assert.deepEqual(result.plugins_run.workers, [["hash", "entropy"]]);
  assert.deepEqual(Object.keys(result.workers[0]), ["hash", "entropy"]);
});

Deno.test("a file that does not exist is said in one line, with status 1", async () => {
  const { code, stdout, stderr } = await stoq(["scan", "missing.exe", "-s", "hash"]);
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.equal(stderr, 'stoq: Cannot read "missing.exe": no such file\n');
});

Deno.test("an empty file, and empty input, are said in one line, with status 2", async () => {
  using dir = tempDir();
  const empty = `${dir.path}/empty`;
  Deno.writeFileSync(empty, new Uint8Array(0));
  assert.deepEqual(await stoq(["scan", empty, "-s", "hash"]), {
    code: 2,
    stdout: "",
    stderr: `stoq: "${empty}" is empty: there is nothing to scan\n`,
  });
  const input = await stoq(["scan", "-s", "hash"], { stdin: "" });
  assert.equal(input.code, 2);
  assert.match(input.stderr, /^stoq: standard input is empty: there is nothing to scan\n$/);
});

Deno.test("a directory is said to be one, with the command for directories", async () => {
  const { code, stderr } = await stoq(["scan", fromFileUrl("../examples/")]);
  assert.equal(code, 1);
  assert.match(stderr, /it is a directory/);
});

Deno.test("a worker that does not exist is an error in valid JSON, with status 0", async () => {
  const { code, stdout } = await stoq(["scan", EXE, "-s", "nosuch", "hash"]);
  assert.equal(code, 0);
  const { errors, results } = JSON.parse(stdout);
  assert.match(
    errors.nosuch[0],
    /^Plugin "nosuch" does not exist: it is neither built in nor in ".*": "stoq list" shows/,
  );
  assert.deepEqual(Object.keys(results[0].workers[0]), ["hash"]);
});

Deno.test("bad usage is said in one line, with status 2", async (t) => {
  const cases: [string[], RegExp][] = [
    [[], /no command given/],
    [["nosuch"], /unknown command 'nosuch'/],
    [["scan", "x", "--nosuch"], /unknown option '--nosuch'/],
    [["scan", "x", "--max-recursion", "many"], /"many" is not a whole number/],
    [["scan", "x", "--log-level", "loud"], /loud.*Allowed choices/],
    [["scan", "x", "--plugin-opts", "hash"], /"hash" is not plugin:option=value/],
    [["scan", "x", "--request-extra", "=y"], /"=y" is not key=value/],
    [["scan", "x", "--plugin-limits", "hash:timeout"], /"hash:timeout" is not plugin:limit=value/],
  ];
  for (const [args, message] of cases) {
    await t.step(args.join(" ") || "nothing", async () => {
      const { code, stdout, stderr } = await stoq(args);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, message);
      assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
    });
  }
});

Deno.test("--help and --version go to standard output, with status 0", async () => {
  const help = await stoq(["scan", "--help"]);
  assert.equal(help.code, 0);
  for (const flag of ["-P", "-A", "-S", "-D", "-C", "-R", "-E", "-a", "-s", "-d"].filter((flag) => flag !== "-P")) {
    assert.match(help.stdout, new RegExp(`^  ${flag}, --`, "m"));
  }
  const version = await stoq(["--version"]);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
});

Deno.test("request metadata and plugin options come from the command line", async () => {
  using dir = tempDir();
  writePlugin(
    dir.path,
    "echo",
    `export default class { constructor(c) { this.c = c; } scan() { return { results: this.c.options.getString("word") }; } }`,
    "[options]\nword = manifest",
  );
  const { stdout } = await stoq([
    ...["scan", "-s", "echo", "--plugin-dir", dir.path, "--plugin-opts", "echo:word=a=b:c"],
    ...["--request-source", "my_mail", "--request-extra", "server=mail-01", "postfix=True", "--compact"],
  ], { stdin: "x" });
  assert.equal(stdout.trimEnd().split("\n").length, 1);
  const { results, request_meta } = JSON.parse(stdout);
  assert.equal(results[0].workers[0].echo, "a=b:c");
  assert.deepEqual(request_meta, {
    archive_payloads: true,
    source: "my_mail",
    extra_data: { server: "mail-01", postfix: true },
  });
});

Deno.test("limits from the command line hold over the manifest's", async () => {
  using dir = tempDir();
  writePlugin(dir.path, "loop", "export default class { scan() { for (;;); } }", "[limits]\ntimeout = 600");
  const { code, stdout } = await stoq([
    ...["scan", "-s", "loop", "hash", "--plugin-dir", dir.path, "--plugin-limits", "loop:timeout=2"],
  ], { stdin: "x" });
  assert.equal(code, 0);
  const { errors, results } = JSON.parse(stdout);
  assert.match(errors.loop[0], /took longer than the limit of 2 s/);
  assert.deepEqual(Object.keys(results[0].workers[0]), ["hash"]);
});

Deno.test("--max-recursion 0 scans the original only", async () => {
  const { stdout } = await stoq(["scan", DOC, "-a", "pecarve", "--max-recursion", "0"]);
  const { results, errors } = JSON.parse(stdout);
  assert.equal(results.length, 1);
  assert.match(errors.stoq[0], /^max_recursion = 0: 2 extracted payloads/);
});

Deno.test("STOQ_HOME holds stoq.cfg and plugins", async () => {
  using home = tempDir();
  writePlugin(
    `${home.path}/plugins`,
    "mine",
    `export default class { scan() { return { results: { mine: true } }; } }`,
  );
  Deno.writeTextFileSync(`${home.path}/stoq.cfg`, "[core]\nalways_dispatch = mine\nlog_level = error\n");
  const { stdout, stderr } = await stoq(["scan"], { stdin: "x", env: { STOQ_HOME: home.path } });
  assert.equal(stderr, "");
  assert.deepEqual(JSON.parse(stdout).results[0].workers, [{ mine: { mine: true } }]);
});

Deno.test("a configuration that cannot be used is said in one line, with status 1", async () => {
  using home = tempDir();
  Deno.writeTextFileSync(`${home.path}/stoq.cfg`, "[core]\nmax_recursoin = 2\n");
  const { code, stderr } = await stoq(["scan", "-s", "hash"], { stdin: "x", env: { STOQ_HOME: home.path } });
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^stoq: Cannot use ".*stoq.cfg": "max_recursoin" of \[core\] is not known: did you mean "max_recursion"\?\n$/,
  );
});

Deno.test("connectors take the results instead of standard output; stdout is one of them", async () => {
  const { stdout } = await stoq(["scan", "-s", "hash", "-C", "stdout", "--plugin-opts", "stdout:compactly=true"], {
    stdin: "x",
  });
  assert.equal(stdout.trimEnd().split("\n").length, 1);
  assert.equal(JSON.parse(stdout).results[0].size, 1);
});

Deno.test("with nothing selected, triage chooses the plugins", async () => {
  const { code, stdout } = await stoq(["scan", DOC]);
  assert.equal(code, 0);
  const { results } = JSON.parse(stdout);
  assert.ok(results.length >= 3);
  assert.ok(results[0].plugins_run.workers[0].includes("hash"));
  const ran = results.flatMap((result: { plugins_run: { workers: string[][] } }) => result.plugins_run.workers.flat());
  for (const name of ["ole", "pecarve", "peinfo"]) assert.ok(ran.includes(name), name);
});

Deno.test("nothing that a plugin prints reaches standard output", async () => {
  using dir = tempDir();
  writePlugin(
    dir.path,
    "printer",
    `export default class { scan() { console.log("\\u001b[31mnoise"); process.stdout?.write("noise"); return { results: 1 }; } }`,
  );
  const { stdout, stderr } = await stoq(["scan", "-s", "printer", "--plugin-dir", dir.path], { stdin: "x" });
  assert.doesNotMatch(stdout, /noise/);
  assert.match(stderr, /printer: .*noise/);
  assert.ok(!stderr.includes("\u001b"));
  JSON.parse(stdout);
});

Deno.test("a connector that fails is said, with status 1, and the results are on standard output instead", async () => {
  using dir = tempDir();
  writePlugin(dir.path, "full", `export default class { save() { throw new Error("no space left"); } }`);
  const { code, stdout, stderr } = await stoq(["scan", "-s", "hash", "-C", "full", "--plugin-dir", dir.path], {
    stdin: "x",
  });
  assert.equal(code, 1);
  assert.match(stderr, /stoq: results were not saved by full: save failed: Error: no space left/);
  assert.equal(JSON.parse(stdout).results[0].size, 1);
});
