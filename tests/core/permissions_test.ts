import assert from "node:assert/strict";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { catchStandardError, firstPass, inCore, only, openStoq, sharedStoq, tempFolder } from "./support.ts";

/** Files of a plugin that reads the file that its payload names. */
function grabber(sections: string): Record<string, string> {
  return {
    "plugins/grabber/grabber.stoq": `[Core]\nName = grabber\nModule = grabber\n${sections}`,
    "plugins/grabber/grabber.ts": `
      import { readFile } from "node:fs/promises";
      export default class {
        async scan(payload) {
          return { results: await readFile(new TextDecoder().decode(payload.content), "utf8") };
        }
      }`,
    "secret/file.txt": "the secret",
  };
}

/** What the grabber reads of `secret/file.txt`, or its error. */
async function grab(sections: string, cfg = "", pluginOpts: Record<string, unknown> = {}): Promise<string> {
  const folder = await tempFolder(grabber(sections));
  await using home = folder;
  const fill = (text: string) => text.replaceAll("HOME", home.path);
  await Deno.writeTextFile(join(home.path, "stoq.cfg"), fill(cfg));
  await Deno.writeTextFile(
    join(home.path, "plugins/grabber/grabber.stoq"),
    fill(grabber(sections)["plugins/grabber/grabber.stoq"]!),
  );
  await symlink("/", join(home.path, "everything"));
  const opts = Object.fromEntries(Object.entries(pluginOpts).map(([key, value]) => [key, fill(String(value))]));
  await using stoq = openStoq({
    baseDir: home.path,
    pluginDirList: [join(home.path, "plugins")],
    pluginOpts: { grabber: opts },
    pluginLimits: inCore("grabber"),
  });
  const { results, errors } = await stoq.scan(join(home.path, "secret/file.txt"), { addStartDispatch: ["grabber"] });
  const [error] = errors["grabber"] ?? [];
  return error?.replaceAll(home.path, "HOME") ?? String(firstPass(only(results))["grabber"]);
}

Deno.test("a plugin whose manifest lists nothing may read nothing; the error says what was denied and what grants it", async () => {
  await using stoq = openStoq();
  const { results, errors } = await stoq.scan("/etc/hostname", { addStartDispatch: ["grabs", "size"] });
  assert.deepEqual(Object.keys(firstPass(only(results))), ["size"]);
  const message = only(errors["grabs"] ?? []);
  assert.match(message, /^scan (was denied|failed) for payload [0-9a-f-]{36}: /);
  assert.match(message, /"\/etc\/hostname"/);
  assert.match(message, /\[permissions\.grabs\] in stoq\.cfg/);
});

Deno.test("a permission in the manifest is granted, with {option} filled in", async () => {
  assert.equal(await grab("[permissions]\nread = HOME/secret\n"), "the secret");
  assert.equal(await grab("[options]\ndir = HOME/secret\n[permissions]\nread = {dir}\n"), "the secret");
  assert.equal(await grab("[options]\ndir =\n[permissions]\nread = {dir}\n", "", { dir: "HOME/secret" }), "the secret");
  assert.equal(
    await grab("[options]\ndir =\n[permissions]\nread = {dir}/file.txt\n", "[grabber]\ndir = HOME/secret\n"),
    "the secret",
  );
});

Deno.test("an option that is empty grants nothing, and one value never becomes two grants", async () => {
  const denied = /no read access|read access to|not available|is denied|denied/i;
  assert.match(await grab("[options]\ndir =\n[permissions]\nread = {dir}\n"), denied);
  assert.match(await grab("[options]\ndir =\n[permissions]\nread = {dir}/secret\n"), denied);
  assert.match(
    await grab("[options]\ndir =\n[permissions]\nread = HOME/{dir}\n", "", { dir: "nowhere,HOME/secret" }),
    denied,
  );
});

