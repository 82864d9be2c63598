import assert from "node:assert/strict";
import { askedBy, type Granted } from "../../core/asks.ts";
import { parseManifest } from "../../core/manifest.ts";
import { type Consent, obtainConsent, parseAllow, type Plan } from "../../install/consent.ts";
import { fromFileUrl, needs } from "../support.ts";
import { makeHome, names } from "./home.ts";

/** What a manifest with these sections asks for. */
async function asked(sections: string): Promise<Granted> {
  return askedBy(await parseManifest(`[Core]\nName = p\nModule = p\n${sections}`, "/p/p.stoq"));
}

/** What the operator sees and is asked, and whether the plugin was accepted. */
async function ask(sections: string, before: string | null, consent: Partial<Consent> = {}) {
  const lines: string[] = [];
  const questions: string[] = [];
  const plan: Plan = {
    name: "p",
    version: "2",
    author: "",
    source: "/src",
    asked: await asked(sections),
    isolation: "process",
    before: before === null ? null : { version: "1", granted: await asked(before) },
  };
  let error: string | null = null;
  try {
    obtainConsent(plan, {
      yes: false,
      allow: null,
      ask: (question) => questions.push(question) === 0,
      show: (line) => lines.push(line.trim()),
      ...consent,
    });
  } catch (thrown) {
    error = (thrown as Error).message;
  }
  return { lines: lines.slice(1, -1), questions, error };
}

Deno.test("what a plugin may do is said in words", async () => {
  const { lines } = await ask(
    "[options]\nsource_dir =\nhost = db.example.com\n[permissions]\nnet = api.example.com:443, {host}:6379\nread = {source_dir}\n" +
      "write = /var/out\nrun = exiftool\nenv = API_KEY\nsys = hostname\nstdout = yes\n[commands]\nexif = exiftool -json -n -\n" +
      "[limits]\ntimeout = 600\nmemory = 4096\n",
    null,
  );
  assert.deepEqual(lines.map((line) => line.replace(/\((in bubblewrap|not isolated): [^)]*\)/, "(…)")), [
    "connects to api.example.com:443",
    'connects to db.example.com:6379, from its option in "{host}:6379"',
    "reads files below {source_dir} (nothing before that option is set)",
    "writes, changes and removes files below /var/out",
    "runs exiftool: a program it runs is outside the sandbox",
    "reads the environment variable API_KEY",
    "learns about this machine: hostname",
    "writes what it makes to standard output",
    "[commands]: stoQ runs exiftool -json -n - for it (…)",
    "may take 600 s a call instead of 60",
    "may use 4096 MiB of memory instead of 1024",
  ]);
});

Deno.test("a plugin that computes only, within the usual limits, needs no question", async () => {
  const { lines, questions, error } = await ask("[limits]\ntimeout = 10\nmemory = 64\n", null, { ask: null });
  assert.deepEqual([lines, questions, error], [["computes, nothing else"], [], null]);
});

Deno.test("an upgrade shows the difference and asks only for what is new", async () => {
  const { lines, questions, error } = await ask(
    "[permissions]\nnet = a:1, b:2\n",
    "[permissions]\nnet = a:1\nread = /old\n",
  );
  assert.deepEqual(lines, ["new: connects to b:2", "no longer: reads files below /old", "as before: connects to a:1"]);
  assert.deepEqual(questions, ["Accept what is new? [y/N] "]);
  assert.equal(error, '"p" was not installed: what it may do was not accepted');
  const less = await ask("[permissions]\nnet = a:1\n", "[permissions]\nnet = a:1\nread = /old\n");
  assert.deepEqual([less.questions, less.error], [[], null]);
});

Deno.test("what widens a permission without its line changing is new too", async () => {
  const template = "[permissions]\nread = {dir}\n[commands]\nlook = {tool} -\n";
  const before = `[options]\ndir =\ntool = cat\n${template}`;
  const added = async (sections: string) =>
    (await ask(sections, before)).lines.filter((line) => line.startsWith("new:")).map((line) =>
      line.replace(/ \(.*/, "")
    );
  assert.deepEqual(await added(before), []);
  assert.deepEqual(await added(`[options]\ndir = /home\ntool = cat\n${template}`), [
    'new: reads files below /home, from its option in "{dir}"',
  ]);
  assert.deepEqual(await added(`[options]\ndir =\ntool = sh\n${template}`), ["new: [commands]: stoQ runs sh - for it"]);
  assert.deepEqual(await added(`${before}[limits]\nmemory = 9000\n`), [
    "new: may use 9000 MiB of memory instead of 1024",
  ]);
});

Deno.test("--allow accepts what it names and nothing else, without a question", async () => {
  const sections = "[permissions]\nnet = a:1, b:2\nread = {dir}\n[options]\ndir = /data\n[commands]\nlook = cat -\n";
  const all = ["net=a:1", "net=b:2", "read=/data", "commands"];
  assert.equal((await ask(sections, null, { allow: all })).error, null);
  for (const left of all) {
    const { questions, error } = await ask(sections, null, { allow: all.filter((entry) => entry !== left) });
    assert.deepEqual(questions, []);
    assert.match(
      error!,
      new RegExp(`^Cannot install "p": --allow does not cover that it .*: to accept it, add --allow ${left}$`),
    );
  }
  // The template is not the value that it has.
  assert.ok((await ask(sections, null, { allow: ["net=a:1", "net=b:2", "read={dir}", "commands"] })).error);
});

Deno.test("without a terminal a plugin is refused, and the message has the flag that accepts it", async () => {
  const { error } = await ask("[permissions]\nnet = a:1\nread = {dir}\n", null, { ask: null });
  const [, allow] = /--allow '([^']*)'$/.exec(error!) ?? [];
  const entries = parseAllow([allow!]);
  assert.ok("entries" in entries);
  assert.equal(
    (await ask("[permissions]\nnet = a:1\nread = {dir}\n", null, { ask: null, allow: entries.entries })).error,
    null,
  );
  assert.equal((await ask("[permissions]\nnet = a:1\n", null, { ask: null, yes: true })).error, null);
});

