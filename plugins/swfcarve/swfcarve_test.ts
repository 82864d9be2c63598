import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { openPlugin } from "../../testing.ts";
import { MAX_CARVED } from "./carve.ts";

const read = (name: string) => Deno.readFileSync(new URL(`./testdata/${name}`, import.meta.url));
const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
const junk = (length: number) => new Uint8Array(length).fill(0xaa);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** A file of a size of its own: `FWS`, a frame of one bit, and zeros. */
function fake(signature: string, size: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + body.length);
  for (let i = 0; i < 3; i++) bytes[i] = signature.charCodeAt(i);
  bytes[3] = 9;
  new DataView(bytes.buffer).setUint32(4, size, true);
  bytes.set(body, 8);
  return bytes;
}

const FRAME = Uint8Array.of(0x08, 0, 0, 1, 1, 0, 0, 0);

async function carve(content: Uint8Array | string, options?: Record<string, string>) {
  await using swfcarve = await openPlugin("swfcarve", { options });
  return await swfcarve.scan(content);
}

Deno.test("compressed files come out as Python decompresses them", async () => {
  await using swfcarve = await openPlugin("swfcarve");
  const expected: Record<string, string> = JSON.parse(new TextDecoder().decode(read("expected.json")));
  for (const [name, digest] of Object.entries(expected)) {
    const { results, extracted, errors } = await swfcarve.scan(read(name));
    assert.deepEqual([results, errors], [undefined, []], name);
    assert.deepEqual(extracted.map(({ content }) => sha256(content)), [digest], name);
  }
});

Deno.test("files are carved where they lie, with offset, version and compression", async () => {
  const [zlib, lzma, plain] = [read("ZeroClipboard.swf"), read("lzma.swf"), read("plain.swf")];
  const { extracted, errors } = await carve(join(junk(10), zlib, junk(7), lzma, junk(3), plain, junk(9)));
  assert.deepEqual(errors, []);
  assert.deepEqual(extracted.map(({ content, payloadMeta }) => [content.length, payloadMeta.extraData]), [
    [plain.length, { offset: 10, swf_version: 14, compression: "zlib" }],
    [plain.length, { offset: 17 + zlib.length, swf_version: 13, compression: "lzma" }],
    [plain.length, { offset: 20 + zlib.length + lzma.length, swf_version: 14, compression: "none" }],
  ]);
  assert.deepEqual(extracted[0]!.content, Uint8Array.from(plain));
});

Deno.test("a payload that is one plain file is not carved: it would become its own parent", async () => {
  assert.deepEqual((await carve(read("plain.swf"))).extracted, []);
});

Deno.test("a file that is cut off gives what there is, and an error says so", async () => {
  for (const name of ["ZeroClipboard.swf", "lzma.swf", "plain.swf"]) {
    const { extracted, errors } = await carve(join(junk(1), read(name).subarray(0, 3000)));
    assert.equal(extracted.length, 1, name);
    assert.match(errors[0]!, /^SWF at offset 1: [^\n]+: \d+ bytes of data, the header says \d+$/);
  }
});

Deno.test("data that are damaged, or larger than the header says, are left out, and an error says so", async () => {
  const damaged = read("ZeroClipboard.swf");
  damaged.fill(0xff, 100, 200);
  const lying = fake("CWS", 100, deflateSync(join(FRAME, new Uint8Array(10_000_000))));
  assert.deepEqual((await carve(damaged)).errors, ["SWF at offset 0: left out, Flate data are damaged"]);
  assert.deepEqual((await carve(lying)).errors, [
    "SWF at offset 0: left out, more data than the 92 bytes that the header says",
  ]);
  const huge = fake("FWS", 0x7fffffff, FRAME);
  assert.match(
    (await carve(huge)).errors[0]!,
    /^SWF at offset 0: left out, its size 2147483647 is more than 67108864$/,
  );
});

Deno.test("swf_headers says what a file has to begin with", async () => {
  const file = read("ZeroClipboard.swf");
  assert.equal((await carve(file, { swf_headers: "SWF|CWS|FWS" })).extracted.length, 1);
  assert.equal((await carve(file, { swf_headers: "ZWS" })).extracted.length, 0);
  await assert.rejects(
    () => carve("", { swf_headers: "(FWS" }),
    /Option "swf_headers" of plugin "swfcarve" is not a regular expr/,
  );
});

Deno.test("many files, and many words that look like one, are bounded", async () => {
  const { extracted, errors } = await carve(join(...Array.from({ length: 1100 }, () => fake("FWS", 30_000, FRAME))));
  assert.equal(extracted.length, MAX_CARVED);
  assert.match(errors.at(-1)!, /^SWF files from offset \d+ on were left out: more than 1000 files/);
  await using swfcarve = await openPlugin("swfcarve");
  const bomb = fake("CWS", 30_000_000, deflateSync(join(FRAME, new Uint8Array(29_000_000))).subarray(0, 15_000));
  for (
    const content of [
      join(...Array.from({ length: 10 }, () => bomb)),
      new TextEncoder().encode("FWSCWSZWS".repeat(100_000)),
    ]
  ) {
    const outcome = await swfcarve.scan(content);
    assert.ok(outcome.extracted.reduce((sum, { content }) => sum + content.length, 0) <= 256 * 1024 * 1024);
  }
});

Deno.test("whatever the bytes, what is carved is a plain file of bounded size", async () => {
  await using swfcarve = await openPlugin("swfcarve");
  const files = ["expressInstall.swf", "lzma.swf", "plain.swf"].map(read);
  const part = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.tuple(fc.constantFrom(...files), fc.nat({ max: 700 }), fc.nat({ max: 255 })).map(([file, at, value]) =>
      file.with(at, value)
    ),
    fc.tuple(fc.constantFrom(...files), fc.nat({ max: 6000 })).map(([file, length]) => file.subarray(0, length)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 4 }), async (parts) => {
      const { extracted } = await swfcarve.scan(join(...parts));
      for (const { content } of extracted) {
        assert.equal(new TextDecoder().decode(content.subarray(0, 3)), "FWS");
        assert.ok(content.length <= new DataView(content.buffer).getUint32(4, true));
      }
    }),
    { numRuns: 200 },
  );
});
