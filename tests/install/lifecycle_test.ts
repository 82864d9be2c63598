import assert from "node:assert/strict";
import { type Home, makeHome, names } from "./home.ts";
import { serve, tgzOf, tlsFile, zipOf } from "./support.ts";

const NET = "[permissions]\nnet = api.example.com:443\n";
const NET_AND_READ = "[options]\nrules =\n[permissions]\nnet = api.example.com:443\nread = {rules}\n";

/**
 * From a first install to an uninstall.
 *
 * @param offer Offers what is in a folder under the same name as before. @returns Arguments of `install`.
 */
async function live(home: Home, offer: (folder: string) => string[] | Promise<string[]>): Promise<void> {
  const folder = `${home.path}/plugins/parrot`;
  const first = await offer(home.parrot({ sections: NET }));
  const installed = await home.run(["install", ...first, "--allow", "net=api.example.com:443"]);
  assert.equal(installed.code, 0, installed.stderr);
  assert.equal(installed.stdout, `Successfully installed to ${folder}\n`);
  assert.match(installed.stderr, /^ {2}connects to api\.example\.com:443$/m);
  assert.equal(await home.scan("parrot"), "one");

  const again = await home.run(["install", ...first, "--yes"]);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /^stoq: Cannot install "parrot": it is already in ".*parrot": use --upgrade to put/m);

  assert.deepEqual(await home.run(["update", "parrot"]), {
    code: 0,
    stdout: "parrot 1.0.0 is up to date\n",
    stderr: "",
  });
  // Nothing new is asked for: no question, no flag needed.
  await offer(home.parrot({ word: "two", version: "1.1.0", sections: NET }));
  const same = await home.run(["update"]);
  assert.equal(same.code, 0, same.stderr);
  assert.match(same.stderr, /^Plugin "parrot" 1\.1\.0 in place of 1\.0\.0, by A\. Uthor, from /);
  assert.match(same.stderr, /^ {2}as before: connects to api\.example\.com:443$/m);
  assert.equal(await home.scan("parrot"), "two");

  const more = await offer(home.parrot({ word: "three", version: "2.0.0", sections: NET_AND_READ }));
  const refused = await home.run(["install", "--upgrade", ...more]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^ {2}new: reads files below \{rules\} \(nothing before that option is set\)$/m);
  assert.match(
    refused.stderr,
    /^stoq: Cannot install "parrot" without being asked.*: it reads files below \{rules\}.* --allow 'read=\{rules\}'$/m,
  );
  assert.equal(await home.scan("parrot"), "two");
  const upgraded = await home.run(["install", "--upgrade", ...more, "--allow", "read={rules}"]);
  assert.equal(upgraded.code, 0, upgraded.stderr);
  assert.equal(await home.scan("parrot"), "three");

  const info = await home.run(["info", "parrot"]);
  for (
    const part of [
      /version +2\.0\.0/,
      /author +A\. Uthor/,
      /Worker/,
      /connects to api/,
      /verifies +yes/,
      /installed +20/,
    ]
  ) {
    assert.match(info.stdout, part);
  }
  assert.deepEqual(await home.run(["verify"]), { code: 0, stdout: "parrot: as it was installed\n", stderr: "" });

  Deno.writeTextFileSync(`${folder}/lib/word.ts`, `export const word = "evil";`);
  assert.match(
    await home.scan("parrot"),
    /^Plugin "parrot" is not loaded: its file ".*\/parrot\/lib\/word\.ts" was changed: "stoq verify parrot".*"stoq install --upgrade"/,
  );
  const verified = await home.run(["verify", "parrot"]);
  assert.equal(verified.code, 1);
  assert.match(verified.stdout, /^parrot: its file ".*word\.ts" was changed\n$/);
  assert.match((await home.run(["info", "parrot"])).stdout, /verifies +no: its file ".*word\.ts" was changed/);

  const repaired = await home.run(["update", "parrot"]);
  assert.equal(repaired.code, 0, repaired.stderr);
  assert.equal(await home.scan("parrot"), "three");

  const gone = await home.run(["uninstall", "parrot"]);
  assert.deepEqual(gone, { code: 0, stdout: "Successfully uninstalled parrot\n", stderr: "" });
  assert.match(await home.scan("parrot"), /^Plugin "parrot" does not exist/);
  assert.deepEqual(names(`${home.path}/plugins`), []);
  assert.deepEqual(JSON.parse(Deno.readTextFileSync(`${home.path}/stoq.lock`)), { version: 1, plugins: {} });
  assert.equal((await home.run(["uninstall", "parrot"])).code, 1);
}

