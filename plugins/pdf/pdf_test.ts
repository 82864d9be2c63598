import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { openPlugin } from "../../testing.ts";

const FOLDER = new URL("./testdata/", import.meta.url);
const sample = (name: string) => Deno.readFileSync(new URL(name, FOLDER));
const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function scan(content: Uint8Array | string, options?: Record<string, string>) {
  await using pdf = await openPlugin("pdf", { options });
  const outcome = await pdf.scan(typeof content === "string" ? latin1(content) : content);
  return { ...outcome, results: Object(outcome.results) };
}

/** What qpdf and the file say; Poppler, which has to repair this document, takes the end of the line for data. */
const CLAM_EXE = "71e7b604d18aefd839e51a39c88df8383bb4c071dc31f87f00a2b5df580d4495";

interface Expected {
  fields: Record<string, string>;
  encrypted: string;
  files: [string, string][];
  links: string[];
}

/** Poppler's dates have `+02` for `+02:00`, and `Z` where there is no zone. */
const instant = (date: string) =>
  new Date(date.replace(/([+-]\d\d)$/, "$1:00").replace(/(T[\d:]{8})$/, "$1Z")).getTime();

Deno.test("metadata, pages, links and embedded files are those that Poppler tells", async () => {
  await using pdf = await openPlugin("pdf");
  const expected: Record<string, Expected> = JSON.parse(new TextDecoder().decode(sample("expected.json")));
  for (const [name, { fields, encrypted, files, links }] of Object.entries(expected)) {
    if (encrypted === "unknown") continue; // Poppler cannot open it
    const { results, extracted } = await pdf.scan(sample(name));
    const { version, pages, metadata, ...rest } = Object(results);
    const { Pages, "PDF version": headerVersion, CreationDate, ModDate, ...texts } = fields;
    assert.deepEqual([String(pages), version, rest.encrypted], [Pages, headerVersion, encrypted === "yes"], name);
    for (const [key, text] of Object.entries(texts)) assert.equal(metadata[key], text, name);
    for (const [key, date] of Object.entries({ CreationDate, ModDate })) {
      if (date !== undefined) assert.equal(instant(metadata[key]), instant(date), name);
    }
    const names = files.map(([file]) => file.split("/").at(-1)!);
    const ours = extracted.filter(({ payloadMeta }) => names.includes(String(payloadMeta.extraData.filename)));
    assert.deepEqual(
      ours.map(({ content, payloadMeta }) => [payloadMeta.extraData.filename, sha256(content)]),
      files.map(([file, digest]) => [file.split("/").at(-1), name === "clam.pdf" ? CLAM_EXE : digest]),
      name,
    );
    assert.deepEqual(rest.links, links, name);
  }
});

Deno.test("actions, what triggers them, scripts, forms and files of a made document come out", async () => {
  const { results, extracted, errors } = await scan(sample("active.pdf"));
  assert.deepEqual(errors, []);
  assert.deepEqual(results.triggers, [
    { object: 1, trigger: "OpenAction", action: "JavaScript" },
    { object: 1, trigger: "AA/WC", action: "SubmitForm" },
    { object: 3, trigger: "AA/O", action: "Launch" },
  ]);
  assert.deepEqual(results.actions, [
    { object: 3, type: "Launch", target: "cmd.exe", parameters: "/c calc.exe" },
    { object: 4, type: "JavaScript" },
    { object: 5, type: "JavaScript" },
    { object: 9, type: "SubmitForm", target: "http://example.com/submit" },
    { object: 11, type: "GoToR", target: "\\\\server\\share\\x.pdf" },
  ]);
  assert.deepEqual(results.javascript, [{ object: 6, name: null, size: 64 }, { object: 5, name: "first", size: 19 }]);
  assert.deepEqual(results.links, ["http://example.com/a(b)"]);
  assert.deepEqual(results.metadata, {
    Title: "ét",
    Author: "Jérôme",
    CreationDate: "2020-01-02T01:34:05Z",
    ModDate: "2021-01-01T00:00:00",
    Own: "x",
  });
  assert.deepEqual(results.id, ["00112233", "aabbccdd"]);
  assert.deepEqual(
    extracted.map(({ content, payloadMeta }) => [new TextDecoder("latin1").decode(content), payloadMeta.extraData]),
    [
      ["var s = unescape('%u9090'); this.exportDataObject({cName: 'x'});", { filename: "script_6.js", object: 6 }],
      ["app.alert('named');", { filename: "script_5.js", object: 5, name: "first" }],
      ["MZ\x90\0", { filename: "evil.exe", path: "dir/evil.exe", object: 13 }],
      [
        '<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><template><script contentType="application/x-javascript">' +
        'xfa.host.messageBox("hi")</script></template></xdp:xdp>',
        { filename: "xfa.xdp" },
      ],
    ],
  );
});

