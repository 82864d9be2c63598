import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { loadConfig, type StoqOptions } from "../../core/config.ts";
import { Stoq, StoqConfigError } from "../../mod.ts";
import { tempFolder } from "./support.ts";

/** The configuration that a stoq.cfg gives. */
async function configOf(text: string, options: StoqOptions = {}) {
  await using home = await tempFolder({ "stoq.cfg": text });
  return { home: home.path, config: loadConfig({ baseDir: home.path, ...options }) };
}

/** The message of the error that a stoq.cfg gives; checked to be one line. */
async function messageOf(text: string, options: StoqOptions = {}): Promise<string> {
  await using home = await tempFolder({ "stoq.cfg": text });
  try {
    const config = loadConfig({ baseDir: home.path, ...options });
    config.pluginPermissions("hash");
    config.pluginLimits("hash");
  } catch (error) {
    assert.ok(error instanceof StoqConfigError);
    assert.equal(error.message.includes("\n"), false);
    return error.message.replaceAll(home.path, "HOME");
  }
  throw new Error("it was taken");
}

Deno.test("without a stoq.cfg everything has its documented default", async () => {
  await using home = await tempFolder();
  const { pluginDirList, plugins, budget, log, maxQueue } = loadConfig({ baseDir: home.path });
  assert.deepEqual(pluginDirList, [join(home.path, "plugins")]);
  assert.deepEqual([...new Set(Object.values(plugins).flat())], []);
  assert.deepEqual(Object.keys(plugins), [
    "providers",
    "sourceArchivers",
    "destArchivers",
    "connectors",
    "dispatchers",
    "deepDispatchers",
    "decorators",
    "alwaysDispatch",
  ]);
  assert.equal(budget.maxRecursion, 3);
  assert.equal(budget.maxDispatchPasses, 1);
  assert.equal(maxQueue, 100);
  assert.equal(log.level, "info");
  assert.equal(log.syntax, "text");
});

Deno.test("every documented key of [core] takes effect", async () => {
  const { home, config } = await configOf(`
[core]
log_syntax = json
log_level = ERROR
log_dir = logs
log_maxbytes = 1000
log_backup_count = 2
plugin_dir_list = one, /abs/two
max_recursion = 5
max_dispatch_passes = 4
max_queue = 7
provider_consumers = 2
providers = p1, p2
source_archivers = s1
dest_archivers = d1, d2
connectors = c1
dispatchers = r1
deep_dispatchers = e1
decorators = dec1,dec2
always_dispatch =
    a1
    a2
max_payload_size = 10
max_extracted_payloads = 20
max_extracted_bytes = 30
scan_timeout = 0.5
`);
  assert.deepEqual(config.log, {
    level: "error",
    syntax: "json",
    dir: join(home, "logs"),
    maxBytes: 1000,
    backupCount: 2,
  });
  assert.deepEqual(config.pluginDirList, [join(home, "one"), "/abs/two"]);
  assert.deepEqual(config.plugins, {
    providers: ["p1", "p2"],
    sourceArchivers: ["s1"],
    destArchivers: ["d1", "d2"],
    connectors: ["c1"],
    dispatchers: ["r1"],
    deepDispatchers: ["e1"],
    decorators: ["dec1", "dec2"],
    alwaysDispatch: ["a1", "a2"],
  });
  const { budget, maxQueue, providerConsumers } = config;
  assert.deepEqual(
    [budget.maxRecursion, budget.maxDispatchPasses, budget.maxPayloadSize, budget.maxExtractedPayloads],
    [5, 4, 10, 20],
  );
  assert.deepEqual([budget.maxExtractedBytes, budget.scanTimeout, maxQueue, providerConsumers], [30, 0.5, 7, 2]);
});

Deno.test("lists may be JSON, as in stoQ's sample file", async () => {
  const { config } = await configOf('[core]\nplugin_dir_list = ["/a", "/b"]\nalways_dispatch = ["hash"]\n');
  assert.deepEqual(config.pluginDirList, ["/a", "/b"]);
  assert.deepEqual(config.plugins.alwaysDispatch, ["hash"]);
});

Deno.test("an argument is over stoq.cfg, an empty list or 0 included", async () => {
  const text =
    "[core]\nalways_dispatch = hash\nmax_recursion = 9\nlog_level = error\nlog_dir = logs\nscan_timeout = 5\n";
  const { config } = await configOf(text, {
    alwaysDispatch: [],
    maxRecursion: 0,
    logLevel: "debug",
    logDir: null,
    scanTimeout: 0,
  });
  assert.deepEqual(config.plugins.alwaysDispatch, []);
  assert.equal(config.budget.maxRecursion, 0);
  assert.equal(config.log.level, "debug");
  assert.equal(config.log.dir, null);
  assert.equal(config.budget.scanTimeout, Infinity);
});

Deno.test("an empty value in [core] is the default", async () => {
  const { config } = await configOf("[core]\nmax_recursion =\nproviders =\nlog_level\nlog_dir =\n");
  assert.equal(config.budget.maxRecursion, 3);
  assert.deepEqual(config.plugins.providers, []);
  assert.equal(config.log.level, "info");
  assert.equal(config.log.dir, null);
});

