import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { openPlugin } from "../../testing.ts";

const read = (name: string) => Deno.readFileSync(new URL(`./testdata/${name}`, import.meta.url));

interface Expected {
  comment: string;
  dir_offset: number;
  files: (Record<string, unknown> & { level?: unknown[] })[];
}

async function scan(content: Uint8Array | string, options?: Record<string, string>) {
  await using xyz = await openPlugin("xyz", { options });
  const { results, errors } = await xyz.scan(content);
  return { results: Object(results), errors };
}

Deno.test("facts of every member are those that Python's zipfile and zlib tell", async () => {
  await using xyz = await openPlugin("xyz");
  const expected: Record<string, Expected> = JSON.parse(new TextDecoder().decode(read("expected.json")));
  for (const [name, { comment, dir_offset, files }] of Object.entries(expected)) {
    const { results, errors } = await xyz.scan(read(name));
    const { files: ours, ...archive } = Object(results);
    assert.deepEqual([errors, archive.comment, archive.dir_offset], [[], comment, dir_offset], name);
    assert.equal(ours.length, files.length, name);
    for (const [i, { level, ...facts }] of files.entries()) {
      const file = ours[i];
      for (const [key, value] of Object.entries(facts)) {
        assert.deepEqual(file[key], value, `${name} ${facts.filename} ${key}`);
      }
      if (level) {
        const derived = ["level_max", "level_min", "size", "match"].map((key) => file[`derived_deflate_${key}`]);
        assert.deepEqual(derived, level, `${name} ${facts.filename}`);
      }
    }
  }
});

Deno.test("flags, attributes and extra fields have their names", async () => {
  const { results } = await scan(read("unix.zip"));
  const [file] = results.files;
  assert.deepEqual(
    [
      file.create_sys,
      file.method,
      file.flags,
      file.flags_short,
      file.int_attr,
      file.ext_attr_posix,
      file.ext_attr_dos_short,
    ],
    ["UNIX", "deflate", ["deflate_normal"], "N", "text", "-rwxr-xr-x", ""],
  );
  assert.deepEqual(file.l_extra_types, ["time", "unix"]);
  assert.deepEqual(file.l_extra_values.slice(0, 2), [["time_flags", ["mtime", "atime"]], [
    "time_mtime",
    "2024-01-02T03:04:06Z",
  ]]);
  assert.deepEqual(file.extra_values.at(-1), ["unix_gid", 0]);
  assert.deepEqual(file.local_central_header_deltas, ["extra_len", "extra"]);
  assert.deepEqual([file.compress_flags, file.compress_flags_short], [["deflate_fixed", "deflate_lastblock"], "fl"]);
  assert.deepEqual(results.end_dir.num_entries, 2);
});

Deno.test("times of Windows, AES, Zip64 and data descriptors are read", async () => {
  const ntfs = (await scan(read("ntfs.zip"))).results.files[0];
  assert.deepEqual(ntfs.extra_types, ["ntfs"]);
  assert.deepEqual(ntfs.extra_values[3], ["ntfs_mtime", "2024-01-02T03:04:06Z"]);
  const aes = (await scan(read("aes.zip"))).results.files[0];
  assert.deepEqual([aes.method, aes.flags[0], aes.decompress_errors], ["aes", "encrypted", "encrypted"]);
  assert.deepEqual(aes.extra_values.slice(-4), [["aes_version", 2], ["aes_vendor", "AE"], ["aes_strength", 256], [
    "aes_method",
    "store",
  ]]);
  const zip64 = (await scan(read("zip64.zip"))).results.files[0];
  assert.deepEqual([zip64.l_extra_types, zip64.l_u_size, zip64.l_c_size], [["zip64"], 60, 60]);
  const { l_end, desc_offset, desc_sig, desc_len, desc_c_size, c_size, desc_crc, crc } =
    (await scan(read("streamed.zip"))).results.files[0];
  assert.deepEqual([desc_sig, desc_len, l_end - desc_offset, desc_c_size, desc_crc], [
    1,
    desc_len,
    desc_len,
    c_size,
    crc,
  ]);
});