Deno.test("a plugin in several TypeScript files lives from install to uninstall, from a folder", async () => {
  using home = makeHome();
  await live(home, (folder) => [folder]);
});

/** All files of a folder by path. */
function textsIn(folder: string, under = ""): Record<string, string> {
  return Object.fromEntries(
    [...Deno.readDirSync(`${folder}/${under}`)].flatMap(({ name, isDirectory }) =>
      isDirectory
        ? Object.entries(textsIn(folder, `${under}${name}/`))
        : [[under + name, Deno.readTextFileSync(`${folder}/${under}${name}`)]]
    ),
  );
}

Deno.test("a plugin lives from install to uninstall, from an archive", async () => {
  using home = makeHome();
  const archive = `${home.outside}/parrot.tar.gz`;
  await live(home, (folder) => {
    Deno.writeFileSync(archive, tgzOf(textsIn(folder), "parrot-main/"));
    return [archive];
  });
});

Deno.test("a plugin lives from install to uninstall, from an https server with an authority of its own", async () => {
  using home = makeHome({ DENO_CERT: tlsFile("ca.pem") });
  let archive: Uint8Array<ArrayBuffer>;
  await using server = serve({ "/parrot.zip": () => new Response(archive) });
  await live(home, (folder) => {
    archive = zipOf(textsIn(folder));
    return [`${server.base}/parrot.zip`];
  });
});

Deno.test("a plugin lives from install to uninstall, from where stoq.cfg says that GitHub is", async () => {
  using home = makeHome({ DENO_CERT: tlsFile("ca.pem") });
  let archive: Uint8Array<ArrayBuffer>;
  await using server = serve({ "/mine/plugins/HEAD": () => new Response(archive) });
  Deno.writeTextFileSync(
    `${home.path}/stoq.cfg`,
    `[core]\nlog_level = error\ngithub_archive = ${server.base}/{owner}/{repo}/{ref}\ngithub_plugins = mine/plugins\n`,
  );
  await live(home, (folder) => {
    archive = tgzOf(textsIn(folder), "plugins-0123abc/parrot/");
    return ["--github", "stoq:parrot"];
  });
});

Deno.test("an archive that has not the SHA-256 that was named is not installed; one that has is recorded with it", async () => {
  using home = makeHome();
  const archive = `${home.outside}/parrot.zip`;
  const bytes = zipOf(textsIn(home.parrot()));
  Deno.writeFileSync(archive, bytes);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  const wrong = await home.run(["install", archive, "--sha256", "0".repeat(64)]);
  assert.equal(wrong.code, 1);
  assert.match(
    wrong.stderr,
    new RegExp(`^stoq: Cannot install ".*parrot\\.zip": its SHA-256 is ${hash}, not the expected 0+:.*\n$`),
  );
  const none = await home.run(["install", archive, "--sha256", "abc"]);
  assert.equal(none.code, 2);
  assert.match(none.stderr, /^stoq: --sha256 "abc" is no SHA-256: it has 64 hexadecimal digits\n$/);
  assert.equal((await home.run(["install", archive, "--sha256", hash.toUpperCase()])).code, 0);
  assert.equal(JSON.parse(Deno.readTextFileSync(`${home.path}/stoq.lock`)).plugins.parrot.sha256, hash);
});

