import assert from "node:assert/strict";
import fc from "fast-check";
import { gunzipSync, gzipSync } from "node:zlib";
import { openPlugin, type PluginUnderTest } from "../../testing.ts";
import { tar, zip } from "./archives_fixture.ts";
import { ListingParser, parseHeader } from "./listing.ts";
import { repairZip } from "./zip_repair.ts";

const sample = (name: string) => Deno.readFileSync(new URL(`testdata/${name}`, import.meta.url));
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The plugin with its default options. */
let decompress: PluginUnderTest;
Deno.test.beforeAll(async () => void (decompress = await openPlugin("decompress")));
Deno.test.afterAll(async () => await decompress[Symbol.asyncDispose]());

Deno.test("a gzip bomb ends with an error instead of its content", async () => {
  const megabyte = gzipSync(new Uint8Array(1_000_000));
  const bomb = new Uint8Array(200 * megabyte.length);
  for (let i = 0; i < 200; i++) bomb.set(megabyte, i * megabyte.length);
  const { extracted, errors } = await decompress.scan(bomb);
  assert.deepEqual(extracted, []);
  assert.deepEqual(errors, [
    'Not extracted: "its content": with it the archive unpacks to more than 50000000 bytes (option "maximum_size")',
  ]);
});

Deno.test("members that fit come out before, between and behind those that don't", async () => {
  await using limited = await openPlugin("decompress", { options: { maximum_size: "100000" } });
  const zeros = new Uint8Array(1_000_000);
  const bombs = Array.from({ length: 20 }, (_, i) => ({ name: `bomb${i}`, content: zeros, deflate: true }));
  const { extracted, errors } = await limited.scan(zip([
    { name: "first", content: "1" },
    ...bombs.slice(0, 10),
    { name: "between", content: "2" },
    ...bombs.slice(10),
    { name: "last", content: "3" },
  ]));
  assert.deepEqual(extracted.map(({ content }) => text(content)), ["1", "2", "3"]);
  assert.deepEqual(errors, [
    'Not extracted: "bomb0", "bomb1", "bomb2", "bomb3", "bomb4" and 15 more: with it the archive unpacks to more than ' +
    '100000 bytes (option "maximum_size")',
  ]);
});

Deno.test("the limit is on all members of an archive together", async () => {
  await using limited = await openPlugin("decompress", { options: { maximum_size: "100" } });
  const members = ["a", "b", "c"].map((name) => ({ name, content: name.repeat(40) }));
  const { extracted, errors } = await limited.scan(zip([...members, { name: "d", content: "d".repeat(20) }]));
  assert.deepEqual(extracted.map(({ content }) => content.length), [40, 40, 20]);
  assert.match(errors.join(), /^Not extracted: "c": with it/);
});

Deno.test("a member that claims to be too large is extracted if it isn't", async () => {
  const { extracted } = await decompress.scan(zip([
    { name: "liar", content: "MZ".repeat(100), deflate: true, claims: 4_000_000_000 },
    { name: "other", content: "x" },
  ]));
  assert.deepEqual(extracted.map(({ content }) => content.length), [200, 1]);
});

Deno.test("of an archive with more members than the limit the first are extracted", async () => {
  const many = zip(Array.from({ length: 6000 }, (_, i) => ({ name: `m${i}`, content: `${i}` })));
  const { extracted, errors } = await decompress.scan(many);
  assert.equal(extracted.length, 5000);
  assert.equal(text(extracted[4999]?.content ?? new Uint8Array()), "4999");
  assert.deepEqual(errors, ["Only the first 5000 members were looked at, the archive has more"]);
});

Deno.test("at the end of the time there is an error", async () => {
  await using limited = await openPlugin("decompress", { options: { timeout: "0" } });
  const { extracted, errors } = await limited.scan(sample("tree.zip"));
  assert.deepEqual(extracted, []);
  assert.deepEqual(errors, ['Extraction was stopped after 0 s (option "timeout")']);
});

Deno.test("a zip archive that was cut off gives the members that are there", async () => {
  const whole = zip([
    { name: "a", content: "first".repeat(50), deflate: true },
    { name: "b", content: crypto.getRandomValues(new Uint8Array(1000)) },
  ]);
  const { extracted, errors } = await decompress.scan(whole.subarray(0, 400));
  assert.equal(text(extracted[0]?.content ?? new Uint8Array()), "first".repeat(50));
  assert.equal(extracted[1]?.payloadMeta.extraData["damaged"], "CRC Failed");
  assert.deepEqual(errors, [
    "zip archive is cut off or its directory is damaged: members were found by their local headers",
    'Cannot unpack all of "b": CRC Failed',
  ]);
});

