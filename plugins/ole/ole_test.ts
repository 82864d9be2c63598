import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { openPlugin, type WorkerOutcome } from "../../testing.ts";
import { writeCfb } from "../lib/fixtures/cfb_writer.ts";

interface Results {
  clsid: string | null;
  streams: { index: number; path: string; size: number; orphan?: boolean }[];
  metadata: Record<string, unknown>;
  encrypted: boolean;
  encryption?: { method: string };
  macros?: { module: string; type: string; code: string; size: number }[];
  embedded?: Record<string, unknown>[];
  links?: Record<string, unknown>[];
  excel4_macro_sheets?: Record<string, unknown>[];
}

/** SHA-256 of clam.exe of Debian's clamav-testfiles. */
const CLAM_EXE = "71e7b604d18aefd839e51a39c88df8383bb4c071dc31f87f00a2b5df580d4495";
const read = (name: string) => Deno.readFile(new URL(`testdata/${name}`, import.meta.url));
const json = async (name: string) => JSON.parse(await Deno.readTextFile(new URL(`testdata/${name}`, import.meta.url)));
const sha256 = (data: Uint8Array | string) => createHash("sha256").update(data).digest("hex");
const resultsOf = (outcome: WorkerOutcome) => outcome.results as Results;
const named = (outcome: WorkerOutcome, path: string) =>
  outcome.extracted.find(({ payloadMeta }) => payloadMeta.extraData["path"] === path);

Deno.test("streams and summary properties are those that olefile reads", async () => {
  await using ole = await openPlugin("ole");
  for (
    const [name, expected] of Object.entries<
      { clsid: string; streams: Record<string, [number, string]>; metadata: Record<string, unknown> }
    >(await json("olefile.json"))
  ) {
    const outcome = await ole.scan(await read(name));
    const results = resultsOf(outcome);
    assert.deepEqual(outcome.errors, [], name);
    assert.equal(results.clsid ?? "", expected.clsid, name);
    assert.deepEqual(results.streams.map(({ path }) => path).sort(), Object.keys(expected.streams).sort());
    for (const { path, size } of results.streams) {
      const [expectedSize, hash] = expected.streams[path]!;
      assert.equal(size, expectedSize, `${name} ${path}`);
      if (size > 0 && !path.endsWith("Ole10Native")) assert.equal(sha256(named(outcome, path)!.content), hash);
    }
    for (const [key, value] of Object.entries(expected.metadata)) {
      const ours = results.metadata[key];
      if (key.startsWith("codepage")) assert.equal(ours, Number(value) & 0xffff); // olefile gives 65001 as -535
      else if (value === "1601-01-01T00:00:00") assert.equal(ours, null); // olefile's way to write "never"
      else if (/_time$/.test(key) && typeof value === "string") {
        assert.equal(Date.parse(String(ours)), Date.parse(value + "Z"));
      } else if (typeof value === "string" && typeof ours === "string") {
        assert.equal(ours, decoded(name, value), `${name} ${key}`);
      } else if (key !== "titles_of_parts") assert.deepEqual(ours, value, `${name} ${key}`);
    }
  }
});

/** olefile.json has text as Latin-1; these files have it in other code pages. */
function decoded(name: string, text: string): string {
  const label = name === "clam.ppt" ? "windows-1250" : /^(?:autoopen|embedded)/.test(name) ? "utf-8" : "windows-1252";
  return new TextDecoder(label).decode(Uint8Array.from(text, (c) => c.charCodeAt(0)));
}

Deno.test("VBA source is what Apache POI decompresses, module by module", async () => {
  await using ole = await openPlugin("ole");
  for (
    const [name, modules] of Object.entries<Record<string, { type: string; sha256: string }>>(
      await json("poi_vba.json"),
    )
  ) {
    const outcome = await ole.scan(await read(name));
    const macros = resultsOf(outcome).macros!;
    assert.deepEqual(macros.map(({ module }) => module).sort(), Object.keys(modules).sort());
    for (const { module, type, code } of macros) {
      assert.equal(sha256(code), modules[module]!.sha256, `${name} ${module}`);
      assert.equal(type, modules[module]!.type === "Module" ? "module" : "class");
    }
    const source = outcome.extracted.find(({ payloadMeta }) => payloadMeta.extraData["filename"] === "Module1.bas")!;
    assert.equal(sha256(source.content), modules["Module1"]!.sha256);
  }
});