Deno.test("what a local header says otherwise is told", async () => {
  const { results } = await scan(read("renamed.zip"));
  assert.deepEqual(results.files[0].local_central_header_deltas, ["crc", "extra_len", "filename", "extra"]);
  assert.deepEqual([results.files[0].filename, results.files[0].l_filename], ["a.txt", "b.exe"]);
});

Deno.test("bytes before an archive are counted in offsets", async () => {
  const { results } = await scan(read("prefixed.zip"));
  assert.equal(results.files[0].l_offset, 100);
  assert.equal(results.files[0].decompress_errors, "");
});

Deno.test("an archive without an end is read from its local headers, and an error says so", async () => {
  const { results, errors } = await scan(read("cut.zip"));
  assert.deepEqual(errors, ["no end of central directory: members taken from their local headers"]);
  assert.deepEqual(results.files.map((file: { l_filename: string }) => file.l_filename), ["a.txt", "d/numbers.txt"]);
  assert.equal(results.files[1].decompress_size, 13_893);
});

Deno.test("options leave out what they say", async () => {
  const plain =
    (await scan(read("levels.zip"), { decompress_files: "false", derive_deflate_level: "false" })).results.files[0];
  assert.equal(plain.decompress_size, undefined);
  const sized = (await scan(read("levels.zip"), { derive_deflate_level: "false" })).results.files[0];
  assert.ok(sized.decompress_size > 0 && sized.derived_deflate_size === undefined);
});

Deno.test("a payload that is no ZIP archive gives nothing", async () => {
  await using xyz = await openPlugin("xyz");
  for (const content of ["", "PK", "text PK\x05\x06", "x".repeat(100_000) + "PK\x05\x06" + "\x01".repeat(30)]) {
    assert.deepEqual(await xyz.scan(content), { results: undefined, extracted: [], errors: [], dispatchTo: [] });
  }
});

Deno.test("many members that share data are bounded, and an error says what was left out", async () => {
  // 20,000 headers in the directory, all of the same member.
  const archive = Buffer.from(read("unix.zip"));
  const end = archive.indexOf("PK\x05\x06");
  const directory = archive.readUInt32LE(end + 16);
  const header = archive.subarray(directory, archive.indexOf("PK\x01\x02", directory + 4));
  const headers = Buffer.concat(Array.from({ length: 20_000 }, () => header));
  const tail = Buffer.from(archive.subarray(end));
  tail.writeUInt32LE(headers.length, 12);
  const { results, errors } = await scan(
    new Uint8Array(Buffer.concat([archive.subarray(0, directory), headers, tail])),
  );
  assert.ok(results.files.length <= 4_000);
  assert.ok(errors.length <= 101);
  assert.match(errors.join("\n"), /deflate level not derived, too much data in this archive/);
  const local = await scan(new TextEncoder().encode("PK\x03\x04".repeat(100_000)));
  assert.ok(local.results.files.length <= 4_000);
});

Deno.test("whatever the bytes, the plugin gives results of bounded size for what begins like a ZIP archive", async () => {
  await using xyz = await openPlugin("xyz");
  const files = ["levels.zip", "unix.zip", "ntfs.zip", "zip64.zip", "streamed.zip", "aes.zip"].map(read);
  const mutated = fc.constantFrom(...files).chain((file) =>
    fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { maxLength: 20 }).map((edits) => {
      const copy = file.slice();
      for (const [at, value] of edits) copy[at] = value;
      return copy;
    })
  );
  const cut = fc.tuple(fc.constantFrom(...files), fc.nat(3000)).map(([file, length]) => file.subarray(0, length));
  await fc.assert(
    fc.asyncProperty(fc.oneof(mutated, cut, fc.uint8Array({ maxLength: 200 })), async (bytes) => {
      const { results, errors } = await xyz.scan(bytes);
      assert.ok(JSON.stringify(results ?? null).length < 2_000_000 && errors.length <= 101);
    }),
    { numRuns: 250 },
  );
});
