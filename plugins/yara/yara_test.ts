import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { openPlugin, type PluginUnderTest } from "../../testing.ts";

const testdata = new URL("./testdata/", import.meta.url);
const rules = (name: string) => fileURLToPath(new URL(`rules/${name}`, testdata));
const sample = (name: string) => Deno.readFile(new URL(name, testdata));
const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** What a YARA command line shows: by rule, `offset length identifier` of each string. */
type Shown = Map<string, string[]>;

/** Reads the output of `yara -s -L` (see testdata/README.md), by sample. */
async function readExpected(name: string): Promise<Map<string, Shown>> {
  const samples = new Map<string, Shown>();
  let shown: Shown = new Map();
  let strings: string[] = [];
  for (const line of (await Deno.readTextFile(new URL(name, testdata))).split("\n")) {
    const string = /^0x([0-9a-f]+):(\d+):(\$\w*): /.exec(line);
    if (line.startsWith("# ")) samples.set(line.slice(2), shown = new Map());
    else if (string) {
      const [, offset = "", length, identifier] = string;
      strings.push(`${parseInt(offset, 16)} ${length} ${identifier}`);
    } else if (line !== "") shown.set(line.split(" ")[0] ?? "", strings = []);
  }
  return samples;
}

interface ReportedMatch {
  tags: string[];
  namespace: string;
  rule: string;
  meta: Record<string, unknown>;
  strings: [number, string, string][];
}

/** Matches out of results, checked. */
function matchesOf(results: unknown): ReportedMatch[] {
  assert.ok(typeof results === "object" && results !== null && "matches" in results && Array.isArray(results.matches));
  return results.matches;
}

/** Bytes out of the text that a match shows. */
function unescape(text: string): number[] {
  return [...text.matchAll(/\\\\|\\x(..)|[^]/g)].map(([whole, hex]) =>
    hex ? parseInt(hex, 16) : whole === "\\\\" ? 0x5c : whole.charCodeAt(0)
  );
}

/** Compares matches with those of Debian's yara. */
async function compare(yara: PluginUnderTest, expectedFile: string): Promise<void> {
  const expected = await readExpected(expectedFile);
  assert.ok(expected.size > 20);
  for (const [name, shown] of expected) {
    const content = await sample(name);
    const { results, errors } = await yara.scan(content);
    assert.deepEqual(errors, []);
    const matches = matchesOf(results);
    assert.deepEqual(matches.map(({ rule }) => rule), [...shown.keys()], name);
    for (const { rule, strings } of matches) {
      const reported = strings.map(([offset, identifier, data]) => {
        const found = unescape(data);
        assert.deepEqual(found, [...content.subarray(offset, offset + found.length)]);
        return `${offset} ${found.length} ${identifier}`;
      });
      assert.deepEqual(reported, shown.get(rule), `${name} ${rule}`);
    }
  }
}

/** Plugins that the samples go to. */
const SAMPLE_ROUTES: Record<string, string[]> = {
  "clam-upx.exe": ["peinfo"],
  "clam-nsis.exe": ["peinfo", "decompress"],
  "clam.zip": ["decompress", "xyz"],
  "clam.7z": ["decompress"],
  "clam.arj": ["decompress"],
  "clam.bin-le.cpio": ["decompress"],
  "clam.newc.cpio": ["decompress"],
  "clam.cab": ["decompress"],
  "clam.exe.bz2": ["decompress"],
  "clam.exe.szdd": ["decompress"],
  "clam.tar.gz": ["decompress"],
  "clam.ole.doc": ["ole"],
  "clam.ppt": ["ole"],
  "clam.exe.rtf": ["rtf", "iocextract"],
  "clam.pdf": ["pdf", "iocextract"],
  "clam.mail": ["smtp"],
  "clam.exe.mbox.base64": ["smtp"],
  "clam.tnef": ["tnef"],
};

