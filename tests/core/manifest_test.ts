import assert from "node:assert/strict";
import fc from "fast-check";
import { parseManifest } from "../../core/manifest.ts";
import { StoqConfigError } from "../../mod.ts";

const PATH = "/plugins/example/example_plugin.stoq";

Deno.test("the documentation's example manifest is read", async () => {
  const manifest = await parseManifest(
    `[Core]
Name = example_plugin
Module = example_plugin

[Documentation]
Author = PUNCH Cyber
Version = 0.1
Website = https://github.com/PUNCH-Cyber/stoq-plugins-public
Description = Example stoQ Plugin

[options]
min_stoq_version = 2.0.0
`,
    PATH,
  );
  const { path, folder, name, module, author, version, website, description, options, minStoqVersion } = manifest;
  assert.deepEqual([path, folder], [PATH, "/plugins/example"]);
  assert.deepEqual([name, module], ["example_plugin", "example_plugin"]);
  assert.deepEqual([author, version], ["PUNCH Cyber", "0.1"]);
  assert.equal(website, "https://github.com/PUNCH-Cyber/stoq-plugins-public");
  assert.equal(description, "Example stoQ Plugin");
  assert.deepEqual([options, minStoqVersion], [{ min_stoq_version: "2.0.0" }, "2.0.0"]);
  assert.deepEqual([manifest.requiredWorkers, manifest.permissions, manifest.commands], [[], {}, {}]);
  assert.deepEqual([manifest.assets, manifest.limits], [{}, {}]);
});

const EVERYTHING_INI = `
[Core]
Name = all
Module = all.ts
[options]
required_workers = hash, yara
Some_Option = Value
[permissions]
net = api.example.com:443, {redis_host}:{redis_port}  ; two hosts
read = {source_dir}
write =
stdout = yes
[commands]
exif = exiftool -json -n -
[assets]
rules = rules/all.yar
[limits]
timeout = 2.5 ; seconds
memory = 512
isolation = process
`;

const EVERYTHING_YAML = `
# The same in YAML.
Core: { Name: all, Module: all.ts }
options:
  required_workers: [hash, yara]
  Some_Option: Value
permissions:
  net: ["api.example.com:443", "{redis_host}:{redis_port}"]
  read: "{source_dir}"
  write:
  stdout: yes
commands:
  exif: exiftool -json -n -
assets:
  rules: rules/all.yar
limits:
  timeout: 2.5
  memory: 512
  isolation: process
`;

for (const [kind, text] of [["INI", EVERYTHING_INI], ["YAML", EVERYTHING_YAML]] as const) {
  Deno.test(`every section of a manifest in ${kind} is read`, async () => {
    const { requiredWorkers, options, permissions, commands, assets, limits, module, version } = await parseManifest(
      text,
      PATH,
    );
    assert.deepEqual(requiredWorkers, ["hash", "yara"]);
    assert.equal(options["some_option"], "Value");
    assert.deepEqual(permissions, {
      net: ["api.example.com:443", "{redis_host}:{redis_port}"],
      read: ["{source_dir}"],
      stdout: ["yes"],
    });
    assert.deepEqual(commands, { exif: "exiftool -json -n -" });
    assert.deepEqual(assets, { rules: "rules/all.yar" });
    assert.deepEqual(limits, { timeout: 2.5, memory: 512, isolation: "process" });
    assert.deepEqual([module, version], ["all.ts", "0.0.0"]);
  });
}

Deno.test("section names and keys are case insensitive; a byte order mark and Windows line ends do no harm", async () => {
  for (
    const text of [
      "[CORE]\nNAME = a\nMODULE = a",
      "\ufeff[core]\r\nname=a\r\nmodule=a\r\n",
      "; c\n\n[Core]\nName:a\nModule:a",
    ]
  ) {
    const { name, module } = await parseManifest(text, PATH);
    assert.deepEqual([name, module], ["a", "a"]);
  }
});

