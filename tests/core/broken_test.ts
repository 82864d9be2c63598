import assert from "node:assert/strict";
import { join } from "node:path";
import { StoqError } from "../../mod.ts";
import { BROKEN, catchStandardError, firstPass, inCore, only, openStoq, sharedStoq, tempFolder } from "./support.ts";

const stoq = sharedStoq({ pluginDirList: [BROKEN] });

/** The one message that a scan with a broken plugin gives, with the folder of the fixtures left out. */
async function messageOf(name: string): Promise<string> {
  const { results, errors } = await stoq.scan("data", { addStartDispatch: [name, "hash"] });
  assert.deepEqual(Object.keys(firstPass(only(results))), ["hash"]);
  assert.deepEqual(Object.keys(errors), [name]);
  const message = only(errors[name] ?? []);
  assert.equal(message.includes("\n"), false);
  return message.replaceAll(BROKEN, "").replace(/ for payload [0-9a-f-]{36}/, "");
}

const cannotUse = (name: string) => `Plugin "${name}" cannot be used: Cannot use manifest "${name}/${name}.stoq": `;
const wide = (name: string, asked: string, grant: string) =>
  `Plugin "${name}" asks for ${asked}, which is everything: if it is wanted, write "${grant}" under [permissions.${name}] in stoq.cfg`;

/** Each folder of `tests/fixtures/broken/` and what it gives: thing, value and remedy. */
const CASES: Record<string, string> = {
  no_core: cannotUse("no_core") + "section [Core] is missing: add it, with Name and Module",
  no_name: cannotUse("no_name") + "Name of [Core] is missing: add it",
  no_module: cannotUse("no_module") + "Module of [Core] is missing: add it",
  module_file_missing:
    'Plugin "module_file_missing" cannot be used: Plugin "module_file_missing" has no module: "module_file_missing/' +
    'module_file_missing.stoq" names "not_there", and there is no not_there.ts, not_there.js, not_there.mjs beside it',
  module_elsewhere: cannotUse("module_elsewhere") +
    'Module "../module_elsewhere" is not a file name in the manifest\'s folder',
  bad_name: cannotUse("bad_name") + 'Name "bad name" is not a plugin name: use letters, digits, "_", "-" and "."',
  reserved_name: cannotUse("reserved_name") + 'Name "stoq" is reserved: choose another',
  no_section: 'Plugin "no_section" cannot be used: Cannot read manifest "no_section/no_section.stoq": ' +
    "it is neither INI nor YAML with sections: begin with [Core]",
  line_without_section: 'Plugin "line_without_section" cannot be used: Cannot read "line_without_section/' +
    'line_without_section.stoq", line 4: option "name" is there twice in its section: keep one',
  bad_yaml: 'Plugin "bad_yaml" cannot be used: Cannot read manifest "bad_yaml/bad_yaml.stoq" as YAML: ',
  unknown_section: cannotUse("unknown_section") +
    "section [permission] is not known: use core, documentation, options, permissions, commands, assets, limits",
  unknown_key: cannotUse("unknown_key") + '"modul" of [Core] is not known: use name, module',
  unknown_permission: cannotUse("unknown_permission") +
    '"network" of [permissions] is not known: use net, read, write, run, env, sys, stdout',
  wants_ffi: cannotUse("wants_ffi") + "permission ffi is never granted: native code has no sandbox",
  unknown_limit: cannotUse("unknown_limit") + '"time" of [limits] is not known: use timeout, memory, ',
  bad_timeout: cannotUse("bad_timeout") + 'timeout of [limits] is "soon": it must be a number above 0',
  bad_isolation: cannotUse("bad_isolation") + 'isolation of [limits] is "none": it must be shared, process or worker',
  net_everything: wide("net_everything", "net = *", "net = *"),
  net_by_option: wide("net_by_option", 'net = *:443 (from "{host}:443")', "net = *:443"),
  net_any_address: wide("net_any_address", "net = 0.0.0.0", "net = 0.0.0.0"),
  read_everything: wide("read_everything", "read = /", "read = /"),
  write_everything: wide("write_everything", "write = /tmp/..", "write = /tmp/.."),
  env_everything: wide("env_everything", "env = *", "env = *"),
  asset_elsewhere:
    'Plugin "asset_elsewhere" lists asset passwords = /etc/passwd: only files of its own folder can be listed',
  no_default_export:
    'scan failed: cannot be loaded: TypeError: module has no default export that is a class: add "export default class …"',
  default_is_no_class:
    'scan failed: cannot be loaded: TypeError: module has no default export that is a class: add "export default class …"',
  constructor_throws: "scan failed: cannot be loaded: RangeError: constructed on purpose",
  throws_while_loading: "scan failed: cannot be loaded: RangeError: loaded on purpose",
  same_name: 'Plugin "same_name" is there more than once: "same_name/first/same_name.stoq" and ' +
    '"same_name/second/same_name.stoq": keep one',
};