Deno.test("stoq.cfg takes a permission away, and grants what the manifest does not ask for", async () => {
  const asks = "[permissions]\nread = HOME/secret\n";
  for (const none of ["read =", "read", "read = no", "read = HOME/elsewhere"]) {
    assert.match(await grab(asks, `[permissions.grabber]\n${none}\n`), /denied|read access/i, none);
  }
  assert.equal(await grab("", "[permissions.grabber]\nread = HOME/secret\n"), "the secret");
  assert.equal(await grab(asks, "[permissions.grabber]\nnet = example.com:443\n"), "the secret");
});

Deno.test("everything is granted only by the operator's own word", async () => {
  assert.match(
    await grab("[permissions]\nread = /\n"),
    /which is everything: if it is wanted, write "read = \/" under/,
  );
  assert.equal(await grab("[permissions]\nread = /\n", "[permissions.grabber]\nread = /\n"), "the secret");
  assert.equal(await grab("", "[permissions.grabber]\nread = *\n"), "the secret");
});

Deno.test("a link to everything is everything", async () => {
  assert.match(
    await grab("[permissions]\nread = HOME/everything\n"),
    /which is everything: if it is wanted, write "read = /,
  );
});

Deno.test("what a plugin from a plugin directory may do is logged once", async () => {
  using log = catchStandardError();
  await using home = await tempFolder(grabber("[permissions]\nread = /srv/data\nnet = api.example.com:443\n"));
  await using stoq = openStoq({
    baseDir: home.path,
    pluginDirList: [join(home.path, "plugins")],
    logLevel: "info",
    pluginLimits: inCore("grabber"),
  });
  for (let n = 0; n < 2; n++) await stoq.scan("/nowhere", { addStartDispatch: ["grabber"] });
  const said = only(log.lines().filter((line) => line.includes(" may: ")));
  assert.match(said, /INFO\] stoq: Plugin "grabber" from ".*" may: net api\.example\.com:443; read \/srv\/data$/);
});

const stoq = sharedStoq();

/** What the plugin `reader` gets for an asset's name. */
async function asset(name: string): Promise<string> {
  const { results, errors } = await stoq.scan(name, { addStartDispatch: ["reader"] });
  return errors["reader"]?.[0]?.replace(/^.* for payload [0-9a-f-]*: /, "") ??
    String(firstPass(only(results))["reader"]);
}

Deno.test("a plugin reads files of its own folder as assets, by path or by listed name, without any permission", async () => {
  assert.equal(await asset("data.txt"), "an asset\n");
  assert.equal(await asset("./data.txt"), "an asset\n");
  assert.equal(await asset("listed"), "an asset\n");
  assert.match(await asset("missing.txt"), /Cannot read asset "missing\.txt": no such file$/);
});

Deno.test("an asset outside of the plugin's folder is refused, by whatever path", async () => {
  for (const path of ["../size/size.ts", "/etc/hostname", "../reader_2/x", "x/../../size/size.ts", "..", ""]) {
    assert.match(await asset(path), /Cannot read asset ".*": /, path);
  }
  assert.match(await asset("../size/size.ts"), /it is outside the plugin's folder$/);
  assert.match(await asset("/etc/hostname"), /it is outside the plugin's folder$|no such file$/);
});

Deno.test("a plugin with a link in its folder is refused, wherever the link leads", async () => {
  await using home = await tempFolder({
    "plugins/linker/linker.stoq": "[Core]\nName = linker\nModule = linker\n",
    "plugins/linker/linker.ts": "export default class { scan() { return { results: 1 }; } }",
    "plugins/linker/inside.txt": "inside",
    "secret.txt": "the secret",
  });
  const link = join(home.path, "plugins/linker/link.txt");
  for (const target of [join(home.path, "secret.txt"), "inside.txt", "nowhere"]) {
    await symlink(target, link);
    await using stoq = openStoq({ pluginDirList: [join(home.path, "plugins")], pluginLimits: inCore("linker") });
    const { errors } = await stoq.scan("x", { addStartDispatch: ["linker"] });
    assert.match(
      only(errors["linker"] ?? []),
      /has a symbolic link in its folder, ".*link\.txt": put a copy of the file there instead$/,
    );
    await Deno.remove(link);
  }
});
