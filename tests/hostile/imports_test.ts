/** Rows 1, 2, 3 and 14: what a plugin can import. */
import assert from "node:assert/strict";
import { readAsset } from "../../sandbox/assets.ts";
import { tempDir } from "../support.ts";
import { sharedHostile } from "./support.ts";

const attack = sharedHostile({}, ({ plugins, outside }) => {
  for (const plugin of ["links_in_its_own_folder", "link_as_asset"]) {
    Deno.symlinkSync(`${outside}/secret.txt`, `${plugins}/${plugin}/link.txt`);
    Deno.symlinkSync(`${outside}/secret.ts`, `${plugins}/${plugin}/link.ts`);
    Deno.symlinkSync(outside, `${plugins}/${plugin}/folder`);
  }
});

Deno.test("a static text import of a file outside the plugin's folder is denied", async () => {
  const { gained, errors } = await attack("static_text_import_of_a_file");
  assert.equal(gained, undefined);
  assert.match(errors, /cannot be loaded: .*read access to ".*secret\.txt"/);
});

Deno.test("a static JSON import of a file outside the plugin's folder is denied", async () => {
  const { gained, errors } = await attack("static_json_import_of_a_file");
  assert.equal(gained, undefined);
  assert.match(errors, /cannot be loaded: .*read access to ".*secret\.json"/);
});

Deno.test("a static import of code outside the plugin's folder is denied", async () => {
  const { gained, errors } = await attack("static_import_of_a_module_outside");
  assert.equal(gained, undefined);
  assert.match(errors, /cannot be loaded: .*read access to ".*secret\.ts"/);
});

Deno.test("a literal dynamic import of a file outside is denied, and the plugin works on", async () => {
  const { gained, refused } = await attack("literal_dynamic_import_of_a_file");
  assert.equal(gained, null);
  assert.match(refused, /Requires read access to ".*secret\.txt"/);
});

Deno.test("computed imports of files are denied in every spelling", async () => {
  const { gained, refused } = await attack("computed_imports_of_files");
  assert.equal(gained, null);
  const lines = refused.split("\n");
  assert.equal(lines.length, 13);
  for (const line of lines) {
    assert.match(line, /Requires .*read access|not available in a plugin's sandbox|Requires all access|localhost/);
  }
});

Deno.test("links in a plugin's own folder lead nowhere", async () => {
  const { gained, errors, refused } = await attack("links_in_its_own_folder");
  assert.ok(gained === null || gained === undefined, `followed its links: ${gained}`);
  assert.match(errors + refused, /link|outside|read access/);
});

Deno.test("an asset is a file of the plugin's folder, whatever links and paths say", async () => {
  // The plugin itself is refused, for the link; what it would ask for is asked here.
  const { gained, errors } = await attack("link_as_asset");
  assert.ok(gained === null || gained === undefined);
  assert.match(errors, /has a symbolic link in its folder/);
  using dir = tempDir();
  Deno.writeTextFileSync(`${dir.path}/secret`, "secret");
  Deno.mkdirSync(`${dir.path}/plugin/inner`, { recursive: true });
  Deno.writeTextFileSync(`${dir.path}/plugin/fine`, "fine");
  Deno.symlinkSync(`${dir.path}/secret`, `${dir.path}/plugin/link`);
  Deno.symlinkSync(dir.path, `${dir.path}/plugin/folder`);
  const plugin = { folder: `${dir.path}/plugin`, assets: { listed: "../secret" } };
  assert.equal(new TextDecoder().decode(await readAsset(plugin, "inner/../fine")), "fine");
  for (
    const path of [
      "link",
      "folder/secret",
      "../secret",
      "inner/../../secret",
      `${dir.path}/secret`,
      "/etc/passwd",
      "listed",
      "",
      ".",
      "nosuch",
      "\0",
    ]
  ) {
    await assert.rejects(readAsset(plugin, path), /^Error: Cannot read asset ".*": /s, path);
  }
});

Deno.test("a static npm import asks no registry", async () => {
  const { gained, errors } = await attack("static_npm_import");
  assert.equal(gained, undefined);
  assert.match(errors, /cannot be loaded: .*npm:stoq-hostile-static-secret@1\.0\.0/);
});

Deno.test("computed npm and jsr imports ask no registry, in any spelling", async () => {
  const { gained, refused } = await attack("computed_registry_imports");
  assert.equal(gained, null);
  // One of them has a line end in it.
  assert.equal(refused.match(/is not available in a plugin's sandbox/g)?.length, 10);
});

Deno.test("a static http import makes no connection", async () => {
  const { gained, errors } = await attack("static_http_import");
  assert.equal(gained, undefined);
  assert.match(errors, /cannot be loaded: .*module "http:\/\/127\.0\.0\.1:\d+\/code\.ts" is not available/);
});

Deno.test("computed http imports make no connection", async () => {
  const { gained, refused } = await attack("computed_http_imports");
  assert.equal(gained, null);
  const lines = refused.split("\n");
  assert.equal(lines.length, 7);
  for (const line of lines) {
    assert.match(line, /is not available in a plugin's sandbox|read access|Module not found|not be loaded/i);
  }
});

Deno.test("modules made of text are refused", async () => {
  const { gained, refused } = await attack("modules_made_of_text");
  assert.equal(gained, null);
  assert.equal(refused.match(/module "(data|DATA|blob):.*is not available in a plugin's sandbox/g)?.length, 5);
});

Deno.test("a JSX pragma fetches nothing", async () => {
  const { gained, refused } = await attack("jsx_pragma_that_fetches");
  assert.equal(gained, null);
  assert.match(refused, /module "http:\/\/127\.0\.0\.1:\d+\/jsx\/jsx-runtime" is not available/);
  assert.match(refused, /npm:stoq-hostile-jsx/);
});

Deno.test("types fetch nothing", async () => {
  const { results, errors } = await attack("types_that_fetch");
  assert.deepEqual(results, { gained: null, name: "b" });
  assert.equal(errors, "");
});

Deno.test("imports in code made at run time are refused like any other", async () => {
  const { gained, refused } = await attack("imports_inside_made_code");
  assert.equal(gained, null);
  const lines = refused.split("\n");
  assert.equal(lines.length, 8);
  for (const line of lines) assert.match(line, /read access|is not available in a plugin's sandbox/);
});

Deno.test("the sandbox's own modules, imported by a plugin, give it nothing", async () => {
  const { gained, refused } = await attack("host_modules_imported_again");
  assert.equal(gained, null);
  assert.equal(refused.match(/^(Type)?Error: /gm)?.length, 9);
  assert.match(
    refused,
    /module "stoq-denied:\/\/\/net" is not available in a plugin's sandbox|connect of node:net is not available/,
  );
  assert.match(refused, /module "npm:stoq-hostile-harden" is not available/);
  assert.match(refused, /read access to ".*process_loop\.ts"/);
});

Deno.test("a WebAssembly module that imports a module of Node.js gets none", async () => {
  const { gained, refused } = await attack("wasm_that_imports_node");
  assert.equal(gained, null);
  assert.match(refused, /not available|Invalid or unexpected token/);
});

Deno.test("a source map outside the folder is not read", async () => {
  const { gained, errors } = await attack("source_map_outside");
  assert.equal(gained, undefined);
  assert.match(errors, /look at my stack/);
});
