import assert from "node:assert/strict";
import fc from "fast-check";
import { derChildren, derHex, derOid, derText, derTime, readDer } from "./der.ts";
import { parseSignedData } from "./pkcs7.ts";
import { parsePe } from "./pe.ts";

const hex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const value = (text: string) => readDer(hex(text));

Deno.test("object identifiers have dotted form, also beyond the second arc", () => {
  assert.equal(derOid(value("06092a864886f70d010702")), "1.2.840.113549.1.7.2");
  assert.equal(derOid(value("0603883703")), "2.999.3");
  assert.equal(derOid(value("020101")), undefined);
});

Deno.test("numbers, strings and times are read", () => {
  assert.equal(derHex(value("020300ff01")), "ff01");
  assert.equal(derText(value("0c03c3bc61")), "üa");
  assert.equal(derText(value("1e0400fc0061")), "üa");
  const time = (tag: string, text: string) =>
    derTime(value(tag + text.length.toString(16).padStart(2, "0") + new TextEncoder().encode(text).toHex()));
  assert.equal(time("17", "491231235959Z"), "2049-12-31T23:59:59Z");
  assert.equal(time("17", "500101000000Z"), "1950-01-01T00:00:00Z");
  assert.equal(time("18", "20231114221320Z"), "2023-11-14T22:13:20Z");
  assert.equal(time("18", "20239914221320Z"), undefined);
  assert.equal(time("17", "not a time at"), undefined);
});

Deno.test("a value that does not fit into its bytes is none, and ends a list", () => {
  for (const text of ["", "30", "3005", "3084ffffffff00", "3080020101", "3f0100"]) assert.equal(value(text), undefined);
  assert.deepEqual(derChildren(value("3007020101020102020f")).map(derHex), ["01", "02"]);
});

Deno.test("whatever the bytes, reading a signature ends and never throws", () => {
  const file = Deno.readFileSync(new URL("./testdata/pe/signed.dll", import.meta.url));
  const signature = parsePe(file)?.certificates[0]?.bytes.slice();
  assert.ok(signature);
  assert.equal(parseSignedData(signature)?.signers[0]?.issuer, "CN=Sample signer");
  const changed = fc.array(fc.tuple(fc.nat({ max: signature.length - 1 }), fc.nat({ max: 255 })), { maxLength: 9 })
    .map((changes) => changes.reduce((bytes, [at, byte]) => bytes.fill(byte, at, at + 1), signature.slice()));
  fc.assert(
    fc.property(fc.oneof(changed, fc.uint8Array()), (bytes) => {
      const data = parseSignedData(bytes);
      assert.ok((data?.certificates.length ?? 0) <= 64 && (data?.signers.length ?? 0) <= 64);
    }),
    { numRuns: 500 },
  );
});
