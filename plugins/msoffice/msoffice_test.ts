import assert from "node:assert/strict";
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { openPlugin, type WorkerOutcome } from "../../testing.ts";

interface Results {
  application: string | null;
  encrypted: boolean;
  encryption: Record<string, unknown>;
  metadata: Record<string, unknown>;
  macros: boolean;
  vba: string[];
  excel4: string[];
  embedded: { part: string; kind: string; size: number }[];
  external: Record<string, string>[];
  hyperlinks: string[];
  dde: Record<string, string>[];
  fields?: Record<string, string>[];
  custom_ui?: Record<string, string>[];
  parts: { name: string; size: number; content_type: string | null }[];
}

const read = (name: string) => Deno.readFile(new URL(`testdata/${name}`, import.meta.url));
const json = async (name: string) => JSON.parse(await Deno.readTextFile(new URL(`testdata/${name}`, import.meta.url)));
const resultsOf = (outcome: WorkerOutcome) => outcome.results as Results;

const TYPES = `<Types><Default Extension="xml" ContentType="application/xml"/></Types>`;
const rels = (body: string) => `<?xml version="1.0"?><Relationships>${body}</Relationships>`;

/** A ZIP of deflated members; sizes as given where the test lies about them. */
function zip(members: Record<string, string | Uint8Array>, size?: number): Uint8Array<ArrayBuffer> {
  const local: number[] = [];
  const central: number[] = [];
  const u16 = (value: number) => [value & 255, value >> 8 & 255];
  const u32 = (value: number) => [...u16(value & 0xffff), ...u16(value >>> 16)];
  const out: Uint8Array[] = [];
  let offset = 0;
  const push = (bytes: number[] | Uint8Array) => {
    const part = Uint8Array.from(bytes);
    out.push(part);
    offset += part.length;
  };
  for (const [name, value] of Object.entries(members)) {
    const content = typeof value === "string" ? new TextEncoder().encode(value) : value;
    const data = deflateRawSync(content);
    const nameBytes = [...new TextEncoder().encode(name)];
    const common = [
      ...u16(20),
      ...u16(0),
      ...u16(8),
      ...u32(0),
      ...u32(0),
      ...u32(data.length),
      ...u32(size ?? content.length),
    ];
    central.push(
      0x50,
      0x4b,
      1,
      2,
      ...u16(20),
      ...common,
      ...u16(nameBytes.length),
      ...new Array(12).fill(0),
      ...u32(offset),
      ...nameBytes,
    );
    local.length = 0;
    local.push(0x50, 0x4b, 3, 4, ...common, ...u16(nameBytes.length), 0, 0, ...nameBytes);
    push(local);
    push(data);
  }
  const count = Object.keys(members).length;
  const end = [
    0x50,
    0x4b,
    5,
    6,
    0,
    0,
    0,
    0,
    ...u16(count),
    ...u16(count),
    ...u32(central.length),
    ...u32(offset),
    0,
    0,
  ];
  push(central);
  push(end);
  const bytes = new Uint8Array(offset);
  let at = 0;
  for (const part of out) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

Deno.test("parts and their sizes are those that unzip lists", async () => {
  await using msoffice = await openPlugin("msoffice");
  for (const [name, parts] of Object.entries<[string, number][]>(await json("parts.json"))) {
    const outcome = await msoffice.scan(await read(name));
    assert.deepEqual(resultsOf(outcome).parts.map(({ name, size }) => [name, size]), parts);
    assert.deepEqual(outcome.errors, [], name);
  }
});

Deno.test("core properties are those that python-docx reads", async () => {
  await using msoffice = await openPlugin("msoffice");
  for (const [name, properties] of Object.entries<Record<string, string>>(await json("docx_properties.json"))) {
    const { metadata } = resultsOf(await msoffice.scan(await read(name)));
    for (const [key, value] of Object.entries(properties)) assert.equal(metadata[key] ?? "", value, `${name} ${key}`);
  }
});

Deno.test("properties that the author named are reported", async () => {
  await using msoffice = await openPlugin("msoffice");
  assert.deepEqual(resultsOf(await msoffice.scan(await read("embedded.docx"))).metadata["custom"], {
    Department: "Analysis",
  });
});

Deno.test("a document with a macro, a remote template, DDE and an object has each of them in its results", async () => {
  await using msoffice = await openPlugin("msoffice");
  const outcome = await msoffice.scan(await read("risky.docm"));
  const results = resultsOf(outcome);
  assert.equal(results.application, "word");
  assert.equal(results.macros, true);
  assert.deepEqual(results.vba, ["word/vbaProject.bin"]);
  assert.deepEqual(results.embedded, [{ part: "word/embeddings/oleObject1.bin", kind: "embedded", size: 16384 }]);
  const url = "mhtml:http://example.com/o.html!x-usc:http://example.com/o.html";
  assert.deepEqual(results.external, [
    { part: "word/document.xml", id: "rId93", type: "oleObject", target: url },
    { part: "word/settings.xml", id: "rId1", type: "attachedTemplate", target: "http://example.com/evil.dotm" },
  ]);
  assert.deepEqual(results.hyperlinks, ["https://example.com/click?a=1&b=2"]);
  assert.deepEqual(results.dde, [{
    part: "word/document.xml",
    instruction: 'DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/k calc"',
  }]);
  assert.deepEqual(results.fields, [{
    part: "word/document.xml",
    instruction: 'INCLUDEPICTURE "http://example.com/p.png" \\d',
  }]);
  assert.deepEqual(outcome.extracted.map(({ payloadMeta }) => payloadMeta.extraData), [
    { filename: "vbaProject.bin", path: "word/vbaProject.bin" },
    { filename: "oleObject1.bin", path: "word/embeddings/oleObject1.bin" },
  ]);
});

Deno.test("what msoffice extracts is what ole takes apart: the macro and the embedded program", async () => {
  await using msoffice = await openPlugin("msoffice");
  await using ole = await openPlugin("ole");
  const { extracted } = await msoffice.scan(await read("risky.docm"));
  const names: unknown[] = [];
  for (const { content } of extracted) {
    for (const { payloadMeta } of (await ole.scan(content)).extracted) names.push(payloadMeta.extraData["filename"]);
  }
  assert.ok(names.includes("Module1.bas"));
  assert.ok(names.includes("Clam.exe"));
});

Deno.test("a spreadsheet inside a document is extracted whole", async () => {
  await using msoffice = await openPlugin("msoffice");
  const outcome = await msoffice.scan(await read("embedded.docx"));
  assert.equal(outcome.extracted.length, 1);
  assert.equal(resultsOf(await msoffice.scan(outcome.extracted[0]!.content)).application, "excel");
});

Deno.test("a DDE link of a workbook is reported as program and arguments", async () => {
  await using msoffice = await openPlugin("msoffice");
  assert.deepEqual(resultsOf(await msoffice.scan(await read("dde.xlsx"))).dde, [
    { part: "xl/externalLinks/externalLink1.xml", instruction: "cmd|/c calc.exe" },
  ]);
});

Deno.test("an encrypted document is said to be encrypted, and how", async () => {
  await using msoffice = await openPlugin("msoffice");
  const agile = { method: "agile", version: "4.4", cipher: "AES", key_bits: 256, hash: "SHA512" };
  const standard = { method: "standard", version: "4.2", cipher: "AES", key_bits: 128, hash: "SHA1" };
  for (const [name, encryption] of [["agile.docx", agile], ["standard.docx", standard]] as const) {
    assert.deepEqual((await msoffice.scan(await read(name))).results, {
      application: null,
      content_type: null,
      encrypted: true,
      encryption,
    });
  }
});

Deno.test("macros, macro sheets and foreign files are found by relationship, type, name or beginning", async () => {
  await using msoffice = await openPlugin("msoffice");
  const outcome = await msoffice.scan(zip({
    "[Content_Types].xml": TYPES.replace(
      "</Types>",
      `<Override PartName="/a/x.xml" ContentType="application/vnd.ms-excel.macrosheet+xml"/></Types>`,
    ),
    "a/_rels/main.xml.rels": rels(
      `<Relationship Id="1" Type="http://x/vbaProject" Target="../Odd%20name.dat"/>` +
        `<Relationship Id='2' Type='http://x/aFChunk' Target='/chunk.rtf'/>` +
        `<Relationship Id="3" Type="http://x/vbaProject" Target="b/../code.dat"/>`,
    ),
    "a/code.dat": "vba",
    "a/x.xml": "<xm:macrosheet/>",
    "chunk.rtf": "{\\rtf1}",
    "media/image1.png": "MZ\x90\0 not a picture",
    "customUI/customUI.xml": `<customUI onLoad="Start"/>`,
  }));
  const results = resultsOf(outcome);
  assert.deepEqual(results.vba, ["a/code.dat"]);
  assert.deepEqual(results.excel4, ["a/x.xml"]);
  assert.deepEqual(results.embedded.map(({ part, kind }) => [part, kind]), [["chunk.rtf", "import"], [
    "media/image1.png",
    "foreign",
  ]]);
  assert.deepEqual(results.custom_ui, [{ part: "customUI/customUI.xml", on_load: "Start" }]);
});

Deno.test("a part that decompresses to more than there is room for is left out, with an error", async () => {
  await using msoffice = await openPlugin("msoffice");
  const bomb = new Uint8Array(140 * 1024 * 1024);
  const outcome = await msoffice.scan(
    zip({ "[Content_Types].xml": TYPES, "word/embeddings/a.bin": bomb, "word/vbaProject.bin": "v" }, 10),
  );
  assert.match(
    outcome.errors.join("\n"),
    /"word\/embeddings\/a\.bin": left out, more than the \d+ bytes that remain for it/,
  );
  assert.deepEqual(outcome.extracted.map(({ content }) => content.length), [1]);
});

Deno.test("a document without its central directory is read from the local headers", async () => {
  await using msoffice = await openPlugin("msoffice");
  const bytes = await read("risky.docm");
  const outcome = await msoffice.scan(bytes.subarray(0, bytes.length - 1800));
  assert.match(outcome.errors.join("\n"), /without an end of central directory/);
  assert.ok(outcome.extracted.some(({ payloadMeta }) => payloadMeta.extraData["filename"] === "vbaProject.bin"));
});

Deno.test("entities are read but not expanded, and names of prototypes are ordinary names", async () => {
  await using msoffice = await openPlugin("msoffice");
  const outcome = await msoffice.scan(zip({
    "[Content_Types].xml": TYPES,
    "docProps/core.xml":
      `<!DOCTYPE a [<!ENTITY b "bb">]><a><dc:title>&lt;&#65;&b;&amp;amp;</dc:title><constructor>x</constructor></a>`,
    "docProps/custom.xml": `<p><property name="__proto__"><v>1</v></property></p>`,
    "_rels/.rels": rels(`<Relationship Id="constructor" Type="toString" Target="__proto__"/>`),
  }));
  assert.deepEqual(Object.keys(resultsOf(outcome).metadata), ["title", "custom"]);
  assert.equal(resultsOf(outcome).metadata["title"], "<A&b;&amp;");
});

Deno.test("an archive that is no package, and a binary document, give nothing", async () => {
  await using msoffice = await openPlugin("msoffice");
  for (const content of ["", "PK\x03\x04", zip({ "a.txt": "a" }), new Uint8Array(600)]) {
    assert.deepEqual(await msoffice.scan(content), { results: undefined, extracted: [], errors: [], dispatchTo: [] });
  }
});

Deno.test("no damage to a real document makes the plugin throw", async () => {
  await using msoffice = await openPlugin("msoffice");
  const samples = await Promise.all(["hello.xlsm", "dde.xlsx", "agile.docx", "embedded.docx"].map(read));
  const edits = fc.array(fc.tuple(fc.nat(1 << 14), fc.nat(255)), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...samples), edits, fc.nat(1 << 14), async (sample, changes, cut) => {
      const bytes = sample.slice(0, cut % 4 === 0 ? cut % sample.length : sample.length);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      const { errors } = await msoffice.scan(bytes);
      assert.ok(errors.length <= 101);
    }),
    { numRuns: 200 },
  );
});

Deno.test("no XML makes the plugin throw", async () => {
  await using msoffice = await openPlugin("msoffice");
  const piece = fc.constantFrom(
    ...`< > / = " ' <w:fldChar w:fldCharType="begin"/> <w:fldChar w:fldCharType="end"/> <w:instrText> DDE </w:instrText> <!-- --> <![CDATA[ ]]> &#99999999; &#x110000; &amp; a:b <?x <!D QUOTE 65`
      .split(" "),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 50 }), async (pieces) => {
      const xml = pieces.join(" ");
      const outcome = await msoffice.scan(
        zip({ "[Content_Types].xml": xml, "_rels/.rels": xml, "word/a.xml": xml, "docProps/app.xml": xml }),
      );
      assert.ok(outcome.results !== undefined);
    }),
    { numRuns: 200 },
  );
});
