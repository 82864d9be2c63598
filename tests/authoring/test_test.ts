import assert from "node:assert/strict";
import { findDeno } from "../../authoring/deno.ts";
import { testCommand } from "../../cli/test.ts";
import { stoq } from "../cli/support.ts";
import { tempDir, writePlugin } from "../support.ts";
import { assertFails, writeFiles } from "./support.ts";

const GOOD = "export default class Good { scan() {} }";

/** Plugins that are no good: module, sections of the manifest after [Core], and what is said. */
const BROKEN: Record<string, [module: string, sections: string, message: RegExp]> = {
  throws: [
    `export default class X { constructor() { throw new Error("no way") } scan() {} }`,
    "",
    /Plugin "throws" cannot be loaded: Error: no way/,
  ],
  syntax: [
    "export default class X { scan( {} }",
    "",
    /Plugin "syntax" cannot be loaded: .*SyntaxError: .*syntax\.ts:1/,
  ],
  no_class: ["export const x = 1;", "", /Plugin "no_class" cannot be loaded: .*no default export that is a class/],
  no_method: ["export default class X { look() {} }", "", /Plugin "no_method" is of no class: .* none of the methods/],
  wrong_class: [
    GOOD,
    "Classes = decorator",
    /Plugin "wrong_class" is a worker, but .* Classes = decorator: correct one/,
  ],
  wide: [GOOD, "[permissions]\nread = *", /Plugin "wide" asks for read = \*, .*\[permissions\.wide\]/],
  section: [GOOD, "[permission]\nread = x", /section \[permission\] is not known: use .*permissions/],
  asset: [
    GOOD,
    "[assets]\nrules = testdata/x",
    /Plugin "asset" lists asset rules = testdata\/x, which an install does not/,
  ],
  not_there: [
    `import x from "./other.ts";\nexport default class X { scan() { return x; } }`,
    "",
    /Plugin "not_there" cannot be loaded: .*Module not found ".*not_there\/other\.ts"/,
  ],
  bare: [
    `import x from "some-package";\nexport default class X { scan() { return x; } }`,
    "",
    /Cannot find "some-package", which "bare\.ts" imports: add it to "imports" in deno\.json/,
  ],
  forbidden: [
    `import { execSync } from "node:child_process";\nexport default class X { constructor() { execSync("ls") } scan() {} }`,
    "",
    /Plugin "forbidden" cannot be loaded: .*execSync of node:child_process is not available/,
  ],
};

Deno.test("a plugin that cannot be used fails with one line that says why", async (t) => {
  using dir = tempDir();
  for (const [name, [module, sections, message]] of Object.entries(BROKEN)) {
    await t.step(name, async () => {
      const folder = writePlugin(dir.path, name, module, sections);
      writeFiles(folder, [["testdata/x", "x"]]);
      assertFails(await stoq(["test", folder]), 1, message);
    });
  }
});

Deno.test("a folder that is no plugin's fails with one line that says why", async () => {
  using dir = tempDir();
  const folder = writePlugin(dir.path, "two", GOOD);
  writeFiles(dir.path, [["two/other.stoq", ""], ["file", ""], ["none/x.ts", ""]]);
  assertFails(await stoq(["test", folder]), 1, /has 2 manifests, other\.stoq, two\.stoq: a plugin has one/);
  assertFails(await stoq(["test", `${dir.path}/none`]), 1, /has no manifest: add NAME\.stoq/);
  assertFails(await stoq(["test", `${dir.path}/nowhere`]), 2, /Cannot read plugin folder ".*nowhere": no such file/);
  assertFails(await stoq(["test", `${dir.path}/file`]), 2, /it is a file: name the folder that it is in/);
  assertFails(await stoq(["test"]), 2, /missing required argument 'path'/);
  assertFails(await stoq(["test", folder, "--plugin-opts", "x"]), 2, /--plugin-opts "x" is not plugin:option=value/);
});

Deno.test("a plugin whose tests fail fails", async () => {
  using dir = tempDir();
  const folder = writePlugin(dir.path, "red", GOOD);
  writeFiles(folder, [["red_test.ts", `Deno.test("no", () => { throw new Error("not this time"); });`]]);
  const { code, stdout, stderr } = await stoq(["test", folder]);
  assert.match(stdout + stderr, /not this time/);
  assert.match(stderr, /^stoq: Tests of plugin "red" failed: see above$/m);
  assert.equal(code, 1);
});

Deno.test("what a plugin is and asks for is shown, as its manifest says it; one without tests is told so", async () => {
  using dir = tempDir();
  const folder = writePlugin(
    dir.path,
    "asks",
    "export default class X { scan() {} decorate() {} }",
    "[permissions]\nread = {place}, /srv\nstdout = yes\n[commands]\nlook = file -\n",
  );
  const { code, stdout } = await stoq(["test", folder]);
  assert.equal(
    stdout,
    [
      "asks 0.0.0",
      "  classes      worker, decorator",
      "  permissions  read = {place}, /srv",
      "               stdout = yes",
      "               runs, through stoQ: file -",
      "  files        asks.stoq, asks.ts",
      "  tests        none: add asks_test.ts",
      "",
    ].join("\n"),
  );
  assert.equal(code, 0);
});

Deno.test("options and grants that a plugin needs to load can be given", async () => {
  using dir = tempDir();
  const module = `export default class X { constructor({ options }) { options.getString("place"); } scan() {} }`;
  const folder = writePlugin(dir.path, "needy", module, "[permissions]\nnet = *");
  writeFiles(dir.path, [["stoq.cfg", "[permissions.needy]\nnet = *"]]);
  const config = ["--config-file", `${dir.path}/stoq.cfg`];
  assertFails(await stoq(["test", folder, ...config]), 1, /Plugin "needy" cannot be loaded: .*"?place"?/);
  const { code, stderr } = await stoq(["test", folder, ...config, "--plugin-opts", "needy:place=here"]);
  assert.equal(code, 0, stderr);
});

Deno.test("the single-file command takes a deno from PATH, and does without its tests where there is none", async () => {
  using dir = tempDir();
  assert.equal(findDeno(false, ""), Deno.execPath());
  assert.equal(findDeno(true, `/nonexistent:${dir.path}`), null);
  Deno.writeTextFileSync(`${dir.path}/deno`, "");
  assert.equal(findDeno(true, `/nonexistent:${dir.path}`), `${dir.path}/deno`);
  const folder = writePlugin(dir.path, "alone", GOOD);
  assert.equal(await testCommand(folder, {}, null), 0);
  writeFiles(folder, [["alone_test.ts", ""]]);
  assert.equal(await testCommand(folder, {}, null), 1);
});