/** First bytes of formats, by the standards that the rules name, and the plugins that they go to. */
const HEADERS: [string, string, string[]][] = [
  ["ELF", "\x7fELF\x02\x01\x01", ["lief"]],
  ["Mach-O, 64 bits", "\xcf\xfa\xed\xfe\x07\0\0\x01", ["lief", "symhash"]],
  ["universal Mach-O", "\xca\xfe\xba\xbe\0\0\0\x02", ["lief", "symhash"]],
  ["Java class", "\xca\xfe\xba\xbe\0\0\0\x34", ["javaclass"]],
  ["Flash", "CWS\x0a\0\x01\0\0\x78\xda", ["swfcarve"]],
  ["RAR", "Rar!\x1a\x07\x01\0", ["decompress"]],
  ["xz", "\xfd7zXZ\0\0", ["decompress"]],
  ["Zstandard", "\x28\xb5\x2f\xfd\x04", ["decompress"]],
  ["deb", "!<arch>\ndebian-binary", ["decompress"]],
  ["RPM", "\xed\xab\xee\xdb\x03", ["decompress"]],
  ["LHA", "\x20\x10-lh5-", ["decompress"]],
  ["ACE", "\x12\x34\x31\0\0\0\x90**ACE**", ["decompress"]],
  ["tar", "name".padEnd(257, "\0") + "ustar\0", ["decompress"]],
  ["ISO 9660", "\0".repeat(0x8001) + "CD001", ["decompress"]],
  ["OOXML with macros", "PK\x03\x04[Content_Types].xml word/vbaProject.bin", [
    "decompress",
    "xyz",
    "msoffice",
    "mraptor",
  ]],
  ["XDP", '<?xml version="1.0"?><xdp:xdp><pdf xmlns="">', ["xdpcarve"]],
  ["text", "just some text, PK and MZ", []],
  ["PE behind a picture", "GIF89a" + "MZ\x90".padEnd(78, "\0") + "This program cannot be run in DOS mode", ["pecarve"]],
];

Deno.test("with the rules of its folder", async (t) => {
  await using yara = await openPlugin("yara");

  await t.step("real files match as with Debian's yara", () => compare(yara, "worker.expected.txt"));

  await t.step("the built-in dispatch rules name the plugin that knows the format", async () => {
    for (const [name, plugins] of Object.entries(SAMPLE_ROUTES)) {
      assert.deepEqual((await yara.getDispatches(await sample(name))).pluginNames, plugins, name);
    }
  });

  await t.step("the built-in dispatch rules know formats by their first bytes", async () => {
    for (const [what, content, plugins] of HEADERS) {
      const { pluginNames, errors } = await yara.getDispatches(bytes(content));
      assert.deepEqual([pluginNames, errors], [plugins, []], what);
    }
  });

  await t.step("nothing that matches gives an empty list", async () => {
    assert.deepEqual(await yara.scan(""), { results: { matches: [] }, extracted: [], errors: [], dispatchTo: [] });
  });

  await t.step("any bytes, and any damage to real files, give bounded results and no exception", async () => {
    const samples = await Promise.all(
      ["clam-upx.exe", "clam.exe.rtf", "clam.tnef", "clam.mail", "clam.zip"].map(sample),
    );
    const damaged = fc.tuple(
      fc.constantFrom(...samples),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 20 }),
      fc.nat(),
    ).map(([original, changes, cut]) => {
      const copy = original.slice(0, cut % 4 === 0 ? cut % original.length : original.length);
      for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value;
      return copy;
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 4096 }), damaged), async (content) => {
        const { results, errors } = await yara.scan(content);
        const dispatches = await yara.getDispatches(content);
        assert.deepEqual([errors, dispatches.errors], [[], []]);
        assert.ok(JSON.stringify([results, dispatches]).length < 500_000);
      }),
      { numRuns: 200 },
    );
  });

  await t.step("a payload made of what rules look for costs no more than its size", async () => {
    for (const text of ["MZ", "UPX!", "This program ", "\nFrom:", "CWS\x09\0\0\0\0x"]) {
      const content = bytes(text.repeat(Math.ceil(200_000 / text.length)));
      assert.ok(JSON.stringify((await yara.scan(content)).results).length < 5_000_000, text);
      assert.ok(JSON.stringify(await yara.getDispatches(content)).length < 5_000_000, text);
    }
  });
});

