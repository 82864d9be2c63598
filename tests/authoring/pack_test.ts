import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { deflate } from "pako";
import { openPlugin } from "../../testing.ts";
import { stoq } from "../cli/support.ts";
import { tempDir, writePlugin } from "../support.ts";
import { assertFails, unpack, writeAuthored } from "./support.ts";

const SEVERAL = {
  "several.ts": `import type { Payload, WorkerPlugin } from "@stoq/cli/plugin";
import { size } from "./lib/size.ts";
import words from "./words.json" with { type: "json" };
// import nothing from "a-package-in-a-comment";
export default class Several implements WorkerPlugin {
  scan(payload: Payload) { return { results: { size: size(payload), words } }; }
}`,
  "lib/size.ts": `import type { Payload } from "@stoq/cli/plugin";
export const size = (payload: Payload): number => payload.content.length;`,
  "words.json": `["a", "b"]`,
};

Deno.test("a plugin of several TypeScript files is packed as they are, without what is for its author", async () => {
  using dir = tempDir();
  const folder = await writeAuthored(dir.path, "several", {
    ...SEVERAL,
    ...{ ".env": "SECRET=1", ".git/config": "", "node_modules/x/x.js": "", "testdata/a": "", "lib/size_test.ts": "" },
    ...{ "several-0.0.9.tar.gz": "an earlier one", "data/rules.bin": new Uint8Array([0, 255]), "words.json~": "" },
  });
  const { code, stdout, stderr } = await stoq(["pack", folder], { cwd: dir.path });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^ {2}archive +several-0\.1\.0\.tar\.gz, \d+ bytes\n {2}sha256 +[0-9a-f]{64}$/m);
  assert.doesNotMatch(stdout, /bundled/);
  const files = unpack(`${dir.path}/several-0.1.0.tar.gz`, `${dir.path}/out`);
  assert.deepEqual(
    [...files.keys()].toSorted(),
    ["README.md", "data/rules.bin", "lib/size.ts", "several.stoq", "several.ts", "words.json"].map((path) =>
      `several/${path}`
    ),
  );
  assert.equal(new TextDecoder().decode(files.get("several/several.ts")), SEVERAL["several.ts"]);
  assert.deepEqual([...files.get("several/data/rules.bin")!], [0, 255]);
  await using several = await openPlugin(`${dir.path}/out/several`);
  assert.deepEqual((await several.scan("data")).results, { size: 4, words: ["a", "b"] });
});

const WITH_NPM = {
  "inflates.ts": `import type { Payload, WorkerPlugin } from "@stoq/cli/plugin";
import { inflate } from "pako";
import amqp from "amqplib";
import { text } from "./text.ts";
export default class Inflates implements WorkerPlugin {
  scan(payload: Payload) {
    return { results: { text: text(inflate(payload.content)), connect: typeof amqp.connect } };
  }
}`,
  "text.ts": "export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);",
  "inflates_test.ts": `import assert from "node:assert/strict";
import { openPlugin } from "@stoq/cli/testing";
import { deflate } from "pako";
Deno.test("inflates", async () => {
  await using plugin = await openPlugin(new URL("./", import.meta.url));
  const { results } = await plugin.scan(deflate("some text"));
  assert.deepEqual(results, { text: "some text", connect: "function" });
});`,
};

