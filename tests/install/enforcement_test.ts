import assert from "node:assert/strict";
import { fromFileUrl } from "../support.ts";
import { type Home, makeHome } from "./home.ts";

const FOLDER = (home: Home) => `${home.path}/plugins/parrot`;

/** A home with the plugin installed. */
async function withParrot(sections = ""): Promise<Home> {
  const home = makeHome();
  const { code, stderr } = await home.run(["install", home.parrot({ sections }), "--yes"]);
  assert.equal(code, 0, stderr);
  return home;
}

Deno.test("an installed plugin is not loaded once a file is changed, missing or added; the message names it", async (t) => {
  using home = await withParrot();
  const word = `${FOLDER(home)}/lib/word.ts`;
  const cases: [string, string, () => void][] = [
    [
      "changed module",
      'parrot\\.ts" was changed',
      () => Deno.writeTextFileSync(`${FOLDER(home)}/parrot.ts`, "// less"),
    ],
    [
      "changed manifest",
      'parrot\\.stoq" was changed',
      () =>
        Deno.writeTextFileSync(
          `${FOLDER(home)}/parrot.stoq`,
          "[Core]\nName = parrot\nModule = parrot\n[permissions]\nread = /etc\n",
        ),
    ],
    ["missing file", 'lib/word\\.ts" is missing', () => Deno.removeSync(word)],
    ["added file", 'lib/more\\.ts" was not installed', () => Deno.writeTextFileSync(`${FOLDER(home)}/lib/more.ts`, "")],
    ["hidden file", '/\\.hidden" was not installed', () => Deno.writeTextFileSync(`${FOLDER(home)}/.hidden`, "")],
    ["link in place of a file", 'lib/word\\.ts" is no regular file any more', () => {
      Deno.renameSync(word, `${home.outside}/word.ts`);
      Deno.symlinkSync(`${home.outside}/word.ts`, word);
    }],
  ];
  for (const [what, message, change] of cases) {
    await t.step(what, async () => {
      change();
      assert.match(
        await home.scan("parrot"),
        new RegExp(`^Plugin "parrot" is not loaded: .*${message}: "stoq verify parrot" .*"stoq install --upgrade"`),
      );
      const verified = await home.run(["verify"]);
      assert.equal(verified.code, 1);
      assert.match(verified.stdout, new RegExp(`^parrot: .*${message}\n$`));
      const { code, stdout } = await home.run(["update"]);
      assert.equal(code, 0);
      assert.match(stdout, /^Successfully installed/);
      assert.equal(await home.scan("parrot"), "one");
    });
  }
});

Deno.test("a second manifest in the folder of an installed plugin is no way around its record", async () => {
  using home = await withParrot();
  home.parrot({ name: "cuckoo", folder: `${FOLDER(home)}/nest` });
  assert.match(
    await home.scan("cuckoo"),
    /^Plugin "cuckoo" is not loaded: ".*cuckoo\.stoq" is in the folder of the installed plugin "parrot"/,
  );
  assert.match(await home.scan("parrot"), /^Plugin "parrot" is not loaded: .*nest.*was not installed/);
});

Deno.test("an installed plugin under another name is not loaded", async () => {
  using home = await withParrot();
  const path = `${FOLDER(home)}/parrot.stoq`;
  Deno.writeTextFileSync(path, Deno.readTextFileSync(path).replace("Name = parrot", "Name = cuckoo"));
  assert.match(await home.scan("cuckoo"), /^Plugin "cuckoo" is not loaded: its file ".*parrot\.stoq" was changed/);
});

Deno.test("a lock file that grants another thing than the manifest asks for does not match", async () => {
  using home = await withParrot("[permissions]\nnet = a.example.com:443\n[commands]\nlook = cat -\n");
  const path = `${home.path}/stoq.lock`;
  const text = Deno.readTextFileSync(path);
  for (const [from, to] of [["a.example.com:443", "b.example.com:443"], ["cat -", "sh -"]] as const) {
    Deno.writeTextFileSync(path, text.replace(from, to));
    assert.match(
      await home.scan("parrot"),
      /is not loaded: what its manifest asks for is not what ".*stoq\.lock" says was granted/,
    );
    assert.equal((await home.run(["verify"])).code, 1);
  }
});

Deno.test("a lock file that cannot be used is one line, and no plugin of a plugin directory is loaded; built-in ones are", async () => {
  using home = await withParrot();
  home.parrot({ name: "byhand", folder: `${home.path}/plugins/byhand` });
  Deno.writeTextFileSync(`${home.path}/stoq.lock`, "{");
  for (const plugin of ["parrot", "byhand"]) {
    assert.match(
      await home.scan(plugin),
      /^Cannot use lock file ".*stoq\.lock": it is not JSON: no plugin of a plugin directory is loaded/,
    );
  }
  const { stdout } = await home.run(["scan", "-s", "hash"], { stdin: "x" });
  assert.deepEqual(JSON.parse(stdout).errors, {});
  for (const args of [["verify"], ["update"], ["uninstall", "parrot"], ["install", home.parrot({ name: "other" })]]) {
    const { code, stderr } = await home.run(args);
    assert.equal(code, 1);
    assert.match(stderr, /^stoq: Cannot use lock file ".*": it is not JSON: .*\n$/);
  }
});