Deno.test("--allow that names nothing is bad usage", () => {
  assert.deepEqual(parseAllow(["net=a:1, run=x", "commands"]), { entries: ["net=a:1", "run=x", "commands"] });
  for (
    const [entry, why] of [["nte=a", /use kind=value/], ["net", /has no value: write net=value/], [
      "commands=x",
      /has a value/,
    ]] as const
  ) {
    const parsed = parseAllow([entry]);
    assert.match("wrong" in parsed ? parsed.wrong : "", why);
  }
});

Deno.test("nothing in a manifest reaches the terminal as an escape, or forges a line", async () => {
  using home = makeHome();
  const evil = "\u001b[2J\u009b1A\u202e";
  const folder = home.parrot({
    sections: `Description = ${evil}\n[permissions]\nenv = A${evil}B\n[commands]\nx = cat ${evil}\n`,
    version: `1${evil}`,
  });
  const refused = await home.run(["install", folder]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /reads the environment variable A.*B/);
  assert.equal((await home.run(["install", folder, "--yes"])).code, 0);
  const listed = await home.run(["list", "--permissions"]);
  assert.match(listed.stdout, /reads the environment variable A/);
  for (const run of [refused, listed, await home.run(["info", "parrot"]), await home.run(["verify"])]) {
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(run.stdout + run.stderr, /[\u001b\u009b\u202e]/);
  }
  const { lines } = await ask('[permissions]\nenv = ["A\\nPlugin x may: nothing"]\n', null);
  assert.equal(lines.filter((line) => line.includes("\n")).length, 0);
});

Deno.test("list and install say the same of the same permission", async () => {
  using home = makeHome();
  const folder = home.parrot({ sections: "[permissions]\nnet = a.example.com:443\n[commands]\nlook = cat -\n" });
  const { stderr } = await home.run(["install", folder, "--yes"]);
  const { stdout } = await home.run(["list", "--permissions"]);
  const said = stderr.split("\n").map((line) => line.trim()).filter((line) => /^(connects|\[commands\])/.test(line));
  assert.equal(said.length, 2);
  for (const line of said) assert.ok(stdout.includes(` ${line}\n`), line);
});

/** Runs the command on a terminal of its own, with keys typed into it. */
async function onTerminal(args: readonly string[], home: string, keys: string): Promise<string> {
  const words = [Deno.execPath(), "run", "-A", fromFileUrl("../cli.ts"), ...args];
  const line = words.map((word) => `'${word}'`).join(" ");
  const child = new Deno.Command("script", {
    args: ["-qec", line, "/dev/null"],
    env: { STOQ_HOME: home, NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(keys));
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
  }
  await writer.close().catch(() => {});
  await child.stderr.cancel();
  await child.status;
  return text;
}

for (const [answer, installed] of [["y", true], ["", false], ["n", false]] as const) {
  Deno.test({
    ...needs("script", `a terminal is asked, and "${answer}" is ${installed ? "yes" : "no"}`),
    fn: async () => {
      using home = makeHome();
      const folder = home.parrot({ sections: "[permissions]\nnet = a.example.com:443\n" });
      const shown = await onTerminal(["install", folder], home.path, `${answer}\n`);
      assert.match(shown, /connects to a\.example\.com:443\r\n/);
      assert.match(shown, /Install it\? \[y\/N\] /);
      assert.match(shown, installed ? /Successfully installed/ : /was not installed: what it may do was not accepted/);
      assert.equal(names(home.path).includes("stoq.lock"), installed);
    },
  });
}

Deno.test("what is asked for is the same in whatever order the manifest has it", async () => {
  const a = await asked("[permissions]\nnet = a:1, b:2\n[commands]\nx = a\ny = b\n");
  const b = await asked("[commands]\ny = b\nx = a\n[permissions]\nnet = b:2, a:1\n");
  assert.equal(JSON.stringify(a), JSON.stringify(b));
});
