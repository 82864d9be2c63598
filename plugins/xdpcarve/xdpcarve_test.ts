import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { openPlugin } from "../../testing.ts";

const read = (name: string) => Deno.readFileSync(new URL(`./testdata/${name}`, import.meta.url));
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function carve(content: Uint8Array | string, elements?: string) {
  await using xdpcarve = await openPlugin("xdpcarve", { options: elements === undefined ? {} : { elements } });
  return await xdpcarve.scan(content);
}

Deno.test("a PDF document in a chunk comes out decoded", async () => {
  const { results, extracted, errors } = await carve(read("form.xdp"));
  assert.deepEqual([results, errors], [undefined, []]);
  assert.equal(extracted.length, 1);
  assert.match(text(extracted[0]!.content), /^%PDF-1\.4\n/);
  assert.deepEqual(extracted[0]!.payloadMeta.extraData, { element_name: "chunk" });
});

Deno.test("elements that are named hold what Python's parser finds in them", async () => {
  const { extracted } = await carve(read("form.xdp"), "chunk, note, script, image");
  const found = extracted.map(({ content, payloadMeta }) => [payloadMeta.extraData.element_name, sha256(content)]);
  const expected: Record<string, string> = JSON.parse(text(read("expected.json")));
  assert.deepEqual(Object.fromEntries(found), expected);
  assert.equal(extracted.at(-1)!.payloadMeta.extraData.filename, "pixel.png");
});

Deno.test("an element with a prefix is found by its name, and one in UTF-16", async () => {
  const xml = "<?xml version='1.0'?><a xmlns:x='u'><x:chunk>aGVsbG8=</x:chunk></a>";
  const utf16 = Uint8Array.from([0xff, 0xfe, ...[...xml].flatMap((char) => [char.charCodeAt(0), 0])]);
  for (const content of [xml, utf16]) {
    assert.deepEqual((await carve(content)).extracted.map(({ content }) => text(content)), ["hello"]);
  }
});

Deno.test("what is not base64 comes out as text", async () => {
  const { extracted } = await carve("<a><chunk> not base64!  </chunk><chunk/><chunk></chunk></a>");
  assert.deepEqual(extracted.map(({ content }) => text(content)), [" not base64!"]);
});

Deno.test("a broken document gives what can be told", async () => {
  const { extracted, errors } = await carve("<a <b & <chunk>aGVsbG8=</b><chunk>d29ybGQ=");
  assert.equal(text(extracted[0]!.content), "world");
  assert.ok(errors.includes('element "chunk" has no end: taken up to the end of the document'));
});

Deno.test("entities that a document declares are not expanded", async () => {
  const { extracted } = await carve(
    '<!DOCTYPE a [<!ENTITY e "boom"><!ENTITY f SYSTEM "file:///etc/passwd">]><a><chunk>x &e; &f;</chunk></a>',
  );
  assert.deepEqual(extracted.map(({ content }) => text(content)), ["x &e; &f;"]);
});

Deno.test("a payload that is not XML, or has none of the elements, gives nothing", async () => {
  await using xdpcarve = await openPlugin("xdpcarve");
  for (const content of ["", "text <chunk>aGVsbG8=</chunk>", "<html></html>", "<", "\0\0\0"]) {
    assert.deepEqual(await xdpcarve.scan(content), { results: undefined, extracted: [], errors: [], dispatchTo: [] });
  }
});

Deno.test("documents made to take long are done in one pass, and bounded", async () => {
  await using xdpcarve = await openPlugin("xdpcarve");
  for (
    const piece of [
      "<chunk>",
      "<chunk a='",
      "<chunk>x</chunk>",
      "<",
      "<![CDATA[",
      "<!--",
      "<?",
      "&amp;",
      "<a ",
      "</chunk>",
      " a=''",
    ]
  ) {
    const { extracted, errors } = await xdpcarve.scan("<chunk>" + piece.repeat(500_000 / piece.length));
    assert.ok(extracted.length <= 1000 && errors.length <= 1001, piece);
    assert.ok(extracted.reduce((sum, { content }) => sum + content.length, 0) <= 16 * 500_007, piece);
  }
});

Deno.test("whatever the text, the plugin gives no more than the document has", async () => {
  await using xdpcarve = await openPlugin("xdpcarve");
  const words = fc.constantFrom(
    "<chunk>",
    "</chunk>",
    "<chunk/>",
    "<a b='c'>",
    "</a>",
    "aGVsbG8=",
    "&#x41;",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?",
    "?>",
    " ",
  );
  const real = text(read("form.xdp"));
  const cut = fc.tuple(fc.nat(real.length), fc.string({ maxLength: 5 })).map(([at, more]) =>
    real.slice(0, at) + more + real.slice(at + 3)
  );
  const made = fc.array(fc.oneof(words, fc.string({ maxLength: 8 })), { maxLength: 30 }).map((parts) =>
    "<x>" + parts.join("")
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(made, cut), async (xml) => {
      const { extracted } = await xdpcarve.scan(xml);
      const size = new TextEncoder().encode(xml).length;
      assert.ok(extracted.every(({ content }) => content.length > 0 && content.length <= size));
    }),
    { numRuns: 300 },
  );
});
