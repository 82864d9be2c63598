import assert from "node:assert/strict";
import { firstPass, only, openStoq, tempFolder } from "./support.ts";
import type { StoqOptions } from "../../mod.ts";

/** The options of the plugin `settings`, as it read them; its errors, if it could not. */
async function settings(options: StoqOptions): Promise<unknown> {
  await using stoq = openStoq(options);
  const { results, errors } = await stoq.scan("data", { addStartDispatch: ["settings"] });
  return errors["settings"] ?? firstPass(only(results))["settings"];
}

const FROM_MANIFEST = {
  text: "from the manifest",
  number: 1,
  flag: false,
  list: ["one", "two"],
  json: { key: [1] },
  empty: "the fallback",
  has: [true, false, false],
};

Deno.test("options come from the manifest where nobody says otherwise", async () => {
  assert.deepEqual(await settings({}), FROM_MANIFEST);
});

Deno.test("stoq.cfg is over the manifest and the constructor over stoq.cfg, option by option", async () => {
  await using home = await tempFolder({
    "stoq.cfg": "[settings]\ntext = from stoq.cfg\nnumber = 2\nflag = yes\nlist = three\n",
  });
  assert.deepEqual(await settings({ baseDir: home.path }), {
    ...FROM_MANIFEST,
    text: "from stoq.cfg",
    number: 2,
    flag: true,
    list: ["three"],
  });
  assert.deepEqual(
    await settings({ baseDir: home.path, pluginOpts: { settings: { text: "from the constructor", NUMBER: 3 } } }),
    { ...FROM_MANIFEST, text: "from the constructor", number: 3, flag: true, list: ["three"] },
  );
});

Deno.test("the constructor may give values that are no texts", async () => {
  const given = { text: "t", number: 0.5, flag: true, list: ["a, b", "c"], json: [1, { a: null }], empty: "" };
  assert.deepEqual(await settings({ pluginOpts: { settings: given } }), {
    ...given,
    empty: "the fallback",
    has: [true, false, false],
  });
});

for (
  const [option, value, wanted] of [
    ["number", "many", "a number"],
    ["flag", "maybe", "true or false"],
    ["list", '["unclosed"', "a list: names separated by commas"],
    ["json", "{not json", "JSON"],
    ["text", { an: "object" }, "text"],
  ] as const
) {
  Deno.test(`an option that is not ${wanted} is an error that names plugin, option and value`, async () => {
    const [message, ...more] = await settings({ pluginOpts: { settings: { [option]: value } } }) as string[];
    assert.deepEqual(more, []);
    const named = `Option "${option}" of plugin "settings" is ${JSON.stringify(value)}: it must be ${wanted}`;
    assert.ok(message?.includes(named), message);
    assert.match(message ?? "", /^scan failed for payload [^:]*: cannot be loaded: TypeError: /);
  });
}

Deno.test("an option that is needed and not set is an error that says what it must be", async () => {
  const [message] = await settings({ pluginOpts: { settings: { number: "" } } }) as string[];
  assert.match(message ?? "", /Option "number" of plugin "settings" is not set: it must be a number/);
});

Deno.test("options of one plugin are not another's", async () => {
  await using home = await tempFolder({ "stoq.cfg": "[size]\ntext = of size\n[settings_2]\ntext = of another\n" });
  assert.deepEqual(
    await settings({ baseDir: home.path, pluginOpts: { size: { number: 9 } } }),
    FROM_MANIFEST,
  );
});

Deno.test("a manifest in YAML gives its options as they are", async () => {
  await using stoq = openStoq();
  const { results, errors } = await stoq.scan("data", { addStartDispatch: ["yaml_manifest"] });
  assert.deepEqual(errors, {});
  assert.deepEqual(firstPass(only(results))["yaml_manifest"], {
    number: 7,
    list: ["one", "two"],
    nested: { key: [1, 2] },
  });
});