Deno.test("names that are escaped without need are counted under their plain form, and told", async () => {
  const { results } = await scan(sample("active.pdf"));
  assert.equal(results.keywords["/JavaScript"], 3);
  assert.deepEqual(results.obfuscated_names, { "/JavaScript": 1 });
});

Deno.test("a script that an update replaced is extracted too, and bytes after the end are told", async () => {
  const { results, extracted } = await scan(sample("updated.pdf"));
  assert.deepEqual(
    extracted.slice(0, 2).map(({ content }) => new TextDecoder().decode(content.subarray(0, 17))),
    ["app.alert('new');", "var s = unescape("],
  );
  const { updates, replaced_objects, trailing_bytes, xref_tables } = results.structure;
  assert.deepEqual({ updates, replaced_objects, trailing_bytes, xref_tables }, {
    updates: 1,
    replaced_objects: 1,
    trailing_bytes: 16,
    xref_tables: 2,
  });
});

Deno.test("a document whose table, lengths and ends are broken is read by search", async () => {
  const { results, extracted, errors } = await scan(sample("broken.pdf"));
  assert.deepEqual(results.triggers, [{ object: 1, trigger: "OpenAction", action: "JavaScript" }]);
  assert.equal(
    new TextDecoder().decode(extracted[0]!.content),
    "var s = unescape('%u9090'); this.exportDataObject({cName: 'x'});",
  );
  assert.equal(results.structure.header_offset, 5);
  assert.deepEqual(errors, [
    "object 4 0 at offset 207: stream without endstream",
    "no cross-reference section at offset 77777: objects found by search",
  ]);
});

Deno.test("every filter and predictor gives the bytes that qpdf gives", async () => {
  const { extracted, errors } = await scan(sample("filters.pdf"), { extract_streams: "true" });
  assert.deepEqual(errors, []);
  // qpdf --show-object=8 --filtered-stream-data filters.pdf | md5sum; objects 3 to 7 give the same
  const md5 = "277d4df614f79db3d7a1789dcb2f32f6";
  assert.deepEqual(
    extracted.map((
      { content, payloadMeta },
    ) => [payloadMeta.extraData.object, createHash("md5").update(content).digest("hex")]),
    [3, 4, 5, 6, 7, 8].map((object) => [object, md5]),
  );
});

Deno.test("a document with an empty user password is read, one with another is said to be encrypted", async () => {
  const methods = [];
  for (const name of ["enc-rc4-40.pdf", "enc-rc4.pdf", "enc-aes128.pdf", "enc-aes256.pdf", "enc-user.pdf"]) {
    const { results, extracted, errors } = await scan(sample(name));
    const { method, revision, opened } = results.encryption;
    methods.push([method, revision, opened, extracted.length, errors.length]);
  }
  assert.deepEqual(methods, [
    ["rc4", 2, true, 2, 0],
    ["rc4", 3, true, 2, 0],
    ["aes128", 4, true, 2, 0],
    ["aes256", 6, true, 2, 0],
    ["aes256", 6, false, 0, 1],
  ]);
});

Deno.test("an object that only the cross-reference table knows, inside the data of a stream, is found", async () => {
  const script = "9 0 obj << /S /JavaScript /JS (app.alert\\(1\\)) >> endobj";
  const head = "%PDF-1.4\n1 0 obj << /Type /Catalog /OpenAction 9 0 R >> endobj\n2 0 obj << /Length ";
  const before = `${head}${script.length} >> stream\n`;
  const body = `${before}${script}\nendstream endobj\n`;
  const table = `xref\n9 1\n${String(before.length).padStart(10, "0")} 00000 n \ntrailer << /Root 1 0 R >>\n`;
  const { results, extracted, errors } = await scan(`${body}${table}startxref\n${body.length}\n%%EOF`);
  assert.deepEqual(results.triggers, [{ object: 1, trigger: "OpenAction", action: "JavaScript" }]);
  assert.equal(new TextDecoder().decode(extracted[0]!.content), "app.alert(1)");
  assert.match(errors[0]!, /^1 objects lie inside others, the first is 9 0 at offset \d+$/);
});