Deno.test("what was put into a plugin directory by hand gets what its manifest asks for, and the log says so once; what was installed is not announced", async () => {
  using home = await withParrot("[permissions]\nnet = a.example.com:443\n");
  home.parrot({
    name: "byhand",
    folder: `${home.path}/plugins/byhand`,
    sections: "[permissions]\nnet = b.example.com:443\n",
  });
  const { stdout, stderr } = await home.run(["scan", "-a", "parrot", "byhand"], { stdin: "x" });
  assert.deepEqual(JSON.parse(stdout).errors, {});
  const said = stderr.split("\n").filter((line) => line.includes(" may: "));
  assert.equal(said.length, 1, stderr);
  assert.match(said[0]!, /Plugin "byhand" from ".*" may: net b\.example\.com:443/);
});

Deno.test("the operator's stoq.cfg holds over what was granted", async () => {
  using home = await withParrot("[permissions]\nnet = a.example.com:443\n");
  Deno.writeTextFileSync(`${home.path}/stoq.cfg`, "[permissions.parrot]\nnet = c.example.com:443\n");
  const { stdout } = await home.run(["info", "parrot"]);
  assert.match(stdout, /connects to c\.example\.com:443/);
  assert.doesNotMatch(stdout, /connects to a\.example\.com/);
  assert.match(stdout, /verifies +yes/);
});

Deno.test("a stoq.cfg that a plugin brings grants it nothing", async () => {
  using home = makeHome();
  const probe = `export default class {
    #read = (() => { try { return Deno.readTextFileSync("/etc/hostname"); } catch { return "refused"; } })();
    scan() { return { results: this.#read === "refused" ? "refused" : "read" }; }
  }`;
  const cfg = "[permissions.parrot]\nread = *\n[core]\nisolation = worker\n";
  const folder = home.parrot({ files: { "parrot.ts": probe, "stoq.cfg": cfg } });
  assert.equal((await home.run(["install", folder])).code, 0);
  assert.equal(await home.scan("parrot"), "refused");
});

Deno.test("no plugin may write what decides what plugins may do, unless the operator wrote that", async () => {
  using home = makeHome();
  const source = home.parrot({ sections: "[options]\nout =\n[permissions]\nwrite = {out}\n" });
  assert.equal((await home.run(["install", source, "--yes"])).code, 0);
  const scan = async (out: string) => {
    const { stdout } = await home.run(["scan", "-s", "parrot", "--plugin-opts", `parrot:out=${out}`], { stdin: "x" });
    const { errors, results } = JSON.parse(stdout);
    return errors.parrot?.[0] ?? results[0].workers[0].parrot;
  };
  const link = `${home.outside}/link`;
  Deno.symlinkSync(home.path, link);
  const { path } = home;
  for (
    const out of [path, `${path}/..`, `${path}/stoq.lock`, `${path}/stoq.cfg`, `${path}/plugins`, FOLDER(home), link]
  ) {
    assert.match(
      await scan(out),
      /^Plugin "parrot" asks for write = .*, which decides what plugins may do: choose another/,
    );
  }
  assert.equal(await scan(`${path}/results`), "one");
  Deno.writeTextFileSync(`${path}/stoq.cfg`, `[permissions.parrot]\nwrite = ${path}\n`);
  assert.equal(await scan(path), "one");
});

Deno.test("a home that is moved, or reached by a link, keeps its records", async () => {
  using home = await withParrot();
  Deno.writeTextFileSync(`${FOLDER(home)}/lib/word.ts`, `export const word = "evil";`);
  const [moved, link] = [`${home.outside}/moved`, `${home.outside}/link`];
  Deno.renameSync(home.path, moved);
  Deno.symlinkSync(moved, link);
  for (const path of [moved, link]) {
    const { stdout } = await home.run(["scan", "-s", "parrot"], { stdin: "x", env: { STOQ_HOME: path } });
    assert.match(JSON.parse(stdout).errors.parrot[0], /word\.ts" was changed/);
    assert.equal((await home.run(["update"], { env: { STOQ_HOME: path } })).code, 0);
    const again = await home.run(["scan", "-s", "parrot"], { stdin: "x", env: { STOQ_HOME: path } });
    assert.equal(JSON.parse(again.stdout).results[0].workers[0].parrot, "one");
    Deno.writeTextFileSync(`${moved}/plugins/parrot/lib/word.ts`, `export const word = "evil";`);
  }
  Deno.renameSync(moved, home.path);
});

Deno.test("the library checks too, whatever its base directory is", async () => {
  using home = await withParrot();
  const script = `${home.outside}/script.ts`;
  Deno.writeTextFileSync(
    script,
    `import { Stoq } from ${JSON.stringify(new URL("../../mod.ts", import.meta.url).href)};
    await using stoq = new Stoq({ baseDir: ${JSON.stringify(home.outside)}, pluginDirList: [${
      JSON.stringify(`${home.path}/plugins`)
    }] });
    const { results, errors } = await stoq.scan("x", { addStartDispatch: ["parrot"] });
    console.log(JSON.stringify([results[0].workers[0] ?? null, errors]));`,
  );
  const run = async () => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--config", fromFileUrl("../deno.json"), script],
      env: { STOQ_HOME: home.path, NO_COLOR: "1" },
    }).output();
    return JSON.parse(new TextDecoder().decode(stdout));
  };
  assert.deepEqual(await run(), [{ parrot: "one" }, {}]);
  Deno.writeTextFileSync(`${FOLDER(home)}/extra.txt`, "");
  const [results, errors] = await run();
  assert.ok(results === null || results.parrot === undefined);
  assert.match(errors.parrot[0], /^Plugin "parrot" is not loaded: the file ".*extra\.txt" was not installed/);
});
