import assert from "node:assert/strict";
import fc from "fast-check";
import { openPlugin } from "../../testing.ts";
import { MAX_CARVED, MAX_NESTED_BYTES } from "./carve.ts";

const read = (name: string) => Deno.readFileSync(new URL(`../lib/testdata/pe/${name}`, import.meta.url));
const example = (name: string) => Deno.readFileSync(new URL(`../../examples/${name}`, import.meta.url));
const join = (...parts: Uint8Array[]) => new Uint8Array(parts.flatMap((part) => [...part]));
const junk = (length: number) => new Uint8Array(length).fill(0xaa);

/** A file that is nothing but headers: one section, whose data is `rawSize` bytes from its 256th byte on. */
function fakePe(rawSize: number): Uint8Array {
  const bytes = new Uint8Array(256);
  const view = new DataView(bytes.buffer);
  bytes.set([0x4d, 0x5a]);
  view.setUint32(0x3c, 0x40, true); // e_lfanew
  view.setUint32(0x40, 0x4550, true); // PE\0\0
  view.setUint16(0x46, 1, true); // NumberOfSections
  view.setUint16(0x54, 0x60, true); // SizeOfOptionalHeader
  view.setUint16(0x58, 0x10b, true); // PE32
  view.setUint32(0xb8 + 8, 0x1000, true); // VirtualSize
  view.setUint32(0xb8 + 16, rawSize, true); // SizeOfRawData
  view.setUint32(0xb8 + 20, 256, true); // PointerToRawData
  return bytes;
}

async function carve(content: Uint8Array | string, options?: Record<string, string>) {
  await using pecarve = await openPlugin("pecarve", { options });
  return await pecarve.scan(content);
}

/** Offsets and sizes of what was carved. */
async function carvedFrom(content: Uint8Array | string, options?: Record<string, string>) {
  const { extracted } = await carve(content, options);
  return extracted.map(({ content, payloadMeta }) => [payloadMeta.extraData.offset, content.length]);
}

Deno.test("files in a document are carved with their offset, byte by byte, and there are no results", async () => {
  const document = example("sample_doc_with_pe.doc");
  const { results, extracted, errors } = await carve(document);
  assert.equal(results, undefined);
  assert.deepEqual(errors, []);
  assert.deepEqual(extracted.map(({ payloadMeta }) => payloadMeta.extraData), [{ offset: 12858 }, { offset: 105018 }]);
  assert.deepEqual(extracted.map(({ content }) => content.length), [91_648, 108_032]);
  assert.deepEqual(extracted[0]?.content, document.slice(12858, 12858 + 91_648));
});

Deno.test("a payload without a PE file gives nothing", async () => {
  assert.deepEqual(await carve("plain text with MZ in it"), {
    results: undefined,
    extracted: [],
    errors: [],
    dispatchTo: [],
  });
});

Deno.test("a payload that is one PE file is not carved: it would become its own parent", async () => {
  assert.deepEqual(await carvedFrom(example("small.exe")), []);
  assert.deepEqual(await carvedFrom(read("signed.dll")), []);
});

Deno.test("a PE file with an overlay is carved without it, and so is the file in the overlay", async () => {
  const [outer, inner] = [read("LangDLL.dll"), read("mingw.dll")];
  assert.deepEqual(await carvedFrom(join(outer, junk(100), inner)), [
    [0, outer.length],
    [outer.length + 100, inner.length - 14], // its COFF string table is not part of the image
  ]);
});

Deno.test("a file inside the section data of another is carved too", async () => {
  const inner = read("LangDLL.dll");
  const dropper = join(fakePe(inner.length + 200), junk(50), inner, junk(150));
  assert.deepEqual(await carvedFrom(dropper), [[306, inner.length]]);
  assert.deepEqual(await carvedFrom(join(junk(10), dropper)), [[10, dropper.length], [316, inner.length]]);
});