Deno.test("the lock file says what was installed, from where, file by file, and what was granted", async () => {
  using home = makeHome();
  const folder = home.parrot({
    sections: "[options]\nrules = /srv/rules\n[permissions]\nread = {rules}\nenv = B, A\n[commands]\nlook = cat -\n" +
      "[limits]\ntimeout = 600\n",
  });
  const { code, stderr } = await home.run(["install", folder, "--yes"]);
  assert.equal(code, 0, stderr);
  const { version, plugins } = JSON.parse(Deno.readTextFileSync(`${home.path}/stoq.lock`));
  assert.equal(version, 1);
  const { files, installed, ...record } = plugins.parrot;
  assert.deepEqual(record, {
    version: "1.0.0",
    source: folder,
    sha256: null,
    directory: "plugins/parrot",
    manifest: "parrot.stoq",
    granted: {
      permissions: { env: ["A", "B"], read: ["{rules}"] },
      commands: { look: "cat -" },
      options: { rules: "/srv/rules" },
      limits: { timeout: 600 },
    },
  });
  assert.match(installed, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(Object.keys(files), ["lib/word.ts", "parrot.stoq", "parrot.ts"]);
  const { stdout } = await new Deno.Command("sha256sum", { args: [`${folder}/lib/word.ts`] }).output();
  assert.equal(files["lib/word.ts"], new TextDecoder().decode(stdout).split(" ")[0]);
});

Deno.test("--install_dir puts a plugin elsewhere, says what else is needed, and an upgrade finds it", async () => {
  using home = makeHome();
  const folder = home.parrot();
  const dir = `${home.outside}/mine`;
  const installed = await home.run(["install", folder, "--install_dir", dir]);
  assert.equal(installed.stdout, `Successfully installed to ${dir}/parrot\n`);
  assert.match(installed.stderr, /^stoq: ".*mine" is no plugin directory yet: add it to plugin_dir_list/m);
  const { stdout } = await home.run(["scan", "-s", "parrot", "--plugin-dir", dir], { stdin: "x" });
  assert.equal(JSON.parse(stdout).results[0].workers[0].parrot, "one");
  const elsewhere = await home.run(["install", folder, "--upgrade", "--install-dir", `${home.outside}/other`]);
  assert.match(elsewhere.stderr, /it is installed in ".*mine\/parrot": run "stoq uninstall parrot" first/);
  home.parrot({ word: "two" });
  assert.equal((await home.run(["install", "--upgrade", folder])).stdout, `Successfully installed to ${dir}/parrot\n`);
  assert.equal((await home.run(["uninstall", "parrot"])).code, 0);
  assert.deepEqual(names(dir), []);
});

Deno.test("what cannot be a plugin here is not installed, and said in one line", async (t) => {
  using home = makeHome();
  const cases: [string, Parameters<typeof home.parrot>[0], RegExp][] = [
    [
      "built-in name",
      { name: "hash" },
      /a built-in plugin has this name: to use it .* put its folder into a plugin directory by hand/,
    ],
    [
      "later stoQ",
      { sections: "[options]\nmin_stoq_version = 99.1" },
      /it wants stoQ 99\.1 or later, this is .*: update stoQ/,
    ],
    ["no manifest", { files: { "parrot.stoq": "nonsense" } }, /parrot\.stoq"/],
    [
      "no module",
      { files: { "parrot.stoq": "[Core]\nName = parrot\nModule = nosuch" } },
      /names the module "nosuch", but there is no nosuch\.ts/,
    ],
    ["no asset", { sections: "[assets]\nrules = rules.txt" }, /lists asset rules = rules\.txt, which is not there/],
    [
      "asset outside",
      { sections: "[assets]\nrules = ../rules.txt" },
      /lists asset rules = \.\.\/rules\.txt, which is not there/,
    ],
    [
      "second manifest",
      { files: { "sub/b.stoq": "[Core]\nName = b\nModule = b" } },
      /it has 2 manifests \("parrot\.stoq", "sub\/b\.stoq"\)/,
    ],
    [
      "fault in the module",
      { files: { "parrot.ts": "throw new Error('at once');" } },
      /it cannot be loaded: Error: at once/,
    ],
    ["no class", { files: { "parrot.ts": "export default class {}" } }, /its class has no method of a plugin/],
    [
      "other class",
      { files: { "parrot.ts": "export default class { decorate() {} }" } },
      /says that it is a worker, but it has no method/,
    ],
    [
      "npm",
      { files: { "parrot.ts": `import "npm:is-odd@3.0.1"; export default class { scan() {} }` } },
      /npm:is-odd.* bundle what it imports with "stoq pack"/,
    ],
    [
      "everything",
      { sections: "[permissions]\nread = /" },
      /which is everything: if it is wanted, write "read = \/" under \[permissions\.parrot\]/,
    ],
  ];
  for (const [name, setup, message] of cases) {
    await t.step(name, async () => {
      const folder = home.parrot({ ...setup, folder: `${home.outside}/${name}` });
      const { code, stdout, stderr } = await home.run(["install", folder, "--yes"]);
      assert.equal(code, 1);
      assert.equal(stdout, "");
      const said = stderr.split("\n").filter((line) => line.startsWith("stoq: "));
      assert.equal(said.length, 1, stderr);
      assert.match(said[0]!, message);
      const left = Deno.statSync(home.path).isDirectory ? names(home.path) : [];
      if (left.includes("plugins")) assert.deepEqual(names(`${home.path}/plugins`), []);
      assert.ok(!left.includes("stoq.lock") || !Deno.readTextFileSync(`${home.path}/stoq.lock`).includes("parrot"));
    });
  }
});

Deno.test("a plugin whose name is in another plugin directory, or in its place by hand, is not installed twice", async () => {
  using home = makeHome();
  const folder = home.parrot();
  home.parrot({ word: "by hand", folder: `${home.path}/plugins/mine` });
  const second = await home.run(["install", folder]);
  assert.match(second.stderr, /there is another one in ".*plugins\/mine": remove that folder first/);
  Deno.renameSync(`${home.path}/plugins/mine`, `${home.path}/plugins/parrot`);
  const itself = await home.run(["install", "--upgrade", `${home.path}/plugins/parrot`]);
  assert.match(itself.stderr, /that is where it would be put: give the folder or archive that it came in/);
  assert.match((await home.run(["install", folder])).stderr, /it is already in ".*plugins\/parrot": use --upgrade/);
  assert.equal(await home.scan("parrot"), "by hand");
  assert.equal((await home.run(["install", folder, "--upgrade"])).code, 0);
  assert.equal(await home.scan("parrot"), "one");
});

Deno.test("commands about plugins that were not installed say so, with status 1", async () => {
  using home = makeHome();
  home.parrot({ folder: `${home.path}/plugins/parrot` });
  for (const command of ["uninstall", "verify", "update"]) {
    const builtin = await home.run([command, "hash"]);
    assert.equal(builtin.code, 1);
    assert.match(builtin.stderr, /^stoq: Plugin "hash" was not installed by "stoq install": it is built in\n$/);
    const byHand = await home.run([command, "parrot"]);
    assert.equal(byHand.code, 1);
    assert.match(
      byHand.stderr,
      /^stoq: Plugin "parrot" was not installed by "stoq install": no record of it is in ".*lock"\n$/,
    );
  }
  assert.match((await home.run(["info", "hash"])).stdout, /source +built in/);
  assert.match((await home.run(["info", "parrot"])).stdout, /source +put into a plugin directory by hand/);
  assert.match((await home.run(["info", "nosuch"])).stderr, /^stoq: Plugin "nosuch" does not exist/);
  assert.equal((await home.run(["info", "hash"])).code, 0);
  assert.deepEqual(names(home.path), ["plugins"]);
});

Deno.test("an uninstall that was interrupted is ended by the next one", async () => {
  using home = makeHome();
  assert.equal((await home.run(["install", home.parrot()])).code, 0);
  // As it is between taking the folder away and taking it out of the lock file.
  Deno.renameSync(`${home.path}/plugins/parrot`, `${home.path}/plugins/.stoq-gone.parrot`);
  assert.match(await home.scan("parrot"), /^Plugin "parrot" does not exist/);
  assert.match((await home.run(["verify"])).stdout, /^parrot: its folder ".*" is missing\n$/);
  assert.equal((await home.run(["uninstall", "parrot"])).code, 0);
  assert.deepEqual(names(`${home.path}/plugins`), []);
  assert.match((await home.run(["verify"])).stdout, /^nothing is installed: /);
});

Deno.test("update goes on after a plugin that cannot be updated, with status 1", async () => {
  using home = makeHome();
  const [a, b] = [home.parrot({ name: "aa" }), home.parrot({ name: "bb" })];
  for (const folder of [a, b]) assert.equal((await home.run(["install", folder])).code, 0);
  Deno.removeSync(a, { recursive: true });
  home.parrot({ name: "bb", word: "two" });
  const { code, stdout, stderr } = await home.run(["update"]);
  assert.equal(code, 1);
  assert.match(stderr, /^stoq: .*outside\/aa"/m);
  assert.equal(stdout, `Successfully installed to ${home.path}/plugins/bb\n`);
  assert.equal(await home.scan("aa"), "one");
  assert.equal(await home.scan("bb"), "two");
});
