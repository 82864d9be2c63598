import assert from "node:assert/strict";
import fc from "fast-check";
import { openPlugin, type PluginUnderTest } from "../../testing.ts";
import { ALWAYS, ROUTED_PLUGINS, ROUTES } from "./routes.ts";

const SAMPLES = new URL("./testdata/samples/", import.meta.url);
const NAMES = [...Deno.readDirSync(SAMPLES)].map((entry) => entry.name).sort();

/** Everything that the routes name is available. */
const EVERYTHING = { options: { available: "" } };

const sample = (name: string) => Deno.readFileSync(new URL(name, SAMPLES));

/** What triage says of bytes, without the plugins that it names always. */
async function triageOf(triage: PluginUnderTest, content: Uint8Array | string) {
  const { pluginNames = [], meta = {} } = await triage.getDispatches(content);
  assert.deepEqual(pluginNames.slice(0, ALWAYS.length), ALWAYS);
  return { type: meta.type, why: meta.why, plugins: pluginNames.slice(ALWAYS.length) };
}

/** A copy with other bytes at an offset. */
function patched(content: Uint8Array, offset: number, bytes: Iterable<number>): Uint8Array {
  const copy = content.slice();
  copy.set([...bytes], offset);
  return copy;
}

const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));

const joined = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

Deno.test("triage names the expected plugins, and why, for real files", async () => {
  await using triage = await openPlugin("triage", EVERYTHING);
  const expected = JSON.parse(await Deno.readTextFile(new URL("./testdata/triage.json", import.meta.url)));
  const actual: Record<string, unknown> = {};
  for (const name of NAMES) actual[name] = await triageOf(triage, sample(name));
  assert.deepEqual(actual, expected);
});

Deno.test("formats are told by what stands at known offsets", async () => {
  await using triage = await openPlugin("triage", EVERYTHING);
  const ole = sample("clam.ole.doc");
  const root = (new DataView(ole.buffer).getUint32(48, true) + 1) * 512 + 80;
  const cafebabe = [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0];
  const iso = patched(new Uint8Array(40_000), 0x8001, latin1("CD001"));
  const name = [..."__properties_version1.0"].flatMap((char) => [char.charCodeAt(0), 0]);
  const cases: [string, Uint8Array | string, string][] = [
    [
      "class of the root storage of a message",
      patched(ole, root, [0x0b, 0x0d, 2, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46]),
      "msg",
    ],
    ["stream of a message", patched(ole, root + 48, name), "msg"],
    [
      "class of the root storage of an installer",
      patched(ole, root, [0x84, 0x10, 0x0c, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46]),
      "msi",
    ],
    ["universal Mach-O", Uint8Array.of(...cafebabe, 2), "macho"],
    ["first Java class file version", Uint8Array.of(...cafebabe, 45), "javaclass"],
    ["ISO 9660", iso, "archive"],
    ["SWF", latin1("CWS\x0a\x20\0\0\0"), "swf"],
    ["shell link", latin1("\x4c\0\0\0\x01\x14\x02\0\0\0\0\0"), "shortcut"],
    ["OneNote", latin1("\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3"), "onenote"],
    ["DOS program", patched(new Uint8Array(64), 0, latin1("MZ")), "dos"],
    ["PDF behind something else", `${"\0".repeat(500)}%PDF-1.7`, "pdf"],
    ["RIFF of a kind that is no medium", latin1("RIFF\x04\0\0\0abcd"), "data"],
    ["XDP", '<?xml version="1.0"?><xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"></xdp:xdp>', "xdp"],
    ["Word 2003 XML", '<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:wordDocument/>', "office_xml"],
    ["SVG", '<svg xmlns="http://www.w3.org/2000/svg"/>', "image"],
    ["HTML", "\n<!DOCTYPE html><p>", "html"],
    ["a web response", "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Type: text/html\r\n\r\n", "text"],
    ["mail whose header is longer than what is read", `From: a\nTo: b\nX-A: ${"a".repeat(10_000)}`, "email"],
    ["a configuration file", "name: a\nvalue: b\n\nfrom: c\n", "text"],
    ["UTF-16 without a mark", [..."some text"].map((char) => `${char}\0`).join(""), "text"],
    ["Cyrillic in an 8-bit encoding", latin1("\xcf\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0"), "text"],
  ];
  for (const [what, content, type] of cases) assert.equal((await triageOf(triage, content)).type, type, what);
});