Deno.test("a program embedded in a Word document comes out under its own name", async () => {
  await using ole = await openPlugin("ole");
  const outcome = await ole.scan(await read("clam.ole.doc"));
  const path = "ObjectPool/_1279313719/\x01Ole10Native";
  assert.deepEqual(resultsOf(outcome).embedded, [{
    stream: path,
    filename: "Clam.exe",
    source_path: "C:\\clam.exe",
    temp_path: "C:\\clam.exe",
    linked: false,
    size: 544,
  }]);
  const { content, payloadMeta } = named(outcome, path)!;
  // The same file that ClamAV's tests have as clam.exe.
  assert.equal(sha256(content), CLAM_EXE);
  assert.equal(payloadMeta.extraData["filename"], "Clam.exe");
  assert.equal(payloadMeta.extraData["name"], "ObjectPool__1279313719_Ole10Native_Clam.exe");
  assert.equal(payloadMeta.extraData["index"], 7);
  assert.equal(payloadMeta.shouldArchive, true);
});

Deno.test("raw streams are extracted but not archived, with the original's index and name", async () => {
  await using ole = await openPlugin("ole");
  const { payloadMeta } = named(await ole.scan(await read("clam.ole.doc")), "\x05SummaryInformation")!;
  assert.deepEqual(payloadMeta.extraData, {
    index: 2,
    name: "SummaryInformation",
    filename: "SummaryInformation",
    path: "\x05SummaryInformation",
  });
  assert.equal(payloadMeta.shouldArchive, false);
});

Deno.test("whether a stream is a package is told by its name, not by its content", async () => {
  await using ole = await openPlugin("ole");
  const pack =
    "\x00\x00\x00\x00\x02\x00a.exe\x00C:\\a.exe\x00\x00\x00\x03\x00\x08\x00\x00\x00C:\\a.exe\x00\x04\x00\x00\x00MZab";
  const decoy = "x".repeat(5000) + "\x01Ole10Native";
  const outcome = await ole.scan(writeCfb({ decoy, object: { "\x01oLE10nATIVE": pack } }));
  assert.deepEqual(outcome.errors, []);
  assert.equal(named(outcome, "decoy")!.content.length, decoy.length);
  const file = named(outcome, "object/\x01oLE10nATIVE")!;
  assert.equal(new TextDecoder().decode(file.content), "MZab");
  assert.equal(file.payloadMeta.extraData["filename"], "a.exe");
});