for (
  const [what, text, expected] of [
    [
      "an unknown key",
      "[core]\nalways_dispach = hash",
      'Cannot use "HOME/stoq.cfg": "always_dispach" of [core] is not known: did you mean "always_dispatch"?',
    ],
    [
      "an unknown key like no other",
      "[core]\ncolour = red",
      'Cannot use "HOME/stoq.cfg": "colour" of [core] is not known',
    ],
    [
      "a number that is none",
      "[core]\nmax_recursion = deep",
      'Cannot use max_recursion = "deep": it must be a whole number, 0 or more',
    ],
    [
      "a negative number",
      "[core]\nmax_dispatch_passes = -1",
      'Cannot use max_dispatch_passes = "-1": it must be a whole number, 0 or more',
    ],
    [
      "a number that is not whole",
      "[core]\nmax_payload_size = 1.5",
      'Cannot use max_payload_size = "1.5": it must be a whole number, 0 or more',
    ],
    ["an empty queue", "[core]\nmax_queue = 0", 'Cannot use max_queue = "0": it must be a whole number, 1 or more'],
    [
      "a level that is none",
      "[core]\nlog_level = loud",
      'Cannot use log_level = "loud": it must be debug, info, warning, error, critical',
    ],
    ["a syntax that is none", "[core]\nlog_syntax = xml", 'Cannot use log_syntax = "xml": it must be text or json'],
    [
      "a time that is none",
      "[core]\nscan_timeout = long",
      'Cannot use scan_timeout = "long": it must be seconds, 0 for no limit',
    ],
    [
      "a list that is none",
      '[core]\nproviders = ["unclosed',
      'Cannot use providers = "[\\"unclosed": it must be names separated by commas',
    ],
    [
      "a list of directories that is none",
      '[core]\nplugin_dir_list = ["unclosed',
      'Cannot use plugin_dir_list = "[\\"unclosed": it must be',
    ],
    ["a line before any section", "max_recursion = 3\n", 'Cannot read "HOME/stoq.cfg", line 1: '],
    ["the same key twice", "[core]\nproviders = a\nproviders = b\n", 'Cannot read "HOME/stoq.cfg", line 3: '],
    [
      "an unknown permission",
      "[permissions.hash]\nnetwork = example.com",
      'Cannot use "HOME/stoq.cfg": "network" of [permissions.hash] is not known: use net, read',
    ],
    [
      "an unknown limit",
      "[limits.hash]\ntime = 1",
      'Cannot use limits of plugin "hash": "time" of [limits] is not known: use timeout, memory, ',
    ],
    [
      "a limit that is none",
      "[limits.hash]\ntimeout = -1",
      'Cannot use timeout of plugin "hash" = "-1": it must be a number above 0',
    ],
  ] as const
) {
  Deno.test(`${what} in stoq.cfg is an error that names file or key, value and remedy`, async () => {
    const message = await messageOf(text);
    assert.ok(message.startsWith(expected), message);
  });
}

Deno.test("a wrong argument is an error like a wrong key", () => {
  for (
    const [options, named] of [
      [{ maxRecursion: -1 }, "max_recursion = -1"],
      [{ maxRecursion: NaN }, "max_recursion"],
      [{ maxExtractedPayloads: 1.5 }, "max_extracted_payloads = 1.5"],
      [{ scanTimeout: -5 }, "scan_timeout = -5"],
    ] as const
  ) {
    assert.throws(() => new Stoq(options), (error) => {
      assert.ok(error instanceof StoqConfigError);
      assert.ok(error.message.startsWith(`Cannot use ${named}`), error.message);
      return true;
    });
  }
});

Deno.test("a configuration file that was named must be there; one that was not may be missing", async () => {
  await using home = await tempFolder({ "other.cfg": "[core]\nmax_recursion = 8\n" });
  assert.equal(loadConfig({ baseDir: home.path }).budget.maxRecursion, 3);
  assert.equal(loadConfig({ configFile: join(home.path, "other.cfg") }).budget.maxRecursion, 8);
  assert.throws(() => new Stoq({ configFile: join(home.path, "missing.cfg") }), {
    name: "StoqConfigError",
    message: `Cannot read configuration "${home.path}/missing.cfg": no such file`,
  });
  assert.throws(() => new Stoq({ configFile: home.path }), { name: "StoqConfigError", message: /^Cannot read/ });
});

Deno.test("whatever arguments and keys hold, there is a configuration or a StoqConfigError of one line", async () => {
  const keys = fc.constantFrom(
    ...["log_level", "log_syntax", "log_dir", "max_recursion", "max_queue", "scan_timeout", "providers", "decorators"],
    ...["plugin_dir_list", "always_dispatch", "max_payload_size", "unknown", "log_maxbytes"],
  );
  const value = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 20 }),
    fc.constantFrom("", "0", "-1", "1e3", "0x10", "1e999", "[", '["a"]', "[1]", "{}", "true", "a,b", ",", "null"),
  );
  await using home = await tempFolder();
  const path = join(home.path, "stoq.cfg");
  fc.assert(
    fc.property(fc.dictionary(keys, value), (entries) => {
      Deno.writeTextFileSync(path, "[core]\n" + Object.entries(entries).map(([k, v]) => `${k} = ${v}\n`).join(""));
      try {
        const { budget, plugins } = loadConfig({ baseDir: home.path });
        assert.ok(Number.isSafeInteger(budget.maxRecursion) && budget.scanTimeout > 0);
        for (const names of Object.values(plugins)) assert.ok(names.every((name) => typeof name === "string"));
      } catch (error) {
        assert.ok(error instanceof StoqConfigError, String(error));
        assert.equal(/[\n\r]/.test(error.message), false, error.message);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("whatever a JavaScript caller passes, there is a configuration or a StoqConfigError", async () => {
  await using home = await tempFolder();
  const option = fc.constantFrom(
    ...["maxRecursion", "maxPayloadSize", "scanTimeout", "logLevel", "logDir", "alwaysDispatch", "pluginDirList"],
    ...["pluginOpts", "dispatchers"],
  );
  fc.assert(
    fc.property(fc.dictionary(option, fc.anything()), (given) => {
      try {
        loadConfig({ ...given, baseDir: home.path });
      } catch (error) {
        assert.ok(error instanceof StoqConfigError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});
