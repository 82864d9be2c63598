import assert from "node:assert/strict";
import { join } from "node:path";
import { checkout, newPlugin } from "../../authoring/scaffold.ts";
import { PLUGIN_CLASSES, type PluginClass } from "../../core/manifest.ts";
import { stoq } from "../cli/support.ts";
import { tempDir } from "../support.ts";
import { assertFails, CHECKOUT } from "./support.ts";

const CLASSES = Object.keys(PLUGIN_CLASSES) as PluginClass[];

Deno.test("a new plugin of each class passes its own tests, and stoq test, as it is", async (t) => {
  using dir = tempDir();
  for (const pluginClass of CLASSES) {
    const made = await stoq(["new", `my-${pluginClass}`, "--class", pluginClass, "--dir", dir.path]);
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stdout, /^Made .*\. Next: stoq test .*\n$/);
  }
  // All at once, since most of the time goes into checking types, of the same modules for each.
  const files = CLASSES.map((pluginClass) => join(dir.path, `my-${pluginClass}`, `my_${pluginClass}_test.ts`));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--config", join(dir.path, "my-worker", "deno.json"), ...files],
    env: { NO_COLOR: "1" },
  }).output();
  const said = new TextDecoder().decode(stdout);
  assert.ok(success, said + new TextDecoder().decode(stderr));
  for (const pluginClass of CLASSES) assert.match(said, new RegExp(`/my-${pluginClass}/`));
  for (const pluginClass of ["worker", "provider"]) {
    await t.step(pluginClass, async () => {
      const name = `my-${pluginClass}`;
      const { code, stdout, stderr } = await stoq(["test", join(dir.path, name)]);
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, new RegExp(`^${name} 0\\.1\\.0$`, "m"));
      assert.match(stdout, new RegExp(`^  classes +${pluginClass}$`, "m"));
      assert.match(stdout, /^ok \| \d+ passed \| 0 failed/m);
    });
  }
});

Deno.test("a new plugin can be used, formatted and linted as it is", async () => {
  using dir = tempDir();
  for (const pluginClass of CLASSES) {
    await stoq(["new", `a${pluginClass}`, "--class", pluginClass, "--dir", dir.path]);
  }
  for (const args of [["fmt", "--check", "--line-width", "120", "--ext", "ts"], ["lint"]]) {
    const files = CLASSES.map((pluginClass) => join(dir.path, `a${pluginClass}`, `a${pluginClass}.ts`));
    const { success, stderr } = await new Deno.Command(Deno.execPath(), { args: [...args, ...files] }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  }
  const { stdout } = await stoq(["scan", "-s", "aworker", "--plugin-dir", dir.path], { stdin: "some words here" });
  const { results, errors } = JSON.parse(stdout);
  assert.deepEqual(errors, {});
  assert.deepEqual(results[0].workers[0].aworker, { words: 3, longest: "words" });
});

Deno.test("names with a dot, a dash or a digit in front give modules that can be loaded", async (t) => {
  using dir = tempDir();
  for (const name of ["7z.ts", "my-plugin", "a.b-c_d", "Ünï".normalize("NFD").replace(/[^a-z]/gi, "")]) {
    await t.step(name, async () => {
      assert.equal((await stoq(["new", name, "--dir", dir.path])).code, 0);
      const { code, stdout, stderr } = await stoq(["pack", join(dir.path, name), "--output", `${dir.path}/x.tar.gz`]);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /classes +worker/);
    });
  }
});

Deno.test("a plugin is not made over something, nor under a name that it cannot have", async () => {
  using dir = tempDir();
  Deno.mkdirSync(`${dir.path}/there`);
  const fails = async (args: string[], code: number, message: RegExp) =>
    assertFails(await stoq(["new", "--dir", dir.path, ...args]), code, message);
  await fails(["there"], 1, /Cannot make ".*there": it exists: choose another name, or --dir another folder/);
  await fails(["hash"], 2, /Name "hash" is that of a built-in plugin/);
  await fails(["a/b"], 2, /Name "a\/b" is not a plugin name: use letters/);
  await fails([""], 2, /Name "" is not a plugin name/);
  await fails(["core"], 2, /Name "core" is reserved: choose another/);
  await fails(["my_test"], 2, /Name "my_test" is one that "deno test" takes for a test/);
  await fails(["con"], 2, /Name "con" cannot be that of a folder everywhere/);
  await fails(["x", "--class", "sorcerer"], 2, /--class "sorcerer" is not known: use .*worker/);
  await fails([], 2, /missing required argument 'name'/);
  Deno.writeTextFileSync(`${dir.path}/file`, "");
  await fails(["x", "--dir", `${dir.path}/file`], 1, /Cannot make ".*": /);
  assert.deepEqual([...Deno.readDirSync(dir.path)].map(({ name }) => name).sort(), ["file", "there"]);
});

Deno.test("a plugin made by the published command or the single file names the published package, and no checkout", async () => {
  assert.equal(checkout("https://jsr.io/@stoq/cli/4.0.0/authoring/scaffold.ts", false), null);
  assert.equal(checkout(import.meta.url, true), null);
  // A bundle has no files around it that a test could import.
  assert.equal(checkout("file:///nonexistent/dist/stoq.js", false), null);
  assert.equal(checkout(new URL("../../authoring/scaffold.ts", import.meta.url).href, false), CHECKOUT);
  const files = await newPlugin("mine", "worker", null);
  assert.deepEqual(JSON.parse(files.get("deno.json")!), {
    imports: { "@stoq/cli/plugin": "jsr:@stoq/cli@^4/plugin", "@stoq/cli/testing": "jsr:@stoq/cli@^4/testing" },
  });
  assert.equal(files.has("deno.lock"), false);
  assert.doesNotMatch([...files.values()].join(), /file:|links/);
});
