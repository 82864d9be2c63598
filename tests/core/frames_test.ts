import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeFrame, FrameError, FrameReader } from "../../sandbox/frames.ts";

const frame = fc.record({
  envelope: fc.jsonValue(),
  parts: fc.array(fc.uint8Array({ maxLength: 300 }).map((part) => new Uint8Array(part)), { maxLength: 4 }),
});

Deno.test("frames come out as they went in, wherever the bytes between them are cut", () => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 6 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 70 })),
      (frames, cuts) => {
        const bytes = frames.flatMap(({ envelope, parts }) => [...encodeFrame(envelope, parts)]);
        const reader = new FrameReader();
        const read = [];
        for (let at = 0; at < bytes.length;) {
          const end = at + cuts.next().value!;
          read.push(...reader.push(new Uint8Array(bytes.slice(at, end))));
          at = end;
        }
        assert.deepEqual(
          read,
          frames.map(({ envelope, parts }) => ({ envelope: JSON.parse(JSON.stringify(envelope)), parts })),
        );
      },
    ),
  );
});

Deno.test("whatever comes, it is frames or a FrameError", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (chunks) => {
    const reader = new FrameReader({ envelope: 1000, parts: () => 10_000 });
    try {
      for (const chunk of chunks) reader.push(chunk);
    } catch (error) {
      assert.ok(error instanceof FrameError, String(error));
    }
  }));
});

Deno.test("a frame that promises more than its limits is refused before it has come", () => {
  const limits = { envelope: 100, parts: () => 1000 };
  const begins = (json: number, lengths: number[]) => {
    const bytes = new Uint8Array(8 + 4 * lengths.length + 2);
    const view = new DataView(bytes.buffer);
    [json, lengths.length, ...lengths].forEach((value, i) => view.setUint32(4 * i, value, true));
    bytes.set([0x7b, 0x7d], bytes.length - 2);
    return bytes;
  };
  assert.throws(() => new FrameReader(limits).push(begins(101, [])), /envelope has 101 bytes, the limit is 100/);
  assert.throws(() => new FrameReader(limits).push(begins(2, [600, 600])), /1200 bytes of parts, the limit is 1000/);
  assert.throws(() => new FrameReader(limits).push(begins(2, Array(100_002).fill(0))), /frame has 100002 parts/);
  assert.deepEqual(new FrameReader(limits).push(begins(2, [600, 400])), []);
});