Deno.test("other archives that were cut off give what is there, and say so", async () => {
  const cut = (bytes: Uint8Array, part: number) => bytes.subarray(0, Math.floor(bytes.length * part));
  const truncated = await decompress.scan(cut(tar([["a", "1"], ["b", "2".repeat(5000)]]), 0.5));
  assert.deepEqual(truncated.extracted.map(({ payloadMeta }) => payloadMeta.extraData["damaged"]), [
    undefined,
    "Data Error",
  ]);
  assert.equal(truncated.errors[0], "tar archive: Unexpected end of archive");
  for (const name of ["tree.cab", "named.gz", "tree.tar.xz", "tree.tar.bz2", "tree.7z", "clam.chm", "unrar-js.rar"]) {
    const { errors } = await decompress.scan(cut(sample(name), 0.6));
    assert.ok(errors.length > 0, name);
  }
  const seven = await decompress.scan(cut(sample("tree.7z"), 0.6));
  assert.deepEqual(seven.errors, ["Cannot open the 7z archive: it is damaged or cut off"]);
});

Deno.test("a member with a wrong checksum is extracted and marked", async () => {
  const bytes = zip([{ name: "a", content: "content" }, { name: "b", content: "fine" }]);
  bytes[31] = 0x43;
  const { extracted, errors } = await decompress.scan(bytes);
  assert.deepEqual(extracted.map(({ content }) => text(content)), ["Content", "fine"]);
  assert.equal(extracted[0]?.payloadMeta.extraData["damaged"], "CRC Failed");
  assert.deepEqual(errors, ['Cannot unpack all of "a": CRC Failed']);
});

Deno.test("a dictionary of more than the memory limit is an error", async () => {
  const { errors } = await decompress.scan(sample("dictionary.xz"));
  assert.ok(errors.includes("Unpacking takes more than 320 MiB of memory"), errors.join());
});

const SAMPLES = [
  "tree.zip",
  "tree.7z",
  "tree.cab",
  "stored.rar",
  "unrar-js.rar",
  "tree.tar.gz",
  "tree.cpio",
  "clam.arj",
  "tree.rpm",
  "tree.lzh",
  "tree.xar",
  "clam.chm",
  "tree.wim",
  "tree.squashfs",
  "tree-zipcrypto.zip",
  "tree.deb",
  "tree.tar",
  "tree.tar.lzma",
];

/** A sample with some bytes changed, and perhaps cut off. */
const mutated = fc.record({
  name: fc.constantFrom(...SAMPLES),
  changes: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), { minLength: 1, maxLength: 12 }),
  end: fc.double({ min: 0.2, max: 1.5, noNaN: true }),
}).map(({ name, changes, end }) => {
  const bytes = sample(name);
  for (const [at, value] of changes) bytes[Math.min(bytes.length - 1, Math.floor(at * at * bytes.length))] = value;
  return bytes.subarray(0, Math.min(bytes.length, Math.floor(end * bytes.length)));
});

Deno.test("damaged archives never throw and stay in their limits", async () => {
  await using limited = await openPlugin("decompress", { options: { maximum_size: "200000" } });
  await fc.assert(
    fc.asyncProperty(mutated, async (bytes) => {
      const { extracted } = await limited.scan(bytes);
      assert.ok(extracted.reduce((sum, { content }) => sum + content.length, 0) <= 200_000);
    }),
    { numRuns: 250 },
  );
});

Deno.test("arbitrary bytes are no archive, behind a signature neither", async () => {
  const signatures = [
    "",
    "PK\x03\x04",
    "7z\xbc\xaf\x27\x1c",
    "Rar!\x1a\x07\x01\x00",
    "\x1f\x8b\x08",
    "BZh9",
    "MSCF",
    "\x60\xea",
    "\x1f\x9d",
  ];
  const signed = fc.tuple(fc.constantFrom(...signatures), fc.uint8Array({ maxLength: 600 })).map(([signature, bytes]) =>
    Uint8Array.of(...[...signature].map((character) => character.charCodeAt(0)), ...bytes)
  );
  await fc.assert(
    fc.asyncProperty(signed, async (bytes) => {
      const { extracted } = await decompress.scan(bytes);
      assert.ok(extracted.reduce((sum, { content }) => sum + content.length, 0) <= 50_000_000);
    }),
    { numRuns: 150 },
  );
});

Deno.test("a repaired zip archive is the given one with a directory behind it, whatever the bytes are", () => {
  const base = [sample("tree.zip"), sample("tree-zipcrypto.zip"), zip([{ name: "a", content: "x", deflate: true }])];
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.tuple(fc.constantFrom(...base), fc.nat(), fc.nat(255)).map(([zipped, at, value]) => {
      const copy = zipped.slice();
      copy[at % copy.length] = value;
      return copy;
    }),
  );
  fc.assert(
    fc.property(bytes, (given) => {
      const repaired = repairZip(given);
      assert.ok(
        repaired === undefined || (repaired.length > given.length && repaired.length <= 3 * given.length + 100),
      );
    }),
    { numRuns: 500 },
  );
});

Deno.test("any text is read as a listing without failing", () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom("--", "", "Type = zip", "Path = a", "Size = 1", "Comment =", "ERRORS:", "- a"),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      parseHeader(lines.join("\n"));
      const parser = new ListingParser();
      lines.forEach((text) => parser.line(text));
      parser.end();
      assert.ok(parser.members.length <= lines.length);
    }),
    { numRuns: 300 },
  );
});

Deno.test("the same archive gives the same outcome", async () => {
  const content = new Uint8Array(gunzipSync(sample("tree.iso.gz")));
  assert.deepEqual(await decompress.scan(content), await decompress.scan(content));
});
