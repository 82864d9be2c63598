import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import {
  BulkReader,
  BulkWriter,
  hideFrom,
  makeBulkFiles,
  MAX_FILE,
  MIN_BULK,
  openBulkFiles,
  type Place,
} from "../../sandbox/bulk.ts";
import { FrameError } from "../../sandbox/frames.ts";
import { encodeOutcome, parseFromProcess } from "../../sandbox/process_protocol.ts";
import { Payload, Stoq } from "../../mod.ts";
import { stoq } from "../cli/support.ts";
import { fromFileUrl, tempDir } from "../support.ts";

const ignore = Deno.build.os === "windows";

function filled(size: number, value: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(size).fill(value);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Whether a process has the text in its arguments (Linux; elsewhere it is not known). */
function runningWith(text: string): boolean {
  if (Deno.build.os !== "linux") return false;
  return [...Deno.readDirSync("/proc")].some(({ name }) => {
    try {
      return /^\d+$/.test(name) && Deno.readTextFileSync(`/proc/${name}/cmdline`).includes(text);
    } catch {
      return false;
    }
  });
}

/** A file, with both sides of it, that is gone with its disposal. */
function bothSides() {
  const path = Deno.makeTempFileSync({ prefix: "stoq-test-" });
  const writer = new BulkWriter(Deno.openSync(path, { write: true }));
  const reader = new BulkReader(Deno.openSync(path));
  writer.open();
  return {
    writer,
    reader,
    [Symbol.dispose]() {
      writer.close();
      reader.close();
      Deno.removeSync(path);
    },
  };
}

Deno.test("what was put is read as it was until its place is freed, whatever else comes and goes", () => {
  using sides = bothSides();
  const { writer, reader } = sides;
  const kept = new Map<number, { place: Place; bytes: Uint8Array }>();
  const step = fc.record({
    free: fc.boolean(),
    which: fc.nat(),
    size: fc.integer({ min: MIN_BULK, max: 8 * MIN_BULK }),
    value: fc.integer({ min: 0, max: 255 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      for (const { free, which, size, value } of steps) {
        const ats = [...kept.keys()];
        if (free && ats.length > 0) {
          const at = ats[which % ats.length]!;
          writer.free(at);
          kept.delete(at);
          continue;
        }
        const bytes = filled(size, value);
        const place = writer.put(bytes);
        assert.ok(place !== null);
        kept.set(place.at, { place, bytes });
      }
      for (const { place, bytes } of kept.values()) assert.deepEqual(reader.read(place), bytes);
    }),
    { numRuns: 50 },
  );
  // Places are used again: the file is no longer than what was in it at once.
  for (const at of kept.keys()) writer.free(at);
  const { at } = writer.put(filled(MIN_BULK, 1))!;
  assert.equal(at, 0);
});

Deno.test("few bytes, too many, and any after a failure go through the pipe", () => {
  using sides = bothSides();
  assert.equal(sides.writer.put(filled(MIN_BULK - 1, 1)), null);
  assert.equal(sides.writer.put(filled(MAX_FILE + 1, 1)), null);
  const path = Deno.makeTempFileSync({ prefix: "stoq-test-" });
  try {
    // Every write fails, as on a full disk.
    const broken = new BulkWriter(Deno.openSync(path, { read: true }));
    broken.open();
    assert.equal(broken.put(filled(MIN_BULK, 1)), null);
    assert.equal(broken.put(filled(MIN_BULK, 1)), null);
    broken.close();
  } finally {
    Deno.removeSync(path);
  }
});

Deno.test("what a burst took is given back once nothing is in the file, and not before", () => {
  using sides = bothSides();
  const { writer, reader } = sides;
  const large = filled(40 * 1024 * 1024, 5);
  const first = writer.put(large)!;
  const second = writer.put(filled(MIN_BULK, 6))!;
  writer.free(first.at);
  assert.equal(reader.size, large.length + MIN_BULK);
  assert.deepEqual(reader.read(second), filled(MIN_BULK, 6));
  writer.free(second.at);
  assert.equal(reader.size, 0);
  const again = writer.put(filled(MIN_BULK, 7))!;
  assert.deepEqual(reader.read(again), filled(MIN_BULK, 7));
  writer.free(again.at);
  assert.equal(reader.size, MIN_BULK);
});

Deno.test({
  name: "nothing is written before the files have lost their names, and then nobody else can open them",
  ignore,
  fn: () => {
    const files = makeBulkFiles();
    assert.ok(files !== null);
    const process = openBulkFiles(files.paths);
    const bytes = filled(3 * MIN_BULK, 7);
    assert.equal(files.contents.put(bytes), null);
    assert.equal(process.answers.put(bytes), null);
    for (const path of files.paths) {
      assert.equal(Deno.statSync(path).size, 0);
      assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
      assert.equal(Deno.statSync(path.replace(/\/[^/]*$/, "")).mode! & 0o777, 0o700);
    }
    files.unlink();
    process.answers.open();
    for (const path of files.paths) assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
    assert.deepEqual(process.contents.read(files.contents.put(bytes)!), bytes);
    assert.deepEqual(files.answers.read(process.answers.put(bytes)!), bytes);
    files.close();
    process.contents.close();
    process.answers.close();
  },
});

Deno.test("files that nobody has opened are gone once they are closed", { ignore }, () => {
  const files = makeBulkFiles()!;
  files.close();
  for (const path of files.paths) assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
});

Deno.test("an answer is the same beside the pipe, through it, and in part", () => {
  using sides = bothSides();
  const parts = [filled(10, 1), filled(MIN_BULK, 2), filled(0, 3), filled(5 * MIN_BULK + 1, 4)];
  const outcome = { status: "ok" as const, answer: { json: `{"results":"ä"}`, parts } };
  for (const put of [() => null, (bytes: Uint8Array) => sides.writer.put(bytes)]) {
    const { envelope, parts: sent } = encodeOutcome(5, outcome, put);
    const frame = { envelope: JSON.parse(JSON.stringify(envelope)), parts: sent.map((part) => new Uint8Array(part)) };
    const message = parseFromProcess(frame, (place) => sides.reader.read(place));
    assert.ok(message.type === "done");
    assert.deepEqual(message.outcome, outcome);
    assert.equal(message.call, 5);
    assert.equal(message.places.length, sent.length === 5 ? 0 : 2);
  }
});

Deno.test("an answer with places that there are not is none", () => {
  using sides = bothSides();
  sides.writer.put(filled(MIN_BULK, 1));
  const read = (place: Place) => sides.reader.read(place);
  const json = new TextEncoder().encode("{}");
  const place = { at: 0, size: MIN_BULK };
  const answers: [places: unknown, parts: Uint8Array<ArrayBuffer>[]][] = [
    ["x", [json]],
    [{}, [json]],
    [[1], [json]],
    [[{}], [json]],
    [[{ at: -1, size: 1 }], [json]],
    [[{ at: 0, size: -1 }], [json]],
    [[{ at: 0.5, size: 1 }], [json]],
    [[{ at: "0", size: 1 }], [json]],
    [[{ at: 0, size: 2 ** 40 }], [json]],
    [[{ at: 1, size: MIN_BULK }], [json]],
    [[{ at: 2 * MIN_BULK, size: 1 }], [json]],
    [[place], []],
    [[place], [json, json]],
    [[place, null], [json]],
    [Array(200_000).fill(null), [json]],
    [Array(5).fill({ at: 0, size: MAX_FILE / 4 }), [json]],
  ];
  for (const [places, parts] of answers) {
    const frame = { envelope: { type: "done", call: 1, status: "ok", places }, parts };
    assert.throws(() => parseFromProcess(frame, read), FrameError, JSON.stringify(places)?.slice(0, 80));
  }
});

Deno.test("whatever a process sends, it is a message or a FrameError", () => {
  using sides = bothSides();
  const keys = ["type", "call", "status", "places", "message", "stack", "denied", "timing", "ask", "plugin", "name"];
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom("done", "ok", "log", "asset", "opened", "failed", "denied", "timedOut"),
    fc.array(fc.record({ at: fc.integer(), size: fc.integer() })),
  );
  const envelope = fc.dictionary(fc.constantFrom(...keys), value);
  const parts = fc.array(fc.uint8Array({ maxLength: 20 }).map((part) => new Uint8Array(part)), { maxLength: 3 });
  fc.assert(fc.property(fc.oneof(envelope, fc.jsonValue()), parts, (envelope, parts) => {
    try {
      parseFromProcess({ envelope, parts }, (place) => sides.reader.read(place));
    } catch (error) {
      assert.ok(error instanceof FrameError, String(error));
    }
  }));
});

Deno.test("large payloads give the same result with files beside the pipes and without, and leave nothing behind", async () => {
  using folder = tempDir();
  const inner = new Uint8Array(300_000).map((_, i) => (i * i) >> 7);
  const packed = new Uint8Array(
    await new Response(new Blob([inner]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer(),
  );
  await Deno.writeFile(`${folder.path}/payload.gz`, packed);
  await Deno.mkdir(`${folder.path}/tmp`);
  await Deno.mkdir(`${folder.path}/a,b`);
  for (
    const TMPDIR of [
      `${folder.path}/tmp`,
      `${folder.path}/none`,
      `${folder.path}/payload.gz`,
      `${folder.path}/a,b`,
      "/dev/shm",
      "",
    ]
  ) {
    const { code, stdout, stderr } = await stoq(
      ["scan", `${folder.path}/payload.gz`, "-a", "hash", "-s", "decompress"],
      {
        env: { TMPDIR, XDG_RUNTIME_DIR: "" },
      },
    );
    assert.equal(code, 0, stderr);
    const { results } = JSON.parse(stdout);
    const hashes = results.map(({ workers }: { workers: { hash?: { sha256: string } }[] }) => workers[0]!.hash!.sha256);
    assert.deepEqual(hashes, [sha256(packed), sha256(inner)], TMPDIR);
  }
  assert.deepEqual([...Deno.readDirSync(`${folder.path}/tmp`)], []);
});

Deno.test("a sandbox process that was started ahead and not needed ends with the command, and leaves nothing", async () => {
  using folder = tempDir();
  const TMPDIR = folder.path;
  const env = { TMPDIR, XDG_RUNTIME_DIR: "" };
  for (
    const args of [["scan", "/nonexistent/file"], ["scan", "--nonsense"], ["run"], ["replay", "/nonexistent/file"]]
  ) {
    assert.notEqual((await stoq(args, { env })).code, 0);
    assert.deepEqual([...Deno.readDirSync(TMPDIR)], [], args.join(" "));
  }
  // Its arguments name the folder. The test's own time limit is the one for a process that does not end.
  while (runningWith(TMPDIR)) await new Promise((resolve) => setTimeout(resolve, 20));
});

Deno.test("scans of the same bytes at the same time do not take them from each other", async () => {
  await using stoq = new Stoq({ baseDir: "/nonexistent/stoq", sandboxes: 1, logLevel: "critical" });
  const scanned = async (bytes: Uint8Array<ArrayBuffer>) => {
    const { results, errors } = await stoq.scan(bytes, { addStartDispatch: ["hash"] });
    assert.deepEqual(errors, {});
    return (results[0]!.workers[0]!["hash"] as { sha256: string }).sha256;
  };
  // The files are in use from the second on.
  await scanned(filled(1, 0));
  const shared = filled(2_000_000, 65);
  const scans = Array.from({ length: 20 }, () => ({ bytes: shared, scan: scanned(shared) }));
  // Others come while those end one by one: places that are free are theirs.
  for (let i = 0; i < 20; i++) {
    await scans[i]!.scan;
    const bytes = filled(2_000_000, 100 + i);
    scans.push({ bytes, scan: scanned(bytes) });
  }
  for (const { bytes, scan } of scans) assert.equal(await scan, sha256(bytes));
  const worker = await stoq.loadPlugin("hash");
  const results = await Promise.all(
    Array.from({ length: 6 }, async (_, i) => {
      const payload = new Payload(i < 3 ? shared : filled(2_000_000, i));
      return [(await worker.scan(payload)).results as { sha256: string }, sha256(payload.content)] as const;
    }),
  );
  for (const [given, expected] of results) assert.equal(given.sha256, expected);
});

Deno.test({
  name: "sandboxes that come and go leave no descriptor and no folder",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    using folder = tempDir();
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", fromFileUrl("core/leaks_in_child.ts")],
      env: { TMPDIR: folder.path, XDG_RUNTIME_DIR: "" },
      stdin: "null",
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const { errors, before, after, names, times } = JSON.parse(new TextDecoder().decode(stdout));
    assert.deepEqual(errors.hash, {});
    assert.match(errors.p.p.join(), /has a comma/);
    assert.deepEqual(names, ["plugins"]);
    assert.ok(after < before + times, `${before} descriptors before, ${after} after`);
  },
});

// The last one: no files are made after it.
Deno.test("a plugin that may look into the folder of the files finds none of others", { ignore }, () => {
  const files = makeBulkFiles()!;
  const folder = files.paths[0].replace(/\/stoq-[^/]*\/contents$/, "");
  const none = { net: [], read: [], write: [], run: [], env: [], sys: [] };
  hideFrom({ permissions: none });
  hideFrom({ permissions: { ...none, read: [`${folder}/inside`], write: [`${folder}x`] } });
  assert.equal(Deno.statSync(files.paths[0]).size, 0);
  hideFrom({ permissions: { ...none, write: [folder] } });
  assert.throws(() => Deno.statSync(files.paths[0]), Deno.errors.NotFound);
  assert.equal(makeBulkFiles(), null);
  files.close();
});
