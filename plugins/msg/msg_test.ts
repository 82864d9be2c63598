import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { openPlugin } from "../../testing.ts";
import { parseCfb } from "../lib/cfb.ts";
import { type CfbNode, writeCfb } from "./cfb_writer.ts";
import Msg from "./msg.ts";

const testdata = new URL("testdata/", import.meta.url);
const read = (name: string) => Deno.readFileSync(new URL(name, testdata));
const sha256 = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");

/** What msgconvert.py writes. */
interface Converted {
  "Message-Id"?: string;
  bodies: Record<string, string>;
  received: number;
  parts: { filename: string; type: string; sha256: string | null }[];
}

/** What the tests look at in the results. */
interface Results {
  message_class: string | null;
  subject: string | null;
  from: { name: string | null; address: string | null } | null;
  recipients: { type: string | null; name: string | null; address: string | null }[];
  message_id: string | null;
  headers: Record<string, string>;
  body: string | null;
  body_html: string | null;
  date_sent: string | null;
  properties: Record<string, unknown>;
  attachments: { filename: string | null; size: number | null; method: string | null; type: string | null }[];
}

function isResults(value: unknown): value is Results {
  return typeof value === "object" && value !== null && "recipients" in value && "attachments" in value;
}

async function scan(content: Uint8Array) {
  await using msg = await openPlugin("msg");
  const outcome = await msg.scan(content);
  assert.ok(isResults(outcome.results));
  return { ...outcome, results: outcome.results };
}

Deno.test("attachments, bodies and headers are those that msgconvert finds", async () => {
  const expected: Record<string, Converted> = JSON.parse(Deno.readTextFileSync(new URL("msgconvert.json", testdata)));
  for (const [name, { parts, bodies, received, ...mail }] of Object.entries(expected)) {
    const { results, extracted, errors } = await scan(read(name));
    assert.deepEqual(errors, []);
    assert.equal(results.message_id, mail["Message-Id"] ?? null, name);
    assert.equal(results.headers.received?.split("\n").length, received, name);
    const rtf = extracted.find((e) => e.payloadMeta.extraData.filename === "body.rtf");
    assert.equal(rtf && sha256(rtf.content), bodies["application/rtf"], name);
    const attachments = extracted.filter((e) => e !== rtf);
    assert.deepEqual(
      attachments.map((e) => e.payloadMeta.extraData.filename),
      parts.map((part) => part.filename),
      name,
    );
    for (const [i, part] of parts.entries()) {
      // A message or object in the file is a file of its own here.
      const method = results.attachments[i]?.method;
      if (method === "by_value") assert.equal(sha256(attachments[i]!.content), part.sha256, part.filename);
    }
  }
});

