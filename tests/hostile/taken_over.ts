/**
 * A sandbox process that its plugin has taken over, as far as the core can tell: it speaks the protocol, and sends what its argument says as
 * its answer. Started by taken_over_test.ts.
 */
import { MAX_FILE } from "../../sandbox/bulk.ts";
import { encodeFrame, FrameReader } from "../../sandbox/frames.ts";

const MIB = 1024 * 1024;
const JSON_TEXT = new TextEncoder().encode('{"results":{}}');

function write(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

/** Many frames in one piece. */
function repeated(frame: Uint8Array, count: number): Uint8Array {
  const all = new Uint8Array(frame.length * count);
  for (let i = 0; i < count; i++) all.set(frame, i * frame.length);
  return all;
}

/** A head that promises so much. */
function head(envelope: number, parts: number, each: number): Uint8Array {
  const bytes = new Uint8Array(8 + 4 * parts);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, envelope, true);
  view.setUint32(4, parts, true);
  for (let i = 0; i < parts; i++) view.setUint32(8 + 4 * i, each, true);
  return bytes;
}

/** What it answers to a call. */
const ATTACKS: Readonly<Record<string, (call: number, answers: Deno.FsFile | null) => void>> = {
  places(call, answers) {
    answers?.truncateSync(MAX_FILE);
    write(encodeFrame({ ...ok(call), places: Array(100_000).fill({ at: 0, size: MAX_FILE }) }, [JSON_TEXT]));
  },
  places_of_nothing(call) {
    write(encodeFrame({ ...ok(call), places: Array(100_000).fill({ at: 0, size: 0 }) }, [JSON_TEXT]));
  },
  places_for_nobody(_call, answers) {
    answers?.truncateSync(MAX_FILE);
    write(repeated(encodeFrame({ ...ok(1e9), places: [{ at: 0, size: MAX_FILE }] }, [JSON_TEXT]), 400));
  },
  opened_without_end() {
    const frames = repeated(encodeFrame({ type: "opened", usable: true }, []), 20_000);
    for (;;) write(frames);
  },
  parts_without_end() {
    write(head(2, 100_000, MIB));
    write(new TextEncoder().encode("{}"));
    for (;;) write(new Uint8Array(MIB).fill(1));
  },
  huge_envelope() {
    write(head(250 * MIB, 0, 0));
    for (;;) write(new Uint8Array(MIB).fill(0x20));
  },
  assets_without_end() {
    const frames = repeated(encodeFrame({ type: "asset", ask: 1, plugin: "hash", name: "hash.stoq" }, []), 10_000);
    for (;;) write(frames);
  },
};

function ok(call: number) {
  return { type: "done", call, status: "ok" };
}

if (import.meta.main) {
  const reader = new FrameReader();
  const buffer = new Uint8Array(256 * 1024);
  let answers: Deno.FsFile | null = null;
  for (let size = Deno.stdin.readSync(buffer); size !== null; size = Deno.stdin.readSync(buffer)) {
    for (const { envelope } of reader.push(buffer.subarray(0, size))) {
      const { type, files, call } = envelope as { type: string; files: [string, string] | null; call: number };
      if (type === "setup" && files !== null) {
        answers = Deno.openSync(files[1], { read: true, write: true });
        write(encodeFrame({ type: "opened", usable: true }, []));
      } else if (type === "call") ATTACKS[Deno.args[0]!]!(call, answers);
      else if (type === "close") Deno.exit(0);
    }
  }
}