for (const [name, expected] of Object.entries(CASES)) {
  Deno.test(`broken plugin "${name.replaceAll("_", " ")}": one line names thing, value and remedy; others run`, async () => {
    const message = await messageOf(name);
    assert.ok(message.startsWith(expected), message);
  });
}

Deno.test("every broken fixture has its message here", () => {
  assert.deepEqual([...Deno.readDirSync(BROKEN)].map(({ name }) => name).sort(), Object.keys(CASES).sort());
});

Deno.test("a module with a syntax error gives one line that names the file", async () => {
  await using home = await tempFolder({
    "plugins/garbled/garbled.stoq": "[Core]\nName = garbled\nModule = garbled\n",
    "plugins/garbled/garbled.ts": "export default class { scan( }\n",
  });
  await using stoq = openStoq({ pluginDirList: [join(home.path, "plugins")], pluginLimits: inCore("garbled") });
  const { errors } = await stoq.scan("data", { addStartDispatch: ["garbled"] });
  const message = only(errors["garbled"] ?? []);
  assert.equal(message.includes("\n"), false);
  assert.match(message, /cannot be loaded: .*garbled\.ts:1:\d+/);
});

Deno.test("broken manifests are logged, each in one line, and passed over: the rest can be listed", async () => {
  using log = catchStandardError();
  await using home = await tempFolder({
    "plugins/size/size.stoq": "[Core]\nName = size\nModule = size\n",
    "plugins/size/size.ts": "export default class { scan() { return { results: 1 }; } }\n",
    "plugins/broken/broken.stoq": "[Core]\nName = broken\n",
  });
  await using stoq = openStoq({ pluginDirList: [join(home.path, "plugins")], logLevel: "warning" });
  const { results } = await stoq.scan("data", { addStartDispatch: ["size"] });
  assert.deepEqual(firstPass(only(results)), { size: 1 });
  assert.match(
    only(log.lines()),
    /WARNING\] stoq: Cannot use manifest ".*broken\.stoq": Module of \[Core\] is missing.*: skipped$/,
  );
});

Deno.test("loading a broken plugin by hand rejects with the same message", async () => {
  for (const name of ["no_core", "net_everything", "constructor_throws"]) {
    await assert.rejects(stoq.loadPlugin(name), (error) => {
      assert.ok(error instanceof StoqError);
      assert.match(error.message, new RegExp(`^Plugin "${name}" `));
      return true;
    });
  }
});

Deno.test("a plugin of no class has no method to call, and says so", async () => {
  await using stoq = openStoq();
  assert.deepEqual((await stoq.loadPlugin("no_methods")).methods, []);
  const { errors } = await stoq.scan("data", { addStartDispatch: ["no_methods"] });
  assert.match(only(errors["no_methods"] ?? []), /is no worker: it has no method "scan"$/);
});
