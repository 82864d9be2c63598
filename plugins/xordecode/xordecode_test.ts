import assert from "node:assert/strict";
import fc from "fast-check";
import type { Data } from "../../plugin.ts";
import { openPlugin } from "../../testing.ts";
import { align } from "./align.ts";
import { findKey, parseKey } from "./key.ts";

const plain = new TextEncoder().encode("This is a payload to XOR decode");
const xor = (bytes: Uint8Array, key: number[]) => bytes.map((byte, i) => byte ^ key[i % key.length]!);
const rule = (xorkey: unknown): Record<string, Data> => ({ test: { xordecode: { rule: "r", meta: { xorkey } } } });

Deno.test("xordecode decodes with the keys that the original reads: a number, a list, text", async () => {
  await using plugin = await openPlugin("xordecode");
  for (
    const [xorkey, key] of [
      [65, [65]],
      ["65", [65]],
      [[65], [65]],
      [[41, 52, 63], [41, 52, 63]],
      ["41,52,63", [41, 52, 63]],
      [" 41, 52 ,63 ", [41, 52, 63]],
    ] as const
  ) {
    const { results, extracted, errors } = await plugin.scan(xor(plain, [...key]), { dispatchMeta: rule(xorkey) });
    assert.equal(results, undefined);
    assert.deepEqual(errors, []);
    assert.deepEqual(extracted.map(({ content }) => content), [plain]);
    assert.deepEqual(extracted[0]!.payloadMeta.extraData, { xorkey: key });
  }
});

Deno.test("without a key, or with one of zeros, nothing is decoded", async () => {
  await using plugin = await openPlugin("xordecode");
  for (const dispatchMeta of [undefined, {}, { yara: {} }, rule(undefined), rule(""), rule(0), rule([]), rule("0,0")]) {
    assert.deepEqual(await plugin.scan(plain, { dispatchMeta }), {
      results: undefined,
      extracted: [],
      errors: [],
      dispatchTo: [],
    });
  }
});

Deno.test("a key that is none is an error that names it", async () => {
  await using plugin = await openPlugin("xordecode");
  for (const xorkey of ["b'\\x01\\x02'", "1,,2", "256", -1, 1.5, [1, "x"], { a: 1 }, true]) {
    const { extracted, errors } = await plugin.scan(plain, { dispatchMeta: rule(xorkey) });
    assert.deepEqual(extracted, []);
    assert.deepEqual(errors, [
      `Cannot decode with xorkey ${JSON.stringify(xorkey)}: use numbers from 0 to 255, with commas between them`,
    ]);
  }
});

Deno.test("a key that the yara dispatcher found in the middle of a payload decodes all of it", async () => {
  const rules = await Deno.makeTempFile({ suffix: ".yar" });
  try {
    const key = [0x11, 0x22, 0x33, 0x44, 0x55];
    const content = xor(plain, key);
    const encoded = [...content.subarray(10, 28)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    await Deno.writeTextFile(
      rules,
      `rule encoded { meta: plugin = "xordecode" xor_plaintext_for_string_text = "payload to XOR dec"
       strings: $text = { ${encoded} } condition: $text }`,
    );
    await using yara = await openPlugin("yara", { options: { dispatch_rules: rules } });
    const { pluginNames, meta } = await yara.getDispatches(content);
    assert.deepEqual(pluginNames, ["xordecode"]);
    await using plugin = await openPlugin("xordecode");
    const { extracted } = await plugin.scan(content, { dispatchMeta: { yara: meta ?? {} } });
    assert.deepEqual(extracted.map(({ content }) => content), [plain]);
    assert.deepEqual(extracted[0]!.payloadMeta.extraData, { xorkey: key });
  } finally {
    await Deno.remove(rules);
  }
});

Deno.test("what is said of this plugin comes before what is said of others", () => {
  const meta = { first: { other: { meta: { xorkey: "1" } } }, second: { xordecode: { meta: { xorkey: "2" } } } };
  assert.equal(findKey(meta, "xordecode")?.xorkey, "2");
  assert.equal(findKey({ first: meta.first }, "xordecode")?.xorkey, "1");
});

Deno.test("a key is turned to where the payload begins, whatever the place it was found at", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 30, maxLength: 300 }),
      fc.array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 8 }),
      fc.nat(200),
      (bytes, key, at) => {
        const offset = at % bytes.length;
        bytes.set(new TextEncoder().encode("plaintext").subarray(0, bytes.length - offset), offset);
        const content = xor(bytes, key);
        const atOffset = key.map((_, i) => key[(offset + i) % key.length]!);
        const plaintext = "plaintext".slice(0, bytes.length - offset);
        const found = {
          xorkey: atOffset,
          meta: { xor_plaintext_for_string_s: plaintext },
          match: { strings: [[offset, "$s", ""]] },
        };
        assert.deepEqual(xor(content, align(atOffset, content, found)), bytes);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("any metadata give a key, nothing, or an error", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.dictionary(fc.string(), fc.jsonValue())),
      fc.jsonValue(),
      (said, xorkey) => {
        const found = findKey({ ...said, last: { deep: { xorkey } } }, "xordecode");
        if (found === undefined) return;
        const key = parseKey(found.xorkey);
        if (typeof key === "string") assert.ok(key.length < 200);
        else assert.ok(align(key, plain, found).every((byte) => byte >= 0 && byte <= 255));
      },
    ),
    { numRuns: 300 },
  );
});