Deno.test("real files match the dispatch rules as with Debian's yara", async () => {
  const dispatch = fileURLToPath(new URL("./rules/dispatch.yar", import.meta.url));
  // As rules of the worker, whose results have every match.
  await using yara = await openPlugin("yara", { options: { worker_rules: dispatch } });
  await compare(yara, "dispatch.expected.txt");
});

Deno.test("with rules of every kind", async (t) => {
  await using yara = await openPlugin("yara", { options: { worker_rules: rules("kinds.yar") } });

  await t.step("a match has tags, namespace, rule, meta and strings, without what is private", async () => {
    const { results, errors } = await yara.scan(bytes("abc a\\c\xff abbc"));
    assert.deepEqual(errors, []);
    assert.deepEqual(results, {
      matches: [{
        tags: ["one", "two"],
        namespace: "default",
        rule: "kinds",
        meta: { text: "last", number: -5, truth: true, bytes: "\\xff\\\\n" },
        strings: [[0, "$text", "abc"], [4, "$hex", "a\\\\c\\xff"], [1, "$regex", "bc"], [10, "$regex", "bbc"], [
          11,
          "$regex",
          "bc",
        ]],
      }],
    });
  });

  await t.step("external variables have the values of the payload's metadata", async () => {
    const named = { payloadMeta: { extraData: { filename: "a/evil.exe", path: "a/evil.exe" } } };
    assert.deepEqual(matchesOf((await yara.scan("x", named)).results).map(({ rule }) => rule), ["by_name"]);
    assert.deepEqual(matchesOf((await yara.scan("x")).results), []);
  });
});

Deno.test("with rules that name plugins", async (t) => {
  await using yara = await openPlugin("yara", {
    options: { worker_rules: rules("routes.yar"), dispatch_rules: rules("routes.yar") },
  });

  await t.step("more strings than can be shown are counted in an error", async () => {
    const { results, errors } = await yara.scan("route me".repeat(12_000));
    assert.equal(matchesOf(results)[0]?.strings.length, 10_000);
    assert.deepEqual(errors, [
      "2000 matched strings are left out: at most 10000 are shown; strings_limit shows fewer of each rule",
    ]);
  });

  await t.step("a dispatcher rule names plugins, and its match is their metadata", async () => {
    const match = {
      tags: ["first", "second"],
      namespace: "default",
      rule: "two_plugins",
      meta: { plugin: " Peinfo, entropy ,,peinfo", save: "True" },
      strings: [[0, "$a", "route me"]],
    };
    assert.deepEqual(await yara.getDispatches("route me"), {
      pluginNames: ["peinfo", "entropy"],
      meta: { peinfo: match, entropy: match },
      errors: [],
      shouldArchive: true,
    });
    const { pluginNames, shouldArchive } = await yara.getDispatches("safe");
    assert.deepEqual([pluginNames, shouldArchive], [[], undefined]);
  });

  await t.step("a rule that says not to save wins over one that says to", async () => {
    assert.equal((await yara.getDispatches("secret, route me")).shouldArchive, false);
  });
});

Deno.test("strings_limit limits the strings of each match", async () => {
  await using yara = await openPlugin("yara", {
    options: { worker_rules: rules("routes.yar"), strings_limit: "5" },
  });
  const { results, errors } = await yara.scan("route me".repeat(10) + "secret");
  assert.deepEqual(errors, []);
  assert.deepEqual(matchesOf(results).map(({ rule, strings }) => [rule, strings.length]), [
    ["two_plugins", 5],
    ["not_saved", 1],
  ]);
});

/** The two encoded forms that testdata/rules/xor.yar knows. */
const ENCODED = Uint8Array.from([
  ...bytes("Hello, analyst").map((byte) => byte ^ 0x2a),
  ...bytes("Hello, analyst").map((byte, i) => byte ^ (i % 3 + 1)),
]);

/** Metadata of the match that is handed to `xordecode`. */
async function xorMeta(yara: PluginUnderTest, content: Uint8Array): Promise<unknown> {
  const match = (await yara.getDispatches(content)).meta?.xordecode;
  assert.ok(typeof match === "object" && match !== null && "meta" in match);
  return match.meta;
}