Deno.test("a polyglot is routed by everything that it is", async () => {
  await using triage = await openPlugin("triage", EVERYTHING);
  const zip = sample("clam.zip");
  const image = await triageOf(triage, joined(sample("python.gif"), zip));
  assert.deepEqual(image.plugins, ["decompress", "xyz", "exif"]);
  const script = await triageOf(triage, joined(latin1("echo hello\n"), sample("hello.docx")));
  assert.deepEqual(script.why, [`ooxml: end of a ZIP directory at ${11 + 4211 - 22}, has "[Content_Types].xml"`]);
  const hidden = await triageOf(triage, `GIF89a=1;eval("${"a".repeat(100)}")`);
  assert.deepEqual(hidden.plugins, ["exif", "iocextract", "b64decode"]);
});

Deno.test("pecarve is named only for PE files that begin inside a payload", async () => {
  await using triage = await openPlugin("triage", EVERYTHING);
  const pe = sample("clam-upx.exe");
  assert.ok(!(await triageOf(triage, pe)).plugins.includes("pecarve"));
  for (const before of [new Uint8Array(1), latin1("MZ"), sample("python.png"), pe]) {
    const { plugins, why } = await triageOf(triage, joined(before, pe));
    assert.ok(plugins.includes("pecarve"), String(why));
  }
  assert.ok(!(await triageOf(triage, "MZ".repeat(50_000))).plugins.includes("pecarve"));
});

Deno.test("a ZIP file is searched for its kind with and without its directory", async () => {
  await using triage = await openPlugin("triage", EVERYTHING);
  const docx = sample("hello.docx");
  assert.equal((await triageOf(triage, docx.subarray(0, -100))).type, "ooxml");
  const member = latin1("PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0b\0\0\0constructor");
  assert.equal((await triageOf(triage, member)).type, "zip");
});

Deno.test("by default triage names only plugins that come with the project", async () => {
  await using triage = await openPlugin("triage");
  const named = new Set<string>();
  for (const name of NAMES) {
    const { pluginNames = [] } = await triage.getDispatches(sample(name));
    for (const plugin of pluginNames) named.add(plugin);
  }
  for (const name of named) {
    assert.ok((await Deno.stat(new URL(`../${name}/${name}.stoq`, import.meta.url))).isFile, name);
  }
  for (const name of ["hash", "entropy", "mimetype", "yara", "exif", "pecarve", "decompress"]) {
    assert.ok(named.has(name), name);
  }
});

Deno.test("only available plugins are named, in the routes' order", async () => {
  await using triage = await openPlugin("triage", { options: { available: "pdf, exif, hash" } });
  const { pluginNames } = await triage.getDispatches(sample("clam.pdf"));
  assert.deepEqual(pluginNames, ["hash", "pdf", "exif"]);
});

Deno.test("an available plugin that no route uses is refused", async () => {
  await assert.rejects(
    async () => {
      await using triage = await openPlugin("triage", { options: { available: "hash, exfi" } });
      await triage.getDispatches("");
    },
    /Option "available" of plugin "triage" names "exfi", which no route uses: choose from hash, /,
  );
});

Deno.test("no route names a plugin twice, and every plugin is told once", () => {
  for (const [type, plugins] of Object.entries(ROUTES)) assert.equal(new Set(plugins).size, plugins.length, type);
  assert.equal(new Set(ROUTED_PLUGINS).size, ROUTED_PLUGINS.length);
});

Deno.test("arbitrary and damaged bytes are always routed, the same way each time", async () => {
  await using triage = await openPlugin("triage", EVERYTHING);
  const place = fc.double({ min: 0, max: 1, noNaN: true });
  const damaged = fc.record({
    name: fc.constantFrom(...NAMES),
    cut: place,
    writes: fc.array(fc.tuple(place, fc.nat(255)), { maxLength: 16 }),
  }).map(({ name, cut, writes }) => {
    const whole = sample(name);
    const bytes = whole.slice(0, Math.ceil(whole.length * cut));
    for (const [where, value] of writes) bytes[Math.floor(where * bytes.length)] = value;
    return bytes;
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 512 }), damaged), async (bytes) => {
      const response = await triage.getDispatches(bytes);
      assert.deepEqual(response.pluginNames?.slice(0, ALWAYS.length), ALWAYS);
      assert.ok(response.pluginNames?.every((name) => ROUTED_PLUGINS.includes(name)));
      assert.ok(typeof response.meta?.type === "string" && response.meta.type in ROUTES);
      assert.ok(JSON.stringify(response.meta).length < 4096);
      assert.deepEqual(await triage.getDispatches(bytes), response);
    }),
    { numRuns: 500 },
  );
});