Deno.test("npm packages become part of the module, which gives the right result in its sandbox", async () => {
  using dir = tempDir();
  // One package is made of ES modules, the other of CommonJS that requires modules of Node.js.
  const folder = await writeAuthored(dir.path, "inflates", WITH_NPM, ["pako", "amqplib"]);
  const tested = await stoq(["test", folder]);
  assert.equal(tested.code, 0, tested.stdout + tested.stderr);
  assert.match(tested.stdout, /^ {2}bundled +amqplib@\d\S+, pako@\d\S+$/m);
  assert.match(tested.stdout, /ok \| 1 passed/);

  const { code, stderr } = await stoq(["pack", folder, "--output", `${dir.path}/x.tar.gz`]);
  assert.equal(code, 0, stderr);
  const files = unpack(`${dir.path}/x.tar.gz`, `${dir.path}/out`);
  assert.deepEqual([...files.keys()].toSorted(), [
    "inflates/README.md",
    "inflates/inflates.js",
    "inflates/inflates.stoq",
  ]);
  // Where the author works is nobody's business.
  const module = new TextDecoder().decode(files.get("inflates/inflates.js"));
  assert.doesNotMatch(module, /^\/\/ \.\.\//m);
  assert.match(module, /^\/\/ npm\/pako\//m);
  const { stdout } = await stoq(["scan", "-s", "inflates", "--plugin-dir", `${dir.path}/out`], {
    stdin: deflate("some text"),
  });
  const { results, errors } = JSON.parse(stdout);
  assert.deepEqual(errors, {});
  assert.deepEqual(results[0].workers[0].inflates, { text: "some text", connect: "function" });
});

Deno.test("the same plugin in another place, written at another time, gives the same bytes", async () => {
  using dir = tempDir();
  const archives: Uint8Array[] = [];
  for (const place of ["one", "two/deeper"]) {
    const plain = await writeAuthored(`${dir.path}/${place}`, "several", SEVERAL);
    const bundled = await writeAuthored(`${dir.path}/${place}`, "inflates", WITH_NPM, ["pako", "amqplib"]);
    Deno.utimeSync(`${plain}/several.ts`, archives.length * 1e6, archives.length * 1e6);
    Deno.chmodSync(`${plain}/several.ts`, archives.length === 0 ? 0o600 : 0o755);
    for (const folder of [plain, bundled]) {
      const output = `${dir.path}/${archives.length}.tar.gz`;
      const { code, stderr } = await stoq(["pack", folder, "--output", output]);
      assert.equal(code, 0, stderr);
      archives.push(Deno.readFileSync(output));
    }
  }
  assert.deepEqual(archives[0], archives[2]);
  assert.deepEqual(archives[1], archives[3]);
  assert.notDeepEqual(archives[0], archives[1]);
});

Deno.test("what leads out of the folder, by a path or as a package named in full, is bundled too", async () => {
  using dir = tempDir();
  Deno.writeTextFileSync(`${dir.path}/shared.ts`, "export const three = 3;");
  const folder = writePlugin(
    dir.path,
    "outward",
    `import { three } from "../shared.ts";
export default class Outward { async scan() { return { results: [three, typeof (await import("npm:pako@2.1.0")).inflate] }; } }`,
  );
  const { code, stdout, stderr } = await stoq(["pack", folder, "--output", `${dir.path}/x.tar.gz`]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^ {2}bundled +\.\.\/shared\.ts, pako@2\.1\.0$/m);
  unpack(`${dir.path}/x.tar.gz`, `${dir.path}/out`);
  Deno.removeSync(`${dir.path}/shared.ts`);
  await using outward = await openPlugin(`${dir.path}/out/outward`);
  assert.deepEqual((await outward.scan("x")).results, [3, "function"]);
});

Deno.test("what cannot be packed fails with one line, and no archive is left", async () => {
  using dir = tempDir();
  const good = "export default class X { scan() {} }";
  const output = `${dir.path}/x.tar.gz`;
  const fails = async (folder: string, message: RegExp, to = output) => {
    assertFails(await stoq(["pack", folder, "--output", to]), 1, message);
    assert.equal(existsSync(output), false);
  };
  const linked = writePlugin(dir.path, "linked", good);
  Deno.symlinkSync("/etc/passwd", `${linked}/link`);
  await fails(linked, /Plugin "linked" has a symbolic link in its folder, ".*link": put a copy/);
  const version = writePlugin(dir.path, "version", good, "[Documentation]\nVersion = 1/2");
  await fails(version, /Cannot pack plugin "version": Version "1\/2" cannot be part of a file name/);
  const named = writePlugin(dir.path, "named", `import "npm:pako@2.1.0";\n${good}`);
  Deno.writeTextFileSync(`${named}/named.stoq`, "[Core]\nName = named\nModule = named.ts\n");
  await fails(named, /Plugin "named" has to be bundled, which gives "named\.js": write "Module = named"/);
  const broken = writePlugin(dir.path, "broken", "export default 1;");
  await fails(broken, /Plugin "broken" cannot be loaded/);
  const fine = writePlugin(dir.path, "fine", good);
  await fails(fine, /Cannot write ".*nowhere\/x": no such file or directory/, `${dir.path}/nowhere/x`);
  assertFails(await stoq(["pack", `${dir.path}/nowhere`]), 2, /Cannot read plugin folder/);
  assertFails(await stoq(["pack"]), 2, /missing required argument 'path'/);
});
