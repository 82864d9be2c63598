import assert from "node:assert/strict";
import fc from "fast-check";
import { openPlugin } from "../../testing.ts";
import { loadLibmagic } from "./libmagic.ts";
import MimeType from "./mimetype.ts";

const SAMPLES = new URL("./testdata/samples/", import.meta.url);
const NAMES = [...Deno.readDirSync(SAMPLES)].map((entry) => entry.name).sort();

/** Where the packaged libmagic 5.48 says something else than `file` 5.44. */
const DIFFERENCES: Record<string, string> = {
  "cert.pem": "application/x-pem-file", // newer than 5.44
  "clam.exe.mbox.uu": "application/mbox", // newer than 5.44
  "empty": "application/x-empty", // libmagic's word for an empty buffer; `file` speaks of the inode
};

const sample = (name: string) => Deno.readFileSync(new URL(name, SAMPLES));

Deno.test("mimetype gives the types that file gives", async () => {
  const expected: Record<string, string> = JSON.parse(
    await Deno.readTextFile(new URL("./testdata/file.json", import.meta.url)),
  );
  await using mimetype = await openPlugin("mimetype");
  const actual: Record<string, unknown> = {};
  for (const name of NAMES) actual[name] = (await mimetype.scan(sample(name))).results;
  assert.deepEqual(
    actual,
    Object.fromEntries(NAMES.map((name) => [name, { mimetype: DIFFERENCES[name] ?? expected[name] }])),
  );
});

Deno.test("mimetype looks beyond the first 1,000 bytes", async () => {
  const tar = sample("plain.tar");
  const iso = new Uint8Array(40_000);
  iso.set(new TextEncoder().encode("\x01CD001\x01"), 32_768); // ECMA-119, section 8.1: sector 16
  await using mimetype = await openPlugin("mimetype");
  assert.deepEqual((await mimetype.scan(iso)).results, { mimetype: "application/x-iso9660-image" });
  assert.deepEqual((await mimetype.scan(tar)).results, { mimetype: "application/x-tar" });
});

Deno.test("mimetype bounds what it hands to libmagic", async () => {
  const large = new Uint8Array(64 * 1024 * 1024);
  large.set(sample("clam.pdf"));
  await using mimetype = await openPlugin("mimetype");
  assert.deepEqual((await mimetype.scan(large)).results, { mimetype: "application/pdf" });
});

Deno.test("a ZIP file that libmagic does not name is still a ZIP file, other data stays unknown", async () => {
  await using mimetype = await openPlugin("mimetype");
  assert.deepEqual((await mimetype.scan(sample("four.zip"))).results, { mimetype: "application/zip" });
  assert.deepEqual((await mimetype.scan(sample("random"))).results, { mimetype: "application/octet-stream" });
});

Deno.test("libmagic writes nothing to the console", async (t) => {
  const wasm = await Deno.readFile(new URL(import.meta.resolve("wasmagic/dist/libmagic-wrapper.wasm")));
  const { log, error } = console;
  const written: unknown[] = [];
  console.log = console.error = (...values: unknown[]) => void written.push(values);
  try {
    const detect = await loadLibmagic(wasm, () => {});
    for (const name of NAMES) detect(sample(name));
  } finally {
    Object.assign(console, { log, error });
  }
  assert.deepEqual(written, []);
  await t.step("and a file that is no WebAssembly is refused", async () => {
    await assert.rejects(loadLibmagic(new Uint8Array(8), () => {}), WebAssembly.CompileError);
  });
});

Deno.test("arbitrary and damaged bytes always have a MIME type", async () => {
  await using mimetype = await openPlugin("mimetype");
  const damaged = fc.record({
    name: fc.constantFrom(...NAMES),
    cut: fc.double({ min: 0, max: 1, noNaN: true }),
    writes: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), { maxLength: 16 }),
  }).map(({ name, cut, writes }) => {
    const whole = sample(name);
    const bytes = whole.slice(0, Math.ceil(whole.length * cut));
    for (const [place, value] of writes) bytes[Math.floor(place * bytes.length)] = value;
    return bytes;
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 512 }), damaged), async (bytes) => {
      const { results, errors } = await mimetype.scan(bytes);
      assert.deepEqual(errors, []);
      assert.match(JSON.stringify(results), /^\{"mimetype":"[\w.+-]+\/[\w.+-]+"\}$/);
    }),
    { numRuns: 400 },
  );
});

Deno.test("a failure of libmagic is one error, and the next payload gets a fresh one", async () => {
  const wasm = await Deno.readFile(new URL(import.meta.resolve("wasmagic/dist/libmagic-wrapper.wasm")));
  const assets = [new Uint8Array(8), wasm];
  const plugin = new MimeType({
    asset: () => Promise.resolve(assets.shift() ?? new Uint8Array()),
    log: { debug() {} },
  });
  const first = await plugin.scan({ content: sample("clam.pdf") });
  assert.equal(first.results, undefined);
  assert.match(first.errors?.join("\n") ?? "", /^libmagic failed: WebAssembly\.compile\(\).*$/);
  assert.deepEqual(await plugin.scan({ content: sample("clam.pdf") }), { results: { mimetype: "application/pdf" } });
  assert.deepEqual(await plugin.scan({ content: sample("clam.zip") }), { results: { mimetype: "application/zip" } });
});
