import assert from "node:assert/strict";
import fc from "fast-check";
import { parseCfb } from "./cfb.ts";
import { writeCfb } from "./fixtures/cfb_writer.ts";

const MARKER = "x".repeat(4096);

/** Reads everything and checks what must hold whatever the bytes are. */
function readAll(bytes: Uint8Array) {
  const cfb = parseCfb(bytes);
  if (!cfb) return;
  let total = 0;
  for (const entry of cfb.entries) total += cfb.read(entry).length;
  assert.ok(total <= 4 * bytes.length + 4096, `${total} bytes read from ${bytes.length}`);
  assert.ok(cfb.errors.length <= 51);
}

Deno.test("a compound file gives its storages and streams in order of their names", () => {
  const cfb = parseCfb(writeCfb({ b: MARKER, a: { "\x01Ole": "inside", z: "" }, C: "upper" }))!;
  assert.deepEqual(cfb.entries.map((entry) => entry.parts.join("/")), ["C", "a", "a/\x01Ole", "a/z", "b"]);
  assert.equal(new TextDecoder().decode(cfb.read(cfb.entries[4]!)), MARKER);
  assert.deepEqual(cfb.errors, []);
});

Deno.test("bytes without the signature, or cut off within the header, are no compound file", () => {
  const bytes = writeCfb({ a: MARKER });
  assert.equal(parseCfb(bytes.subarray(0, 511)), undefined);
  assert.equal(parseCfb(bytes.subarray(1)), undefined);
  assert.equal(parseCfb(new Uint8Array()), undefined);
});

Deno.test("a chain that returns to itself is followed once and reported", () => {
  const bytes = writeCfb({ a: MARKER });
  const view = new DataView(bytes.buffer);
  const fat = (view.getUint32(76, true) + 1) * 512;
  // The stream's sectors are 1 to 8: the fourth leads back to the first.
  view.setUint32(fat + 4 * 4, 1, true);
  const cfb = parseCfb(bytes)!;
  assert.equal(cfb.read(cfb.entries[0]!).length, 4 * 512);
  assert.match(
    cfb.errors.join("\n"),
    /stream "a": its chain returns to sector 1\n.*2048 of 4096 bytes are in the file/,
  );
});

Deno.test("directory entries that refer to each other are listed once", () => {
  const bytes = writeCfb({ a: MARKER, b: MARKER });
  const view = new DataView(bytes.buffer);
  const directory = 512;
  view.setUint32(directory + 2 * 128 + 72, 1, true);
  const cfb = parseCfb(bytes)!;
  assert.deepEqual(cfb.entries.map((entry) => entry.name), ["a", "b"]);
  assert.deepEqual(cfb.errors, ["directory: entry 1 is referred to twice"]);
});

Deno.test("a stream that no storage refers to is listed as an orphan", () => {
  const bytes = writeCfb({ a: MARKER, hidden: MARKER });
  new DataView(bytes.buffer).setUint32(512 + 128 + 72, 0xffffffff, true);
  const cfb = parseCfb(bytes)!;
  assert.deepEqual(cfb.entries.map(({ name, orphan }) => [name, orphan]), [["a", false], ["hidden", true]]);
  assert.equal(cfb.read(cfb.entries[1]!).length, 4096);
});

Deno.test("streams that all claim the same sectors don't multiply what is read", () => {
  const tree = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`s${i}`, i === 0 ? "y".repeat(300_000) : ""]));
  const bytes = writeCfb(tree);
  const view = new DataView(bytes.buffer);
  const [start, size] = [view.getUint32(512 + 128 + 116, true), view.getUint32(512 + 128 + 120, true)];
  for (let id = 2; id <= 300; id++) {
    view.setUint32(512 + id * 128 + 116, start, true);
    view.setUint32(512 + id * 128 + 120, size, true);
  }
  readAll(bytes);
  const cfb = parseCfb(bytes)!;
  for (const entry of cfb.entries) cfb.read(entry);
  assert.match(cfb.errors.join("\n"), /not read whole, the chains of this file cover 4 times its size/);
});

Deno.test("storages nested without end are cut off and reported", () => {
  let tree: Parameters<typeof writeCfb>[0] = { bottom: "" };
  for (let i = 0; i < 100; i++) tree = { [`d${i}`]: tree };
  const cfb = parseCfb(writeCfb(tree))!;
  assert.equal(Math.max(...cfb.entries.map((entry) => entry.parts.length)), 64);
  assert.match(cfb.errors.join("\n"), /storages deeper than 64 left out/);
});

Deno.test("no bytes after the signature make the reader throw or read without bound", () => {
  const sample = writeCfb({ a: { b: MARKER, c: "short" }, d: MARKER });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(sample.length - 1), fc.nat(255)), { maxLength: 40 }),
      fc.nat(),
      (edits, cut) => {
        const bytes = sample.slice(0, cut % 3 === 0 ? 512 + cut % sample.length : sample.length);
        for (const [at, value] of edits) if (at >= 8 && at < bytes.length) bytes[at] = value;
        readAll(bytes);
      },
    ),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 504, maxLength: 4096 }), (tail) => {
      const bytes = new Uint8Array(8 + tail.length);
      bytes.set(sample.subarray(0, 8));
      bytes.set(tail, 8);
      readAll(bytes);
    }),
    { numRuns: 300 },
  );
});