Deno.test("a package that says it has more bytes than it has gives those it has, and an error", async () => {
  await using ole = await openPlugin("ole");
  const pack = "\x00\x00\x00\x00\x02\x00a.exe\x00\x00\x00\x00\x03\x00\x01\x00\x00\x00\x00\xff\xff\xff\x7fMZ";
  const outcome = await ole.scan(writeCfb({ "\x01Ole10Native": pack }));
  assert.match(outcome.errors.join(), /Ole10Native": \d+ of 2147483647 bytes are in it/);
  assert.equal(new TextDecoder().decode(outcome.extracted[0]!.content.slice(0, 2)), "MZ");
});

Deno.test("an object inside a presentation is decompressed and extracted", async () => {
  await using ole = await openPlugin("ole");
  const outcome = await ole.scan(await read("clam.ppt"));
  assert.deepEqual(resultsOf(outcome).embedded, [
    { stream: "PowerPoint Document", filename: "ppt_object_4422.ole", offset: 4422, size: 4096 },
  ]);
  const inner = await ole.scan(outcome.extracted.at(-1)!.content);
  assert.equal(resultsOf(inner).embedded![0]!["filename"], "clam.exe");
});

Deno.test("the target of a linked object is reported", async () => {
  await using ole = await openPlugin("ole");
  const url = "http://example.com/a.hta\0";
  const moniker = "\xe0\xc9\xea\x79\xf9\xba\xce\x11\x8c\x82\x00\xaa\x00\x4b\xa9\x0b" +
    String.fromCharCode(url.length * 2) + "\0\0\0" + [...url].map((c) => c + "\0").join("");
  const outcome = await ole.scan(writeCfb({ "\x01Ole": "\x01\0\0\x02\x01\0\0\0\0\0\0\0\0\0\0\0" + moniker }));
  assert.deepEqual(resultsOf(outcome).links, [{ stream: "\x01Ole", kind: "url", target: "http://example.com/a.hta" }]);
});

Deno.test("Excel 4.0 macro sheets are reported, hidden ones as such", async () => {
  await using ole = await openPlugin("ole");
  const sheet = (state: number, type: number, name: string) =>
    `\x85\0${String.fromCharCode(8 + name.length)}\0\0\0\0\0${String.fromCharCode(state, type, name.length)}\0${name}`;
  const outcome = await ole.scan(writeCfb({ Workbook: sheet(0, 0, "Sheet1") + sheet(2, 1, "Macro1") + "\x0a\0\0\0" }));
  assert.deepEqual(resultsOf(outcome).excel4_macro_sheets, [{ name: "Macro1", visibility: "very_hidden" }]);
});

Deno.test("encrypted documents are said to be encrypted", async () => {
  await using ole = await openPlugin("ole");
  const fib = "\xec\xa5\xc1\0\0\0\0\0\0\0\0\x01";
  assert.equal(resultsOf(await ole.scan(writeCfb({ WordDocument: fib }))).encryption!.method, "word_binary");
  const book = "\x09\x08\0\0\x2f\0\0\0";
  assert.equal(resultsOf(await ole.scan(writeCfb({ Workbook: book }))).encryption!.method, "excel_binary");
  assert.equal(resultsOf(await ole.scan(writeCfb({ EncryptedPackage: "" }))).encryption!.method, "unknown");
  assert.equal(resultsOf(await ole.scan(await read("clam.ole.doc"))).encrypted, false);
});

Deno.test("a document cut in half gives what can be read, and errors that say what is missing", async () => {
  await using ole = await openPlugin("ole");
  const whole = await read("clam.ppt");
  const outcome = await ole.scan(whole.subarray(0, 20_000));
  assert.ok(resultsOf(outcome).streams !== undefined);
  assert.ok(outcome.errors.length > 0);
  assert.match(outcome.errors.join("\n"), /chain|bytes are in the file|directory/);
});

Deno.test("a file that is no compound file gives nothing", async () => {
  await using ole = await openPlugin("ole");
  for (const content of ["", "hello", "PK\x03\x04", "\xd0\xcf"]) {
    assert.deepEqual(await ole.scan(content), { results: undefined, extracted: [], errors: [], dispatchTo: [] });
  }
});

Deno.test("no damage to a real document makes the plugin throw or give more than four times its size", async () => {
  await using ole = await openPlugin("ole");
  const samples = await Promise.all(["clam.ole.doc", "clam.ppt", "autoopen.xls", "vbaProject.bin"].map(read));
  const edit = fc.tuple(fc.nat(1 << 15), fc.nat(255));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...samples),
      fc.array(edit, { maxLength: 60 }),
      fc.nat(1 << 15),
      async (sample, edits, cut) => {
        const bytes = sample.slice(0, cut % 4 === 0 ? Math.max(512, cut % sample.length) : sample.length);
        for (const [at, value] of edits) bytes[8 + at % (bytes.length - 8)] = value;
        const { results, extracted, errors } = await ole.scan(bytes);
        assert.ok(results !== undefined);
        assert.ok(errors.length <= 101);
        assert.ok(
          extracted.reduce((sum, { content }) => sum + content.length, 0) < 64 * 1024 * 1024 + 5 * bytes.length,
        );
      },
    ),
    { numRuns: 300 },
  );
});
