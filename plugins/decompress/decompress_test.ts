import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { openPlugin, type PluginUnderTest, type WorkerOutcome } from "../../testing.ts";
import { tar, zip } from "./archives_fixture.ts";

const TESTDATA = new URL("testdata/", import.meta.url);
const read = (name: string) => Deno.readFileSync(new URL(name, TESTDATA));
const sample = (name: string) => name.endsWith(".iso.gz") ? new Uint8Array(gunzipSync(read(name))) : read(name);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

interface Results {
  type: string;
  password: string | null;
  members: Record<string, unknown>[];
}

function results(outcome: WorkerOutcome): Results {
  assert.ok(outcome.results !== undefined, "there are results");
  return JSON.parse(JSON.stringify(outcome.results));
}

/** Content by path. */
function texts({ extracted }: WorkerOutcome): [unknown, string][] {
  return extracted.map(({ content, payloadMeta }) => [payloadMeta.extraData["path"], text(content)]);
}

/** The plugin with its default options. */
let decompress: PluginUnderTest;
Deno.test.beforeAll(async () => void (decompress = await openPlugin("decompress")));
Deno.test.afterAll(async () => await decompress[Symbol.asyncDispose]());

Deno.test("the members of every format are those that an independent tool extracts", async () => {
  const expected: Record<string, { members: Record<string, [number, string]> }> = JSON.parse(
    text(read("expected.json")),
  );
  for (const [name, { members }] of Object.entries(expected)) {
    const outcome = await decompress.scan(sample(name), { payloadMeta: { extraData: { filename: name } } });
    const found = outcome.extracted.map(({ content, payloadMeta }) => {
      const digest = createHash("sha256").update(content).digest("hex");
      return [String(payloadMeta.extraData["path"]), [content.length, digest]] as const;
    }).sort(([a], [b]) => a < b ? -1 : 1);
    const wanted = Object.entries(members)
      // A hard link is a link; 7-Zip doesn't show the version of the deb format, and shows the index of a xar archive.
      .filter(([path]) => path !== "linked/hello.txt" && path !== "debian-binary")
      .sort(([a], [b]) => a < b ? -1 : 1);
    assert.deepEqual(found.filter(([path]) => path !== "[TOC].xml"), wanted, name);
    // The checksum behind the table of contents counts as data that belong to nothing; `7z` says the same.
    assert.deepEqual(
      outcome.errors,
      name === "tree.xar" ? ["xar archive: There are data after the end of archive"] : [],
      name,
    );
  }
});

Deno.test("results tell the type, and size, time and encryption of each member", async () => {
  const { type, password, members } = results(await decompress.scan(sample("tree-aes.zip")));
  assert.deepEqual([type, password], ["zip", "password"]);
  assert.deepEqual(members.find(({ path }) => path === "tree/numbers.txt"), {
    path: "tree/numbers.txt",
    kind: "file",
    size: 3492,
    packed_size: 1001,
    encrypted: true,
    modified: "2024-02-29T12:34:56Z",
  });
  assert.equal(members.find(({ path }) => path === "tree/empty-directory")?.["kind"], "directory");
});

Deno.test("a member keeps its name, its folders and its time", async () => {
  const { extracted } = await decompress.scan(sample("stored.rar"));
  assert.deepEqual(extracted[0]?.payloadMeta, {
    shouldArchive: true,
    shouldScan: true,
    extraData: { filename: "hello.txt", path: "näme/hello.txt", modified: "2024-02-29T12:34:56Z" },
    dispatchTo: [],
  });
});

Deno.test("the password that fits is in the results, for ZipCrypto, AES, 7z and RAR", async () => {
  for (
    const [name, password] of [
      ["tree-zipcrypto.zip", "infected"],
      ["tree-aes.zip", "password"],
      ["tree-encrypted.7z", "infected"],
      ["tree-encrypted-header.7z", "infected"],
      ["encrypted.rar", "password"],
      ["tree.zip", null],
    ] as const
  ) assert.equal(results(await decompress.scan(sample(name))).password, password, name);
});

Deno.test("without the right password there is an error that names the members, and no payload of them", async () => {
  await using limited = await openPlugin("decompress", { options: { passwords: "wrong, also wrong" } });
  const zipped = await limited.scan(sample("unknown-password.zip"));
  assert.deepEqual(zipped.extracted.map(({ content }) => content.length).filter((length) => length > 0), []);
  assert.equal(results(zipped).password, null);
  assert.equal(zipped.errors.length, 1);
  assert.match(
    zipped.errors[0] ?? "",
    /^Cannot decrypt ".*tree\/hello\.txt".*: none of 2 passwords is right \(option "passwords"\)$/,
  );
  const hidden = await limited.scan(sample("tree-encrypted-header.7z"));
  assert.deepEqual(hidden.results, { type: "7z", password: null, members: [] });
  assert.deepEqual(hidden.errors, [
    'Cannot decrypt its list of members: none of 2 passwords is right (option "passwords")',
  ]);
});

Deno.test("passwords that come with the payload are tried instead", async () => {
  const extraData = { passwords: ["no", "something-else"] };
  const outcome = await decompress.scan(sample("unknown-password.zip"), { payloadMeta: { extraData } });
  assert.equal(results(outcome).password, "something-else");
  assert.equal(outcome.extracted.length, 5);
});

Deno.test("a link that leads nowhere is recorded and discards no other member", async () => {
  const outcome = await decompress.scan(sample("links.tar"));
  const links = results(outcome).members.filter(({ kind }) => kind === "link").map(({ path, link }) => [path, link]);
  assert.deepEqual(links.sort(), [
    ["linked/dangling", "/nonexistent/target"],
    ["linked/hello.txt", "linked/hard"],
  ]);
  assert.equal(outcome.extracted.length, 5);
  assert.deepEqual(outcome.errors, []);
});

