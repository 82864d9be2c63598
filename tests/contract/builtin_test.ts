/** What every built-in plugin has, whoever wrote it. */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { classesOf, parseManifest } from "../../core/manifest.ts";
import { BUILTIN_PLUGINS_FOLDER } from "../support.ts";
import { Stoq } from "../../mod.ts";
import { BUILTIN_PLUGINS } from "../../plugins/builtin.ts";
import { tempDir } from "../support.ts";

/** Folders beside the plugins that are none. */
const NO_PLUGINS = ["lib"];

Deno.test("every plugin folder is in the list of built-in plugins, and every name has a folder", () => {
  const folders = readdirSync(BUILTIN_PLUGINS_FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    .map(({ name }) => name).filter((name) => !NO_PLUGINS.includes(name));
  assert.deepEqual(folders.toSorted(), [...BUILTIN_PLUGINS].toSorted());
});

Deno.test("every built-in plugin has a complete manifest, a README and a test", async (t) => {
  for (const name of BUILTIN_PLUGINS) {
    await t.step(name, async () => {
      const folder = join(BUILTIN_PLUGINS_FOLDER, name);
      const path = join(folder, `${name}.stoq`);
      const manifest = await parseManifest(Deno.readTextFileSync(path), path);
      assert.equal(manifest.name, name);
      assert.equal(manifest.module, name);
      for (const key of ["author", "website", "description"] as const) assert.notEqual(manifest[key], "", key);
      assert.match(manifest.version, /^\d+\.\d+\.\d+$/);
      assert.notEqual(manifest.classes, null);
      for (const file of [`${name}.ts`, `${name}_test.ts`, "README.md"]) {
        assert.ok(existsSync(join(folder, file)), file);
      }
      if (existsSync(join(folder, "testdata"))) assert.ok(existsSync(join(folder, "testdata", "README.md")));
      // A program that a plugin runs is outside its sandbox: no built-in one may.
      assert.equal(manifest.permissions.run, undefined);
    });
  }
});

Deno.test("every built-in plugin loads in its sandbox, and is of the classes that its manifest names", async (t) => {
  using home = tempDir();
  await using stoq = new Stoq({ baseDir: home.path, logLevel: "error" });
  const plugins = await stoq.listPlugins();
  for (const { name, classes } of plugins) {
    await t.step(name, async () => {
      const { methods } = await stoq.loadPlugin(name);
      assert.deepEqual(classesOf(methods).toSorted(), [...classes].toSorted());
    });
  }
});

Deno.test("every built-in worker takes an empty payload, one byte, and a megabyte of zeros, without failing", async (t) => {
  using home = tempDir();
  const { workers } = { workers: (await listWorkers(home.path)).filter((name) => name !== "exif" && name !== "trid") };
  await using stoq = new Stoq({ baseDir: home.path, logLevel: "error", alwaysDispatch: workers, maxRecursion: 0 });
  for (
    const [what, content] of [["nothing", new Uint8Array(0)], ["a byte", new Uint8Array(1)], [
      "zeros",
      new Uint8Array(2 ** 20),
    ]] as const
  ) {
    await t.step(what, async () => {
      const { errors, results } = await stoq.scan(content);
      assert.deepEqual(
        Object.entries(errors).filter(([, messages]) => messages.some((m) => /^scan (failed|crashed|timed)/.test(m))),
        [],
      );
      assert.deepEqual(results[0]!.pluginsRun.workers, [workers]);
    });
  }
});

async function listWorkers(home: string): Promise<string[]> {
  await using stoq = new Stoq({ baseDir: home, logLevel: "error" });
  return (await stoq.listPlugins()).filter(({ classes }) => classes.includes("worker")).map(({ name }) => name);
}