Deno.test("damaged Flate data gives what comes before the damage", async () => {
  const script = Array.from({ length: 400 }, (_, i) => `alert(${i * i * 7919 % 1000003});`).join("\n");
  const data = deflateSync(script);
  data.fill(0xff, data.length - 40);
  const text = new TextDecoder("latin1").decode(data.slice().map((byte) => byte));
  const bytes = [
    ...latin1(`%PDF-1.4\n1 0 obj << /JS 2 0 R >> endobj 2 0 obj << /Filter /Fl /Length ${text.length} >> stream\n`),
    ...data,
  ];
  const { extracted, errors } = await scan(Uint8Array.from([...bytes, ...latin1("\nendstream endobj")]));
  const got = new TextDecoder().decode(extracted[0]!.content);
  assert.ok(got.length > script.length / 2);
  assert.equal(got.slice(0, 2000), script.slice(0, 2000));
  assert.match(errors.join("\n"), /script, object 2: Flate data: /);
});

Deno.test("a bomb is cut off at the limit, and the error says so", async () => {
  const inner = deflateSync(new Uint8Array(68_000_000));
  const data = new TextDecoder("latin1").decode(new Uint8Array());
  const head = latin1(
    `%PDF-1.4\n1 0 obj << /Type /EmbeddedFile /Filter /FlateDecode /Length ${inner.length} >> stream\n${data}`,
  );
  const file = new Uint8Array([...head, ...inner, ...latin1("\nendstream endobj")]);
  const { extracted, errors } = await scan(file);
  assert.equal(extracted[0]!.content.length, 64 * 1024 * 1024);
  assert.match(errors[1]!, /embedded file null, object 1: Flate data: more than 67108864 bytes/);
});

Deno.test("a file that is not PDF gives nothing", async () => {
  await using pdf = await openPlugin("pdf");
  for (const content of ["", "%PD", "text", "x".repeat(2000) + "%PDF-1.4"]) {
    assert.deepEqual(await pdf.scan(content), { results: undefined, extracted: [], errors: [], dispatchTo: [] });
  }
});

Deno.test("texts made to take long are done in one pass", async () => {
  await using pdf = await openPlugin("pdf");
  const many = (piece: string, size = 100_000) => latin1("%PDF-1.4\n" + piece.repeat(Math.ceil(size / piece.length)));
  for (
    const piece of [
      "1 0 obj<<>>stream\n",
      "1 0 obj(",
      "1 0 obj<<",
      "1 0 obj[",
      "[",
      "1 0 obj",
      "1 0 obj<</Length 1 0 R>>stream\nendstream ",
      "1 0 obj<</JS 1 0 R>>",
      "1 0 obj 1 0 R ",
      "trailer<<",
      "xref\n0 1 trailer ",
      "startxref 9 ",
      "%%EOF",
      "/#41 ",
      "1 0 obj<</EF<</F 1 0 R>>/F(x)>>",
    ]
  ) {
    const { errors } = await pdf.scan(many(piece));
    assert.ok(errors.length <= 101, piece);
  }
});

Deno.test("whatever the bytes, the plugin gives results for what begins like a PDF", async () => {
  await using pdf = await openPlugin("pdf", { options: { extract_streams: "true" } });
  const real = ["active.pdf", "updated.pdf", "objstm.pdf", "enc-aes128.pdf", "linear.pdf", "broken.pdf"].map(sample);
  const mutated = fc.constantFrom(...real).chain((bytes) =>
    fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 40 }).map((edits) => {
      const copy = bytes.slice();
      for (const [at, value] of edits) if (at > 20) copy[at] = value;
      return copy;
    })
  );
  const words = fc.constantFrom(
    ..."1 0 obj|endobj|<<|>>|[|]|/JS|/Length 5|/Filter /Fl|stream\n|endstream|(|)|<41>|1 0 R|/Type /ObjStm|/N 3 /First 4|trailer|xref\n0 2\n|startxref 9|/Names [(a) 1 0 R]|/EF|/F|/Prev 9|/Encrypt 1 0 R|/V 5|null|-1|%x\n"
      .split("|"),
  );
  const made = fc.array(words, { maxLength: 60 }).map((parts) => latin1("%PDF-1.7\n" + parts.join(" ")));
  await fc.assert(
    fc.asyncProperty(fc.oneof(mutated, made), async (bytes) => {
      const { results, errors } = await pdf.scan(bytes);
      assert.ok(results !== undefined);
      assert.ok(errors.length <= 101);
    }),
    { numRuns: 200 },
  );
});
