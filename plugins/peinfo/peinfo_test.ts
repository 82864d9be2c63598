import assert from "node:assert/strict";
import fc from "fast-check";
import { openPlugin } from "../../testing.ts";

/** What testdata/peinfo_dump.py lists of one file. */
interface Reference {
  image_base: number;
  sections: [string, number, number, number, string, string, string, number][];
  resources: (string | number)[][];
  debug_types: number[];
  imports: Record<string, string[]>;
  exports: string[];
  [key: string]: unknown;
}

/** The parts of the results that tests look into. */
interface Results extends Record<string, unknown> {
  image_base: { image_base: number; image_base_string: string };
  sections: Record<string, unknown>[];
  resources: Record<string, unknown>[];
  debug_info: Record<string, unknown>[];
  certificates: Record<string, Record<string, unknown>[]>[];
}

const testdata = new URL("./testdata/", import.meta.url);
const samples = new URL("../lib/testdata/pe/", import.meta.url);
const reference: Record<string, Reference> = JSON.parse(Deno.readTextFileSync(new URL("pefile.json", testdata)));
const read = (name: string) => Deno.readFileSync(new URL(name, name === "timestamped.dll" ? testdata : samples));

async function scan(content: Uint8Array | string) {
  await using peinfo = await openPlugin("peinfo");
  const outcome = await peinfo.scan(content);
  return { ...outcome, results: outcome.results as Results };
}

Deno.test("results are those of pefile", async (context) => {
  await using peinfo = await openPlugin("peinfo");
  for (const [name, expected] of Object.entries(reference)) {
    await context.step(name, async () => {
      const results = (await peinfo.scan(read(name))).results as Results;
      const { sections, resources, debug_types, image_base, ...rest } = expected;
      for (const [key, value] of Object.entries(rest)) assert.deepEqual(results[key], value, key);
      assert.equal(results.image_base.image_base, image_base);
      assert.deepEqual(
        results.sections.map((section) => [
          ...["name", "virtaddr", "virtsize", "raw_size", "md5", "sha1", "sha256"].map((key) => section[key]),
          Math.round(Number(section["entropy"]) * 1e9) / 1e9,
        ]),
        sections,
      );
      assert.deepEqual(
        results.resources.map((resource) =>
          ["type", "resource_id", "language", "sub_language", "address", "size", "sha256"].map((key) =>
            resource[key] ?? null
          )
        ),
        resources,
      );
      assert.deepEqual(results.debug_info.map(({ Type }) => Type), debug_types);
    });
  }
});

Deno.test("keys and forms are those of the documentation", async () => {
  const { results } = await scan(read("LangDLL.dll"));
  assert.equal(results["compile_time"], "2024-02-05T10:18:05Z");
  assert.equal(results["packer"], null);
  assert.equal(results["entrypoint"], "0x1761");
  assert.equal(results["section_count"], 8);
  assert.equal(results["is_valid"], true);
  assert.equal(results["is_suspicious"], false);
  assert.deepEqual(results["image_base"], { image_base: 0x6cec0000, image_base_string: "0x6cec0000" });
});

Deno.test("resources become payloads under the name of their type and number", async () => {
  const { extracted, results } = await scan(read("w64.exe"));
  assert.equal(extracted.length, results.resources.length);
  const version = extracted.find(({ payloadMeta }) => payloadMeta.extraData["type"] === "RT_VERSION");
  assert.equal(version?.payloadMeta.extraData["filename"], "resource_RT_VERSION_102");
  assert.equal(version?.content.length, version?.payloadMeta.extraData["size"]);
});