Deno.test("what pecarve itself extracted is not carved again", async () => {
  const dropper = join(fakePe(10_000), read("LangDLL.dll"));
  await using pecarve = await openPlugin("pecarve");
  const { extracted } = await pecarve.scan(join(junk(10), dropper));
  assert.equal(extracted.length, 2);
  const { default: PeCarve } = await import("./pecarve.ts");
  const plugin = new PeCarve({
    name: "pecarve",
    options: {
      getString: (_name, fallback) => fallback ?? "",
      getNumber: () => 0,
      getBoolean: () => false,
      getList: () => [],
      getJson: () => null,
      has: () => false,
    },
    log: { debug() {}, info() {}, warning() {}, error() {}, critical() {} },
    signal: new AbortController().signal,
    asset: () => Promise.reject(new Error("no assets")),
    command: () => Promise.reject(new Error("no commands")),
  });
  const payload = {
    payloadId: "b6f4d3a2-5d43-4f42-9a7d-3f1d0a3c5d10",
    content: new Uint8Array(dropper),
    payloadMeta: { shouldArchive: true, shouldScan: true, extraData: {}, dispatchTo: [] },
    dispatchMeta: {},
    workers: [],
    pluginsRun: { workers: [], archivers: [] },
    extractedFrom: "5c0a1f5e-8f0c-4d5e-9a59-0e7d2f1c3b11",
  };
  assert.equal(plugin.scan({ ...payload, extractedBy: "pecarve" }), undefined);
  assert.equal(plugin.scan({ ...payload, extractedBy: "decompress" })?.extracted?.length, 1);
});

Deno.test("certificates belong to a file, what follows them does not", async () => {
  const signed = read("signed.dll");
  assert.deepEqual(await carvedFrom(join(junk(3), signed, junk(500))), [[3, signed.length]]);
});

Deno.test("a file that is cut off is carved up to the end", async () => {
  const part = read("w64.exe").subarray(0, 50_000);
  assert.deepEqual(await carvedFrom(join(junk(7), part)), [[7, 50_000]]);
});

Deno.test("a letter before MZ does not hide a file", async () => {
  const file = read("LangDLL.dll");
  assert.deepEqual(await carvedFrom(join(new TextEncoder().encode("ZMZ"), file)), [[3, file.length]]);
});

Deno.test("pe_headers says what a file has to begin with", async () => {
  const file = read("LangDLL.dll");
  const stream = join(junk(4), file);
  assert.deepEqual(await carvedFrom(stream, { pe_headers: "\\x4d\\x5a\\x90\\x00.{40}" }), [[4, file.length]]);
  assert.deepEqual(await carvedFrom(stream, { pe_headers: "\\x4d\\x5a\\xff" }), []);
});

Deno.test("pe_headers that is no regular expression is refused by name, value and remedy", async () => {
  await assert.rejects(
    () => carve("", { pe_headers: "(MZ" }),
    /Option "pe_headers" of plugin "pecarve" is not a regular expression: "\(MZ"; write bytes as \\xNN/,
  );
});

Deno.test("files beyond the limit are left out, and the error says from where on", async () => {
  const { extracted, errors } = await carve(join(junk(1), ...Array.from({ length: 1100 }, () => fakePe(0))));
  assert.equal(extracted.length, MAX_CARVED);
  assert.deepEqual(errors, [
    `PE files from offset ${1 + MAX_CARVED * 256} on were left out: more than ${MAX_CARVED} in one payload`,
  ]);
});

Deno.test("headers that each claim all the rest can't multiply a payload without bound", async () => {
  const stream = join(...Array.from({ length: 900 }, () => fakePe(0x7fffffff)), junk(500_000));
  const { extracted, errors } = await carve(stream);
  const total = extracted.reduce((sum, { content }) => sum + content.length, 0);
  assert.ok(total <= stream.length + MAX_NESTED_BYTES);
  assert.match(errors[0] ?? "", /^\d+ PE files inside other PE files were left out, the first at offset \d+/);
});

Deno.test("millions of MZ, and many headers without sections that exist, are looked at once", async () => {
  assert.deepEqual(await carvedFrom("MZ".repeat(2_000_000)), []);
  const header = fakePe(0);
  new DataView(header.buffer).setUint16(0x46, 65_535, true);
  const { extracted } = await carve(join(...Array.from({ length: 2000 }, () => header)));
  assert.equal(extracted.length, MAX_CARVED);
});

Deno.test("whatever the bytes, what is carved is a slice of them that begins with MZ", async () => {
  await using pecarve = await openPlugin("pecarve");
  const file = read("clam-upx.exe");
  const part = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.constant(file),
    fc.tuple(fc.nat({ max: 600 }), fc.nat({ max: 255 })).map(([at, value]) => file.with(at, value)),
    fc.nat({ max: file.length }).map((length) => file.subarray(0, length)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 5 }), async (parts) => {
      const stream = join(...parts);
      const { extracted, errors } = await pecarve.scan(stream);
      assert.deepEqual(errors, []);
      for (const { content, payloadMeta: { extraData: { offset } } } of extracted) {
        assert.ok(typeof offset === "number" && content.length < stream.length);
        assert.deepEqual([content[0], content[1]], [0x4d, 0x5a]);
        assert.deepEqual(content, stream.slice(offset, offset + content.length));
      }
    }),
    { numRuns: 200 },
  );
});