Deno.test("what a real message says about itself is reported", async () => {
  const { results } = await scan(read("real.msg"));
  assert.equal(results.message_class, "IPM.Note");
  assert.equal(results.subject, "asdf");
  assert.equal(results.date_sent, "2018-03-23T16:06:29.000Z");
  assert.deepEqual(results.from, { name: "christoph@freiraum.xyz", address: "christoph@freiraum.xyz" });
  assert.deepEqual(results.recipients.map(({ type, address }) => [type, address]), [["to", "christoph@freiraum.xyz"]]);
  assert.match(results.headers.received!, /^from DESKTOPGBT9Q6P \(HSI-KBW/);
  assert.equal(results.properties.conversation_topic, "asdf");
  assert.equal(results.properties["common/0x85d7"], 1);
  assert.match(String(results.properties["internet_headers/content-type"]), /^multipart\/mixed/);
});

Deno.test("recipients, repeated headers, Unicode and both bodies are reported", async () => {
  const { results } = await scan(read("written.msg"));
  assert.equal(results.subject, "Größe – 大小");
  assert.deepEqual(results.from, { name: "Müller", address: "mueller@example.org" });
  assert.deepEqual(results.recipients.map(({ type, name, address }) => [type, name, address]), [
    ["to", "Anna", "a@example.com"],
    ["cc", "Bert", "b@example.com"],
    ["bcc", "c@example.com", "c@example.com"],
  ]);
  assert.deepEqual(results.headers, { received: "from a by b\nfrom c by d", subject: "Größe" });
  assert.equal(results.body, "Guten Tag, http://evil.example.net/");
  assert.match(results.body_html ?? "", /^<html><body>Größe /);
});

Deno.test("a message in a message is extracted as one, with its own attachments", async () => {
  const outer = await scan(read("nested.msg"));
  assert.deepEqual(
    outer.results.attachments.map(({ filename, method, type }) => [filename, method, type]),
    [["forwarded message", "embedded_message", "application/vnd.ms-outlook"], ["Object.bin", "ole", null]],
  );
  const [, nested, object] = outer.extracted;
  assert.deepEqual(nested?.payloadMeta.dispatchTo, ["msg"]);
  const inner = await scan(nested!.content);
  assert.deepEqual(inner.errors, []);
  const whole = await scan(read("written.msg"));
  assert.deepEqual({ ...inner.results, properties: null }, { ...whole.results, properties: null });
  assert.deepEqual(inner.extracted, whole.extracted);
  const cfb = parseCfb(object!.content);
  const stream = cfb?.entries.find((entry) => entry.name === "\u0001Ole10Native");
  assert.equal(new TextDecoder().decode(stream && cfb?.read(stream)), "an object");
});

Deno.test("a payload that is no Outlook message gives nothing", async () => {
  await using msg = await openPlugin("msg");
  const other = writeCfb({ name: "", children: [{ name: "WordDocument", content: new Uint8Array(10) }] })!;
  for (const content of ["", "MZ", read("msgconvert.json"), other]) {
    assert.deepEqual(await msg.scan(content), { results: undefined, extracted: [], errors: [], dispatchTo: [] });
  }
});

Deno.test("a message that is cut off gives what is there, and says so", async () => {
  const { results, errors } = await scan(read("real.msg").slice(0, 100_000));
  assert.ok(errors.length > 0);
  assert.equal(typeof results.recipients.length, "number");
});

Deno.test("compound files are written so that they read the same", () => {
  const name = fc.string({ unit: fc.constantFrom("a", "B", "c", "1", "_"), minLength: 1, maxLength: 20 });
  const size = fc.oneof(fc.nat(200), fc.constantFrom(0, 63, 64, 65, 4_095, 4_096, 4_097, 9_000));
  const streams = fc.uniqueArray(fc.tuple(name, size), { selector: ([n]) => n.toUpperCase(), maxLength: 40 });
  fc.assert(
    fc.property(streams, streams, (outside, inside) => {
      const node = ([n, length]: [string, number]): CfbNode => ({
        name: n,
        content: new Uint8Array(length).fill(n.charCodeAt(0)),
      });
      const storage = { name: "+storage", clsid: "00020d0b-0000-0000-c000-000000000046", children: inside.map(node) };
      const cfb = parseCfb(writeCfb({ name: "", children: [...outside.map(node), storage] })!)!;
      const found = cfb.entries.filter((entry) => entry.kind === "stream").map((entry) => {
        const content = cfb.read(entry);
        assert.ok(content.every((byte) => byte === entry.name.charCodeAt(0)));
        return [entry.parts.join("/"), content.length];
      });
      const expected = [...outside, ...inside.map(([n, length]) => [`+storage/${n}`, length])];
      assert.deepEqual(found.map(String).sort(), expected.map(String).sort());
      assert.equal(cfb.entries.find((entry) => entry.kind === "storage")?.clsid, storage.clsid);
      assert.deepEqual(cfb.errors, []);
    }),
    { numRuns: 100 },
  );
});

Deno.test("mutated messages never throw, and give a bounded multiple of the file", () => {
  const plugin = new Msg();
  const samples = ["written.msg", "nested.msg"].map(read);
  const edits = fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1, 2, 3, 0x1f, 0x80, 0xfe, 0xff)), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(fc.constantFrom(...samples), edits, (sample, changes) => {
      const content = sample.slice();
      for (const [at, value] of changes) content[8 + at % (content.length - 8)] = value;
      const response = plugin.scan({
        payloadId: "",
        content,
        payloadMeta: { shouldArchive: true, shouldScan: true, extraData: {}, dispatchTo: [] },
        dispatchMeta: {},
        workers: [],
        pluginsRun: { workers: [], archivers: [] },
        extractedFrom: null,
        extractedBy: null,
      });
      const total = (response?.extracted ?? []).reduce((sum, each) => sum + each.content.length, 0);
      assert.ok(total <= content.length * 9 + 100_000);
    }),
    { numRuns: 300 },
  );
});
