import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { openPlugin, type WorkerOutcome } from "../../testing.ts";

interface Results {
  objects: Record<string, unknown>[];
  templates?: string[];
  fields?: string[];
}

/** SHA-256 of clam.exe of Debian's clamav-testfiles. */
const CLAM_EXE = "71e7b604d18aefd839e51a39c88df8383bb4c071dc31f87f00a2b5df580d4495";
const sample = () => Deno.readTextFile(new URL("testdata/clam.exe.rtf", import.meta.url));
const resultsOf = (outcome: WorkerOutcome) => outcome.results as Results;
const hex = (text: string) => [...text].map((c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join("");
const u32 = (value: number) => String.fromCharCode(value & 255, value >> 8 & 255, value >> 16 & 255, value >>> 24);
const lp = (text: string) => text === "" ? u32(0) : u32(text.length + 1) + text + "\0";
/** An embedded OLE 1.0 object. */
const ole1 = (className: string, data: string) =>
  u32(0x501) + u32(2) + lp(className) + lp("") + lp("") + u32(data.length) + data;
const object = (digits: string) =>
  `{\\rtf1{\\object\\objemb\\objupdate{\\*\\objclass Word.Document}{\\*\\objdata ${digits}}}}`;
const text = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);

Deno.test("a packaged program comes out byte for byte, under its own name", async () => {
  await using rtf = await openPlugin("rtf");
  const outcome = await rtf.scan(await sample());
  assert.deepEqual(outcome.errors, []);
  assert.deepEqual(resultsOf(outcome), {
    objects: [{
      index: 0,
      offset: 3422,
      type: "objemb",
      update: false,
      objclass: "Package",
      objname: null,
      format: "embedded",
      class_name: "Package",
      topic_name: "",
      item_name: "",
      size: 4416,
      package: {
        filename: "Clam.exe",
        source_path: "C:\\DOCUME~1\\edwin\\Desktop\\clam.exe",
        temp_path: "C:\\DOCUME~1\\edwin\\Desktop\\clam.exe",
        size: 544,
      },
    }],
  });
  const [file] = outcome.extracted;
  assert.equal(createHash("sha256").update(file!.content).digest("hex"), CLAM_EXE);
  assert.deepEqual(file!.payloadMeta.extraData, { index: 0, filename: "Clam.exe" });
});

Deno.test("an object comes out the same however its digits are hidden", async () => {
  await using rtf = await openPlugin("rtf");
  const data = "\xd0\xcf\x11\xe0 payload of the object";
  const digits = hex(ole1("Word.Document.8", data));
  const head = digits.slice(0, 20);
  const rest = digits.slice(20);
  const raw = ole1("Word.Document.8", data).slice(10);
  const forms: Record<string, string> = {
    plain: digits,
    "upper case": digits.toUpperCase(),
    "white space": digits.replace(/./g, "$& \r\n\t"),
    "rubbish between digits": digits.replace(/.{8}/g, "$&;g_Z-"),
    "control words": `${head}\\par\\someword1 \\x-5 ${rest}`,
    "control symbols": `${head}\\-\\~\\|${rest}`,
    "escaped braces": `${head}\\{\\}${rest}`,
    "an unknown ignorable group": `${head}{\\*\\unknownword 4142}${rest}`,
    "nested groups that are ignored": `${head}{\\*\\unknownword 41{\\b 42}43}${rest}`,
    "another destination": `${head}{\\fonttbl 4142}${rest}`,
    "a group around some digits": `${head}{${rest}}`,
    "a hexadecimal escape after whole bytes": `${head}\\'41${rest}`,
    "a hexadecimal escape that takes back a digit": `${head}7\\'41${rest}`,
    "binary data": `${head}\\bin${raw.length} ${raw}`,
    "a negative length of binary data": `${head}\\bin-7 ${rest}`,
    "an odd digit at the end": digits + "7",
  };
  for (const [name, form] of Object.entries(forms)) {
    const outcome = await rtf.scan(Uint8Array.from(object(form), (c) => c.charCodeAt(0)));
    assert.equal(outcome.extracted.length, 1, name);
    assert.equal(text(outcome.extracted[0]!.content), data, name);
    assert.equal(resultsOf(outcome).objects[0]!["class_name"], "Word.Document.8", name);
    assert.equal(resultsOf(outcome).objects[0]!["update"], true, name);
    assert.deepEqual(outcome.errors, [], name);
  }
});

Deno.test("digits in an ignorable group count if only with them the data is an object", async () => {
  await using rtf = await openPlugin("rtf");
  const digits = hex(ole1("Equation.3", "code"));
  const outcome = await rtf.scan(object(`{\\*\\b ${digits.slice(0, 16)}}${digits.slice(16)}`));
  assert.equal(resultsOf(outcome).objects[0]!["class_name"], "Equation.3");
  assert.equal(text(outcome.extracted[0]!.content), "code");
});

Deno.test("an object that is cut off gives the bytes there are, and an error", async () => {
  await using rtf = await openPlugin("rtf");
  const outcome = await rtf.scan(object(hex(ole1("Word.Document.8", "0123456789")).slice(0, -8)));
  assert.equal(text(outcome.extracted[0]!.content), "012345");
  assert.deepEqual(outcome.errors, ["object at offset 70: 6 of 10 bytes are in the file"]);
});

Deno.test("data that is no object is extracted as it is, with an error that says so", async () => {
  await using rtf = await openPlugin("rtf");
  const outcome = await rtf.scan(object("4d5a9000"));
  assert.equal(text(outcome.extracted[0]!.content), "MZ\x90\0");
  assert.deepEqual(outcome.extracted[0]!.payloadMeta.extraData, { index: 0, filename: "object_0" });
  assert.match(outcome.errors.join(), /object at offset 70: not an OLE 1\.0 object, its 4 bytes extracted as they are/);
});

Deno.test("a linked object has its target in the results and no payload", async () => {
  await using rtf = await openPlugin("rtf");
  const linked = u32(0x501) + u32(1) + lp("Excel.Sheet.8") + lp("\\\\host\\share\\a.xls") + lp("Sheet1!R1C1");
  const outcome = await rtf.scan(object(hex(linked)));
  assert.deepEqual(outcome.extracted, []);
  assert.equal(resultsOf(outcome).objects[0]!["format"], "linked");
  assert.equal(resultsOf(outcome).objects[0]!["topic_name"], "\\\\host\\share\\a.xls");
});

Deno.test("remote templates and active fields are reported", async () => {
  await using rtf = await openPlugin("rtf");
  const outcome = await rtf.scan(
    '{\\rtf1{\\*\\template http://example.com/\\\'61.dotm}{\\field{\\*\\fldinst DDEAUTO "C:\\\\\\\\a.exe" "x"}{\\fldrslt y}}' +
      "{\\field{\\*\\fldinst PAGE}{\\fldrslt 1}}}",
  );
  assert.deepEqual(resultsOf(outcome), {
    objects: [],
    templates: ["http://example.com/a.dotm"],
    fields: ['DDEAUTO "C:\\\\a.exe" "x"'],
  });
});

Deno.test("groups that are never closed, or closed too often, don't hide an object", async () => {
  await using rtf = await openPlugin("rtf");
  const digits = hex(ole1("Package2", "data"));
  for (
    const content of [`{\\rt}}}}{\\object{\\objdata ${digits}`, `{\\rtf1${"{".repeat(100_000)}\\objdata ${digits}`]
  ) {
    const outcome = await rtf.scan(content);
    assert.equal(text(outcome.extracted[0]!.content), "data");
  }
});

Deno.test("a file that is not RTF gives nothing", async () => {
  await using rtf = await openPlugin("rtf");
  for (const content of ["", "{\\r", "text {\\rtf1}", "\xd0\xcf\x11\xe0"]) {
    assert.deepEqual(await rtf.scan(content), { results: undefined, extracted: [], errors: [], dispatchTo: [] });
  }
});

Deno.test("no text makes the plugin throw or give more bytes than the document has", async () => {
  await using rtf = await openPlugin("rtf");
  const real = new TextEncoder().encode(await sample());
  const piece = fc.constantFrom(
    ..."{ } \\ \\objdata \\object \\* \\bin5 \\bin99999999999 \\bin-3 \\'4 41 0 d0cf11e0 01050000 02000000 \\u8364 \\par \\b \\objclass x"
      .split(" "),
  );
  const made = fc.array(piece, { maxLength: 60 }).map((pieces) => new TextEncoder().encode("{\\rt" + pieces.join(" ")));
  const mutated = fc.array(fc.tuple(fc.nat(real.length - 1), fc.nat(255)), { maxLength: 60 }).map((edits) => {
    const bytes = real.slice();
    for (const [at, value] of edits) if (at > 8) bytes[at] = value;
    return bytes;
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(made, mutated), async (bytes) => {
      const { results, extracted, errors } = await rtf.scan(bytes);
      assert.ok(results !== undefined);
      assert.ok(errors.length <= 101);
      assert.ok(extracted.reduce((sum, { content }) => sum + content.length, 0) <= bytes.length);
    }),
    { numRuns: 300 },
  );
});