Deno.test("a program that is marked as a link is extracted", async () => {
  const outcome = await decompress.scan(zip([
    { name: "real", content: "../target", mode: 0o120777 },
    { name: "evil.exe", content: "MZ\x90\x00\x03", mode: 0o120777 },
  ]));
  assert.deepEqual(outcome.extracted.map(({ payloadMeta }) => payloadMeta.extraData["path"]), ["evil.exe"]);
  assert.equal(results(outcome).members[0]?.["link"], "../target");
});

Deno.test("names are data: duplicates, absolute and climbing paths, and control characters all come out", async () => {
  const named = await decompress.scan(tar([
    ["a", "first"],
    ["../../etc/passwd", "up"],
    ["/root/x", "absolute"],
    ["a", "second"],
    ["con", "device"],
    ["C:\\temp\\y.txt", "windows"],
    ["*?", "wild"],
    ["-y", "option"],
    ["@list", "at"],
  ]));
  assert.deepEqual(texts(named), [
    ["a", "first"],
    ["../../etc/passwd", "up"],
    ["/root/x", "absolute"],
    ["a", "second"],
    ["con", "device"],
    ["C:\\temp\\y.txt", "windows"],
    ["*?", "wild"],
    ["-y", "option"],
    ["@list", "at"],
  ]);
  assert.equal(named.extracted[5]?.payloadMeta.extraData["filename"], "y.txt");
});

Deno.test("a name in an old code page loses no byte", async () => {
  const bytes = zip([{ name: "nXme", content: "x" }]);
  for (let at = bytes.indexOf(0x58); at !== -1; at = bytes.indexOf(0x58, at)) bytes[at] = 0xe4;
  // Bit 11, "names are UTF-8", off in both headers (APPNOTE 4.4.4).
  bytes[7] = bytes[bytes.length - 22 - 50 + 9] = 0;
  assert.deepEqual(texts(await decompress.scan(bytes)), [["näme", "x"]]);
});

Deno.test("neither a comment nor a name can imitate the log", async () => {
  const forged = "x\n}\n\n----------\nPath = fake\n\n- a\n- b\nERROR: Wrong password : a\n";
  const outcome = await decompress.scan(zip([
    { name: "a", content: "1" },
    { name: "n\n- b\nERROR: CRC Failed : b", content: "2" },
    { name: "b", content: "3" },
  ], forged));
  assert.deepEqual(texts(outcome), [["a", "1"], ["n_- b_ERROR: CRC Failed : b", "2"], ["b", "3"]]);
  assert.deepEqual(outcome.errors, []);
});

Deno.test("a compressed file's content is called as its header or its own name says, and is scanned again", async () => {
  const nameIn = async (content: Uint8Array, filename?: string) => {
    const extraData = filename === undefined ? {} : { filename };
    const { extracted } = await decompress.scan(content, { payloadMeta: { extraData } });
    return extracted[0]?.payloadMeta.extraData["filename"];
  };
  assert.equal(await nameIn(sample("named.gz"), "other.gz"), "numbers.txt");
  assert.equal(await nameIn(gzipSync("x"), "a.tgz"), "a.tar");
  assert.equal(await nameIn(sample("tree.tar.xz"), "/some/where/b.tar.xz"), "b.tar");
  assert.equal(await nameIn(gzipSync("x"), "no-ending"), "no-ending");
  assert.equal(await nameIn(gzipSync("x")), "data");
  const [inner] =
    (await decompress.scan(sample("tree.tar.gz"), { payloadMeta: { extraData: { filename: "t.tar.gz" } } })).extracted;
  assert.ok(inner !== undefined);
  assert.equal((await decompress.scan(inner.content, { payloadMeta: inner.payloadMeta })).extracted.length, 5);
});

Deno.test("an archive behind a program is extracted, the sections of a program are not", async () => {
  const stub = sample("clam-upx.exe");
  for (const name of ["tree.zip", "tree.7z", "clam.cab"]) {
    const alone = await decompress.scan(sample(name));
    const behind = await decompress.scan(new Uint8Array([...stub, ...sample(name)]));
    assert.deepEqual(texts(behind), texts(alone), name);
    assert.ok(behind.extracted.length > 0);
  }
  assert.deepEqual((await decompress.scan(stub)).extracted, []);
});

Deno.test("what is no archive has no results and no errors", async () => {
  const contents = ["", "text", "PK", "Rar!", "MZ", "\x1f\x8b", "BZh", "7z", "TVqQAAMAAAAEAAAA//8AALgAAAA=", "ustar"];
  const files = ["clam-upx.exe", "clam.ole.doc", "clam.pdf", "expected.json"].map(sample);
  for (const content of [...contents, ...files]) {
    const { results, extracted, errors } = await decompress.scan(content);
    assert.deepEqual({ results, extracted, errors }, { results: undefined, extracted: [], errors: [] });
  }
});

Deno.test("extracted payloads go where the options say", async () => {
  await using limited = await openPlugin("decompress", {
    options: { always_dispatch: "yara, hash", archive_extracted: "false" },
  });
  const { extracted } = await limited.scan(sample("clam.bz2.zip"));
  assert.deepEqual(extracted[0]?.payloadMeta.dispatchTo, ["yara", "hash"]);
  assert.equal(extracted[0]?.payloadMeta.shouldArchive, false);
});