Deno.test("the plugin that decodes XOR gets the key, of one byte or of several", async () => {
  await using yara = await openPlugin("yara", { options: { dispatch_rules: rules("xor.yar") } });
  assert.deepEqual(await xorMeta(yara, ENCODED.subarray(0, 14)), { plugin: "xordecode", xorkey: "42" });
  assert.deepEqual(await xorMeta(yara, ENCODED.subarray(14)), {
    plugin: "xordecode",
    xor_plaintext_for_string_encoded: "Hello, analyst",
    xorkey: "1,2,3",
  });
});

Deno.test("all XOR keys come with their places when the first alone is not enough", async () => {
  await using yara = await openPlugin("yara", {
    options: { dispatch_rules: rules("xor.yar"), xor_first_match: "false" },
  });
  assert.deepEqual(await xorMeta(yara, Uint8Array.from([...ENCODED.subarray(0, 14), ...ENCODED.subarray(0, 14)])), {
    plugin: "xordecode",
    xor_info: [[0, "$plain", [42]], [14, "$plain", [42]]],
  });
});

Deno.test("rule files of a folder are read with what they include, each in a namespace of its own", async () => {
  await using yara = await openPlugin("yara", { options: { worker_rules: rules("folder") } });
  const { results, errors } = await yara.scan("1234");
  assert.deepEqual(errors, []);
  assert.deepEqual(matchesOf(results).map(({ namespace, rule }) => `${namespace} ${rule}`), [
    "fine.yar fine",
    "index.yar before",
    "index.yar included_rule",
    "index.yar part",
    "index.yar after",
  ]);
});

Deno.test("rule files that include each other end", async () => {
  await using yara = await openPlugin("yara", { options: { worker_rules: rules("circle") } });
  const { results, errors } = await yara.scan("1234");
  assert.deepEqual(errors, []);
  assert.deepEqual(matchesOf(results).map(({ rule }) => rule), ["b", "a", "a", "b"]);
});

Deno.test("a broken rule file is named in one line with each result, and the others are used", async () => {
  await using yara = await openPlugin("yara", { options: { worker_rules: rules("broken") } });
  for (let i = 0; i < 2; i++) {
    const { results, errors } = await yara.scan("1234");
    assert.deepEqual(errors, [
      `Cannot compile rules "${
        rules("broken/bad.yar")
      }", line 4, column 9: unknown pattern \`$missing\` (this pattern is ` +
      "not declared in the `strings` section): correct or remove the rule; until then no rule of this file is used",
    ]);
    assert.deepEqual(matchesOf(results).map(({ rule }) => rule), ["fine"]);
  }
});

Deno.test("a rule file that is missing, or included from where the plugin may not read, is an error with each result", async () => {
  const missing = rules("missing.yar");
  await using gone = await openPlugin("yara", { options: { worker_rules: missing, dispatch_rules: missing } });
  const reason = (option: string) => [
    `Cannot read rules "${missing}" of option ${option}: no such file: correct the path`,
  ];
  assert.deepEqual(await gone.scan("x"), {
    results: { matches: [] },
    extracted: [],
    errors: reason("worker_rules"),
    dispatchTo: [],
  });
  assert.deepEqual((await gone.getDispatches("x")).errors, reason("dispatch_rules"));

  const folder = await Deno.makeTempDir();
  try {
    const granted = join(folder, "granted.yar");
    await Deno.writeTextFile(granted, 'include "other.yar"\nrule inside { condition: filesize == 4 }');
    await Deno.writeTextFile(join(folder, "other.yar"), "rule other { condition: filesize == 4 }");
    await using denied = await openPlugin("yara", { options: { worker_rules: granted } });
    const { results, errors } = await denied.scan("1234");
    assert.deepEqual(errors, [
      `Cannot read "${
        join(folder, "other.yar")
      }", included by "${granted}": not permitted: name the folder that holds all ` +
      "rule files in the option, or grant it under [permissions.yara] read",
    ]);
    assert.deepEqual(matchesOf(results).map(({ rule }) => rule), ["inside"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