for (
  const [why, text, expected] of [
    ["an empty file", "", "section [Core] is missing: add it, with Name and Module"],
    ["YAML that is a list", "- a\n- b\n", "it is neither INI nor YAML with sections: begin with [Core]"],
    ["a section of YAML that is a text", "Core: text\n", '"Core" is not a section with keys'],
    ["a name of YAML that is a list", "Core: { Name: [a], Module: a }\n", "name of [core] is not text"],
    ["a name with a slash", "[Core]\nName = a/b\nModule = a", 'Name "a/b" is not a plugin name'],
    ["a name that is __proto__", "[Core]\nName = __proto__\nModule = a", 'Name "__proto__" is not a plugin name'],
    ["a name of 65 characters", `[Core]\nName = ${"a".repeat(65)}\nModule = a`, 'Name "aaa'],
    ["the name core", "[Core]\nName = core\nModule = a", 'Name "core" is reserved: choose another'],
    ["a hidden module", "[Core]\nName = a\nModule = .a", 'Module ".a" is not a file name in the manifest\'s folder'],
    ["a module of another folder", "[Core]\nName = a\nModule = b/a", 'Module "b/a" is not a file name'],
    ["a command without words", "[Core]\nName = a\nModule = a\n[commands]\nx =", "x of [commands] is empty"],
    ["a memory of nothing", "[Core]\nName = a\nModule = a\n[limits]\nmemory = 0", 'memory of [limits] is "0"'],
    [
      "a list of required workers that is none",
      "Core: { Name: a, Module: a }\noptions: { required_workers: { a: b } }\n",
      "required_workers is not a list of names",
    ],
  ] as const
) {
  Deno.test(`${why} is an error that names the manifest, what and the remedy`, async () => {
    await assert.rejects(parseManifest(text, PATH), (error) => {
      assert.ok(error instanceof StoqConfigError, String(error));
      assert.match(error.message, /^Cannot (use|read) manifest "\/plugins\/example\/example_plugin\.stoq"/);
      assert.ok(error.message.includes(expected), error.message);
      return true;
    });
  });
}

Deno.test("a documentation section without its fields is fine: the version is then 0.0.0", async () => {
  const { author, version, website, description } = await parseManifest("[Core]\nName=a\nModule=a\n", PATH);
  assert.deepEqual([author, version, website, description], ["", "0.0.0", "", ""]);
});

Deno.test("YAML aliases that unfold without end are refused", async () => {
  const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]"];
  for (let n = 1; n < 9; n++) {
    const [name, before] = [String.fromCharCode(97 + n), String.fromCharCode(96 + n)];
    bomb.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(",")}]`);
  }
  await assert.rejects(parseManifest(bomb.join("\n"), PATH), StoqConfigError);
});

Deno.test("any text is a manifest, or gives a StoqConfigError of one line that names the file", async () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...[
        "[Core]\n",
        "Name = a\n",
        "Module = a\n",
        "Core:\n",
        "  Name: a\n",
        "  Module: a\n",
        "[permissions]\n",
        "net = *\n",
      ],
      ...[
        "[limits]\n",
        "timeout = 1\n",
        "options: {a: 1}\n",
        "- ",
        "{",
        "}",
        "[",
        "]",
        "&a ",
        "*a ",
        "? ",
        "|\n",
        '"',
      ],
    ),
    fc.string({ unit: "binary", maxLength: 6 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 15 }), async (pieces) => {
      try {
        const { name, module } = await parseManifest(pieces.join(""), PATH);
        assert.match(name, /^[A-Za-z0-9][\w.-]*$/);
        assert.equal(module.includes("/"), false);
      } catch (error) {
        assert.ok(error instanceof StoqConfigError, String(error));
        assert.ok(error.message.includes(PATH), error.message);
        assert.equal(/[\n\r]/.test(error.message), false, error.message);
      }
    }),
    { numRuns: 300 },
  );
});
