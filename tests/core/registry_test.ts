import assert from "node:assert/strict";
import { join } from "node:path";
import { Stoq, VERSION } from "../../mod.ts";
import { catchStandardError, firstPass, FIXTURES, inCore, only, openStoq, tempFolder } from "./support.ts";

/** Files of a plugin whose result is a word. */
function plugin(folder: string, name: string, word: string, more = ""): Record<string, string> {
  return {
    [`${folder}/${name}.stoq`]: `[Core]\nName = ${name}\nModule = ${name}\n${more}`,
    [`${folder}/${name}.ts`]: `export default class { scan() { return { results: "${word}" }; } }\n`,
  };
}

Deno.test("plugins are found in several directories, at any depth; a directory that is not there does no harm", async () => {
  await using home = await tempFolder({
    ...plugin("one/alpha", "alpha", "a"),
    ...plugin("two/deep/er/beta", "beta", "b"),
  });
  await using stoq = openStoq({
    baseDir: home.path,
    pluginDirList: [join(home.path, "one"), join(home.path, "two"), join(home.path, "not_there"), FIXTURES],
    pluginLimits: inCore("alpha", "beta", "size"),
  });
  const { results, errors } = await stoq.scan("data", { addStartDispatch: ["alpha", "beta", "size"] });
  assert.deepEqual(errors, {});
  assert.deepEqual(firstPass(only(results)), { alpha: "a", beta: "b", size: { size: 4 } });
});

Deno.test("without a list, plugins are looked for in plugins/ of the base directory, or where stoq.cfg says", async () => {
  await using home = await tempFolder(plugin("plugins/alpha", "alpha", "a"));
  await using stoq = new Stoq({ baseDir: home.path, logLevel: "critical", pluginLimits: inCore("alpha") });
  assert.deepEqual(firstPass(only((await stoq.scan("x", { addStartDispatch: ["alpha"] })).results)), { alpha: "a" });
  await using other = await tempFolder({
    ...plugin("mine/beta", "beta", "b"),
    "stoq.cfg": "[core]\nplugin_dir_list = mine\n",
  });
  await using listed = new Stoq({ baseDir: other.path, logLevel: "critical", pluginLimits: inCore("beta") });
  assert.deepEqual(firstPass(only((await listed.scan("x", { addStartDispatch: ["beta"] })).results)), { beta: "b" });
});

Deno.test("a plugin named like a built-in one overrides it, and the log says so", async () => {
  using log = catchStandardError();
  await using home = await tempFolder(plugin("plugins/hash", "hash", "mine"));
  await using stoq = openStoq({
    baseDir: home.path,
    pluginDirList: [join(home.path, "plugins")],
    logLevel: "info",
    pluginLimits: inCore("hash"),
  });
  const { results } = await stoq.scan("data", { addStartDispatch: ["hash"] });
  assert.deepEqual(firstPass(only(results)), { hash: "mine" });
  const said = log.lines().filter((line) => line.includes("overrides"));
  assert.match(only(said), /INFO\] stoq: Plugin "hash" in ".*\/plugins\/hash" overrides the built-in one$/);
});

Deno.test("a plugin that is in two directories is an error once it is used, and names both places", async () => {
  await using home = await tempFolder({ ...plugin("one/alpha", "alpha", "1"), ...plugin("two/alpha", "alpha", "2") });
  await using stoq = openStoq({ baseDir: home.path, pluginDirList: [join(home.path, "one"), join(home.path, "two")] });
  const { errors } = await stoq.scan("data", { addStartDispatch: ["alpha"] });
  const message = only(errors["alpha"] ?? []);
  assert.match(message, /^Plugin "alpha" is there more than once: ".*one\/alpha.*" and ".*two\/alpha.*": keep one$/);
});

Deno.test("the same directory named twice is looked through once", async () => {
  await using home = await tempFolder(plugin("plugins/alpha", "alpha", "a"));
  await using stoq = openStoq({
    baseDir: home.path,
    pluginDirList: [join(home.path, "plugins"), join(home.path, "plugins/")],
    pluginLimits: inCore("alpha"),
  });
  const { errors } = await stoq.scan("data", { addStartDispatch: ["alpha"] });
  assert.deepEqual(errors, {});
});

Deno.test("a plugin that wants a newer stoQ runs, after one warning that names both versions", async () => {
  using log = catchStandardError();
  await using stoq = openStoq({ logLevel: "warning" });
  for (let n = 0; n < 2; n++) {
    const { results, errors } = await stoq.scan("data", { addStartDispatch: ["wants_newer"] });
    assert.deepEqual(errors, {});
    assert.deepEqual(firstPass(only(results)), { wants_newer: { ran: true } });
  }
  const said = only(log.lines().filter((line) => line.includes("wants_newer")));
  assert.ok(said.endsWith(`Plugin "wants_newer" wants stoQ 99.1 or later, this is ${VERSION}: it may not work`), said);
});

Deno.test("a module may be named with its extension, and be JavaScript", async () => {
  await using home = await tempFolder({
    "plugins/a/with_ext.stoq": "[Core]\nName = with_ext\nModule = code.ts\n",
    "plugins/a/code.ts": "export default class { scan() { return { results: 'ts' }; } }\n",
    "plugins/b/script.stoq": "[Core]\nName = script\nModule = script\n",
    "plugins/b/script.js": "export default class { scan() { return { results: 'js' }; } }\n",
  });
  await using stoq = openStoq({
    baseDir: home.path,
    pluginDirList: [join(home.path, "plugins")],
    pluginLimits: inCore("with_ext", "script"),
  });
  const { results, errors } = await stoq.scan("data", { addStartDispatch: ["with_ext", "script"] });
  assert.deepEqual(errors, {});
  assert.deepEqual(firstPass(only(results)), { with_ext: "ts", script: "js" });
});

Deno.test("listing shows name, version, description, classes and place; one that cannot be loaded has no class", async () => {
  await using home = await tempFolder({
    ...plugin("plugins/alpha", "alpha", "a", "[Documentation]\nVersion = 1.2.3\nDescription = Says a\n"),
    "plugins/bad/bad.stoq": "[Core]\nName = bad\nModule = bad\n",
    "plugins/bad/bad.ts": "throw new Error('no');\n",
  });
  await using stoq = openStoq({
    baseDir: home.path,
    pluginDirList: [join(home.path, "plugins")],
    pluginLimits: inCore("alpha", "bad"),
  });
  const plugins = await stoq.listPlugins();
  const mine = plugins.filter(({ builtin }) => !builtin);
  assert.deepEqual(mine.map(({ name, version, description, classes }) => [name, version, description, classes]), [
    ["alpha", "1.2.3", "Says a", ["worker"]],
    ["bad", "0.0.0", "", []],
  ]);
  assert.equal(mine[0]?.folder, join(home.path, "plugins/alpha"));
  assert.deepEqual(plugins.find(({ name }) => name === "hash")?.classes, ["worker"]);
  assert.ok(plugins.findIndex(({ builtin }) => !builtin) > plugins.findIndex(({ builtin }) => builtin));
});
