import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { openPlugin } from "../../testing.ts";
import { decompressRtf } from "../lib/mapi_rtf.ts";
import { readAttributes } from "./attributes.ts";
import { readPropertyList, readRecipientTable } from "./property_list.ts";

const testdata = new URL("testdata/", import.meta.url);
const read = (name: string) => Deno.readFileSync(new URL(name, testdata));
const sha256 = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");

/** What tnef_list.py writes. */
interface TnefList {
  attachments: { size: number; modified: string; filename: string }[];
  sha256: Record<string, string>;
}

/** What the tests look at in the results. */
interface Results {
  subject: string | null;
  message_class: string | null;
  body: string | null;
  body_html: string | null;
  from?: unknown;
  recipients?: unknown[];
  date_received?: string;
  properties: Record<string, unknown>;
  attachments: { filename: string | null; size: number | null; modified: string | null; method: string | null }[];
}

function isResults(value: unknown): value is Results {
  return typeof value === "object" && value !== null && "properties" in value && "attachments" in value;
}

async function scan(content: Uint8Array) {
  await using tnef = await openPlugin("tnef");
  const outcome = await tnef.scan(content);
  assert.ok(isResults(outcome.results));
  return { ...outcome, results: outcome.results };
}

/** Bytes of numbers (little-endian, with their size) and texts. */
function pack(...parts: (Uint8Array | string | [number, 1 | 2 | 4])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => {
    if (typeof part === "string") return [...new TextEncoder().encode(part)];
    if (part instanceof Uint8Array) return [...part];
    return Array.from({ length: part[1] }, (_, i) => part[0] / 256 ** i & 255);
  }));
}

const stream = (...attributes: Uint8Array[]) => pack([0x223e9f78, 4], [7, 2], ...attributes);
const attribute = (level: 1 | 2, id: number, data: Uint8Array) =>
  pack([level, 1], [id, 4], [data.length, 4], data, [data.reduce((a, b) => a + b, 0) & 0xffff, 2]);

Deno.test("attachments and the RTF body are those that tnef extracts", async () => {
  const expected: Record<string, TnefList> = JSON.parse(Deno.readTextFileSync(new URL("tnef_list.json", testdata)));
  for (const [name, { attachments, sha256: sums }] of Object.entries(expected)) {
    const { results, extracted } = await scan(read(name));
    assert.deepEqual(
      results.attachments.map(({ size, modified, filename }) => ({ size, modified, filename })),
      attachments.map((each) => ({ ...each, modified: each.modified.replaceAll("/", "-").replace(" ", "T") })),
    );
    const found = extracted.map((e) => [String(e.payloadMeta.extraData.filename), sha256(e.content)]);
    assert.deepEqual(Object.fromEntries(found), sums);
  }
});

Deno.test("what a message says about itself is reported", async () => {
  const { results, errors } = await scan(read("attachments.dat"));
  assert.deepEqual(errors, []);
  assert.equal(results.message_class, "IPM.Microsoft Mail.Note");
  assert.equal(results.date_received, "2003-06-17T10:23:00");
  assert.equal(results.properties.message_delivery_time, "2003-06-17T15:23:00.000Z");
  assert.equal(results.properties.conversation_topic, "test");
  assert.equal(results.properties["common/0x8554"], "10.0");
  assert.deepEqual(results.properties.store_entry_id, { size: 150 });
});

Deno.test("wrong checksums are said, and the stream is read all the same", async () => {
  const { results, errors } = await scan(read("clam.tnef"));
  assert.deepEqual(errors, ["3 attributes have a wrong checksum, the first at offset 40"]);
  assert.equal(results.subject, "This file includes an embedded ClamAV Test File");
  assert.match(results.body_html ?? "", /with embedded clam\.exe/);
  assert.equal(results.recipients?.length, 1);
});

Deno.test("an embedded message is extracted and sent to tnef again", async () => {
  const inner = stream(attribute(1, 0x00018004, pack("inner\0")));
  const object = pack([1, 4], [0x000d, 2], [0x3701, 2], [1, 4], [16 + inner.length, 4], new Uint8Array(16), inner);
  const method = pack([1, 4], [0x0003, 2], [0x3705, 2], [5, 4]);
  const list = pack([2, 4], method.subarray(4), object.subarray(4), new Uint8Array(3));
  const outer = stream(
    attribute(1, 0x00008000, pack([4, 2], [30, 2], [4, 2], [15, 2], "Bob\0", "SMTP:b@b.test\0\0")),
    attribute(2, 0x00069002, new Uint8Array(14)),
    attribute(2, 0x00069005, list),
  );
  const { results, extracted, errors } = await scan(outer);
  assert.deepEqual(errors, []);
  assert.deepEqual(results.from, { name: "Bob", address: "SMTP:b@b.test" });
  assert.equal(results.attachments[0]?.method, "embedded_message");
  assert.deepEqual(extracted.map((e) => e.payloadMeta.dispatchTo), [["tnef"]]);
  assert.equal((await scan(extracted[0]!.content)).results.subject, "inner");
});

