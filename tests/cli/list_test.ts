import assert from "node:assert/strict";
import { BUILTIN_PLUGINS } from "../../plugins/builtin.ts";
import { tempDir, writePlugin } from "../support.ts";
import { stoq } from "./support.ts";

Deno.test("list shows name, version, description and classes of every built-in plugin", async () => {
  const { code, stdout } = await stoq(["list"]);
  assert.equal(code, 0);
  const lines = stdout.split("\n");
  assert.match(lines[0]!, /^stoQ :: v\d+\.\d+\.\d+ :: an automated analysis framework$/);
  assert.match(lines[1]!, /^-+$/);
  for (const name of BUILTIN_PLUGINS) {
    const at = lines.findIndex((line) => line.startsWith(`${name} `));
    assert.match(lines[at]!, /^\S+ +v\d+\.\d+\.\d+ +\S/);
    assert.match(lines[at + 1]!, /^ +- (Provider|Archiver|Dispatcher|DeepDispatcher|Worker|Decorator|Connector)/);
  }
});

Deno.test("list --json is parseable; a plugin that cannot be loaded is listed, and said on standard error", async () => {
  using dir = tempDir();
  writePlugin(dir.path, "broken", "export default 1;");
  const { code, stdout, stderr } = await stoq(["list", "--json", "--plugin-dir", dir.path]);
  assert.equal(code, 0);
  const broken = JSON.parse(stdout).find(({ name }: { name: string }) => name === "broken");
  assert.deepEqual(broken.classes, []);
  assert.match(stderr, /Plugin "broken" cannot be loaded: TypeError: module has no default export that is a class/);
});