Deno.test("the PDB path, its GUID in the usual form, and the times of debug entries are there", async () => {
  const { results } = await scan(read("w64.exe"));
  const entry = results.debug_info.find(({ DebugPDB }) => DebugPDB !== undefined);
  assert.match(String(entry?.["DebugGUID"]), /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/);
  assert.match(String(entry?.["DebugPDB"]), /\.pdb$/);
  assert.match(String(entry?.["TimeDateString"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
});

Deno.test("a signature names its signer, certificates and time stamp as OpenSSL does", async () => {
  const { results, extracted, errors } = await scan(read("timestamped.dll"));
  const [signature] = results.certificates;
  assert.deepEqual(signature?.["signers"], [{
    subject: "C=DE, O=Müller GmbH, emailAddress=sign@example.org, CN=Müller GmbH",
    issuer: "C=DE, O=Sample Authority, Inc., CN=Sample Root",
    serial: "f00dcafe01",
    digest_algorithm: "sha256",
    signing_time: "2026-11-24T12:38:30Z",
    time_stamp: "2023-11-14T22:13:20Z",
  }]);
  const openssl = (time: unknown) => {
    const date = new Date(String(time));
    const [, month] = date.toUTCString().match(/, \d+ (\w+)/) ?? [];
    const day = String(date.getUTCDate()).padStart(2);
    return `${month} ${day} ${date.toISOString().slice(11, 19)} ${date.getUTCFullYear()} GMT`;
  };
  const lines = signature?.["certificates"]?.map((one) =>
    [
      `subject=${one["subject"]}`,
      `issuer=${one["issuer"]}`,
      `serial=${String(one["serial"]).toUpperCase()}`,
      `notBefore=${openssl(one["not_before"])}`,
      `notAfter=${openssl(one["not_after"])}`,
      `sha256 Fingerprint=${String(one["sha256"]).toUpperCase().match(/../g)?.join(":")}`,
    ].join("\n")
  );
  assert.deepEqual(
    lines?.join("\n").split("\n"),
    Deno.readTextFileSync(new URL("openssl.txt", testdata)).trim().split("\n"),
  );
  assert.equal(extracted[0]?.payloadMeta.extraData["filename"], signature?.["sha256"]);
  assert.deepEqual(errors, []);
});

Deno.test("packers are named by their sections and marks, and what they do is odd", async () => {
  const upx = await scan(read("clam-upx.exe"));
  assert.deepEqual(upx.results["packer"], ["UPX"]);
  assert.equal(upx.results["is_suspicious"], true);
  assert.deepEqual((await scan(read("clam-mew.exe"))).results["packer"], ["MEW"]);
  assert.deepEqual((await scan(read("clam-nsis.exe"))).results["packer"], ["NSIS"]);
});

Deno.test("what is no PE file gives nothing", async () => {
  await using peinfo = await openPlugin("peinfo");
  for (const content of ["", "MZ", "MZ".repeat(1000), new Uint8Array(500)]) {
    assert.deepEqual(await peinfo.scan(content), { results: undefined, extracted: [], errors: [], dispatchTo: [] });
  }
});

Deno.test("a file that is cut off gives what is there, and errors that say where it ends", async () => {
  const { results, errors } = await scan(read("w64.exe").subarray(0, 60_000));
  assert.equal(results["section_count"], 6);
  assert.equal(results["is_valid"], false);
  assert.match(errors[0] ?? "", /^section data goes past the end of the file \(offset 60000\)$/);
});

Deno.test("sections that each are the whole file are listed, but read only twice", async () => {
  const count = 2000;
  const bytes = new Uint8Array(4_000_000);
  const view = new DataView(bytes.buffer);
  bytes.set([0x4d, 0x5a]);
  view.setUint32(0x3c, 0x40, true);
  view.setUint32(0x40, 0x4550, true);
  view.setUint16(0x46, count, true);
  view.setUint16(0x54, 0x60, true);
  view.setUint16(0x58, 0x10b, true);
  for (let i = 0; i < count; i++) {
    view.setUint32(0xb8 + i * 40 + 8, 0x1000, true);
    view.setUint32(0xb8 + i * 40 + 16, bytes.length - 512, true);
    view.setUint32(0xb8 + i * 40 + 20, 512, true);
  }
  const { results, errors } = await scan(bytes);
  assert.equal(results.sections.length, count);
  assert.ok(errors.includes("1998 sections overlap others: they are listed without hashes"));
});

Deno.test("whatever is changed in a file, scanning it never fails", async () => {
  await using peinfo = await openPlugin("peinfo");
  const files = ["timestamped.dll", "mingw.dll", "clam-upx.exe", "LangDLL.dll"].map(read);
  const content = fc.tuple(
    fc.constantFrom(...files),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 12 }),
    fc.boolean(),
    fc.nat(),
  ).map(([file, changes, inHeader, length]) => {
    const bytes = file.slice(0, length % 4 === 0 ? length % file.length : file.length);
    for (const [at, value] of changes) bytes[at % (inHeader ? 1024 : bytes.length)] = value;
    return bytes;
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(content, fc.uint8Array()), async (bytes) => {
      const { errors, extracted } = await peinfo.scan(bytes);
      assert.ok(errors.length <= 101 && extracted.length <= 1100);
    }),
    { numRuns: 250 },
  );
});