Deno.test("a payload that is no TNEF stream gives nothing", async () => {
  await using tnef = await openPlugin("tnef");
  for (const content of ["", "x", "MZ", "\x78\x9f\x3e"]) {
    assert.deepEqual(await tnef.scan(content), { results: undefined, extracted: [], errors: [], dispatchTo: [] });
  }
});

Deno.test("a stream that is cut off gives what is there, and says so", async () => {
  const whole = read("attachments.dat");
  const { results, extracted, errors } = await scan(whole.slice(0, 40_000));
  assert.deepEqual(results.attachments.map(({ filename, size }) => [filename, size]), [
    ["zappa_av1.jpg", 2937],
    [null, 28_066],
  ]);
  assert.equal(extracted.length, 3);
  assert.match(errors[0]!, /^Attribute 0x6800f at offset \d+ has \d+ of its 85805 bytes$/);
});

Deno.test("counts and lengths that lie are not believed", () => {
  const huge: [number, 4] = [0xffffffff, 4];
  for (
    const data of [
      pack(huge),
      pack(huge, [0x0003, 2], [0x0017, 2], [1, 4]),
      pack([1, 4], [0x1003, 2], [0x0017, 2], huge),
      pack([1, 4], [0x101f, 2], [0x0017, 2], huge, huge),
      pack([1, 4], [0x0102, 2], [0x0017, 2], [1, 4], huge),
      pack([1, 4], [0x001f, 2], [0x8000, 2], new Uint8Array(16), [1, 4], huge),
      pack([1, 4], [0x7777, 2], [0x0017, 2]),
    ]
  ) {
    assert.ok(readPropertyList(data, 1252).error !== undefined);
    readRecipientTable(pack(huge, data), 1252);
  }
  const { errors } = readAttributes(stream(pack([1, 1], [0x00018004, 4], huge)));
  assert.deepEqual(errors, ["Attribute 0x18004 at offset 6 has 0 of its 4294967295 bytes"]);
});

Deno.test("compressed RTF gives the specification's examples", () => {
  const hex = (text: string) => Uint8Array.from(text.split(" "), (byte) => parseInt(byte, 16));
  // [MS-OXRTFCP] 3.1.1 and 3.1.2
  const simple = hex(
    "2d 00 00 00 2b 00 00 00 4c 5a 46 75 f1 c5 c7 a7 03 00 0a 00 72 63 70 67 31 32 35 42 32 0a f3 20 68 65 6c 09 00 20 " +
      "62 77 05 b0 6c 64 7d 0a 80 0f a0",
  );
  assert.equal(
    new TextDecoder().decode(decompressRtf(simple)?.rtf),
    "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
  );
  const crossing = hex("1a 00 00 00 1c 00 00 00 4c 5a 46 75 e2 d4 4b 51 41 00 04 20 57 58 59 5a 0d 6e 7d 01 0e b0");
  assert.equal(new TextDecoder().decode(decompressRtf(crossing)?.rtf), "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}");
  assert.equal(decompressRtf(new Uint8Array(20)), undefined);
  assert.match(decompressRtf(simple.slice(0, 30))?.error ?? "", /^RTF body: \d+ of 43 bytes/);
});

Deno.test("mutated and arbitrary streams never throw, and give no more than is in them", async () => {
  const { default: Tnef } = await import("./tnef.ts");
  const plugin = new Tnef();
  const samples = ["attachments.dat", "clam.tnef"].map(read).map((bytes) => bytes.slice(0, 12_000));
  const payload = (content: Uint8Array<ArrayBuffer>) => ({
    payloadId: "",
    content,
    payloadMeta: { shouldArchive: true, shouldScan: true, extraData: {}, dispatchTo: [] },
    dispatchMeta: {},
    workers: [],
    pluginsRun: { workers: [], archivers: [] },
    extractedFrom: null,
    extractedBy: null,
  });
  const edits = fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1, 2, 0x10, 0x7f, 0x80, 0xff)), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(fc.constantFrom(...samples), edits, (sample, changes) => {
      const mutated = sample.slice();
      for (const [at, value] of changes) mutated[6 + at % (mutated.length - 6)] = value;
      const response = plugin.scan(payload(mutated));
      const total = (response?.extracted ?? []).reduce((sum, each) => sum + each.content.length, 0);
      assert.ok(total <= mutated.length * 9);
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
      plugin.scan(payload(new Uint8Array(stream(data))));
      readPropertyList(data, 1252);
      decompressRtf(pack([0, 4], [1_000, 4], [0x75465a4c, 4], [0, 4], data));
    }),
    { numRuns: 300 },
  );
});
