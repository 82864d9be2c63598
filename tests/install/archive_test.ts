import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { crc32, deflateRawSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { StoqInstallError } from "../../core/errors.ts";
import { isArchive, packArchive, readArchive } from "../../install/archive.ts";
import { MAX_ARCHIVE, MAX_FILES } from "../../install/files.ts";
import { needs, tempDir } from "../support.ts";
import {
  bytes,
  gzip,
  pax,
  PLUGIN,
  refused,
  tar,
  type TarEntry,
  texts,
  tgz,
  tgzOf,
  zip,
  type ZipEntry,
  zipOf,
} from "./support.ts";

const read = (archive: Uint8Array) => texts(readArchive(archive, "a.archive"));
const why = async (archive: Uint8Array) => {
  const message = await refused(() => readArchive(archive, "a.archive"));
  const start = 'Cannot install "a.archive": ';
  assert.ok(message.startsWith(start), message);
  return message.slice(start.length);
};
/** Positions and counts depend on what else is in the archive. */
const withoutNumbers = (message: string) => message.replace(/\d+/g, "N");

/** Names that no archive may have, and what is said of them. */
const BAD_NAMES: readonly [name: string, message: string][] = [
  ["../evil.ts", `"../evil.ts" in it leads out of the plugin's folder: a path must not have ".."`],
  ["a/../../evil.ts", `"a/../../evil.ts" in it leads out of the plugin's folder: a path must not have ".."`],
  ["a/..", `"a/.." in it leads out of the plugin's folder: a path must not have ".."`],
  ["..\\evil.ts", `"..\\evil.ts" in it leads out of the plugin's folder: a path must not have ".."`],
  ["a\\..\\..\\evil.ts", `"a\\..\\..\\evil.ts" in it leads out of the plugin's folder: a path must not have ".."`],
  ["a\\b.ts", `"a\\b.ts" in it has a backslash: pack it again with "/" between folders`],
  ["/etc/passwd", `"/etc/passwd" in it is an absolute path: only paths inside the plugin's folder are allowed`],
  ["C:\\evil.ts", `"C:\\evil.ts" in it is an absolute path: only paths inside the plugin's folder are allowed`],
  ["c:evil.ts", `"c:evil.ts" in it is an absolute path: only paths inside the plugin's folder are allowed`],
  [
    "\\\\server\\share\\x",
    `"\\\\server\\share\\x" in it is an absolute path: only paths inside the plugin's folder are allowed`,
  ],
  [
    "//server/share/x",
    `"//server/share/x" in it is an absolute path: only paths inside the plugin's folder are allowed`,
  ],
  ["a\nb.ts", `"a\\u{a}b.ts" in it has control or invisible characters, or is not UTF-8: rename it`],
  ["a\x1b[2Jb.ts", `"a\\u{1b}[2Jb.ts" in it has control or invisible characters, or is not UTF-8: rename it`],
  ["a\u202est.ts", `"a\\u{202e}st.ts" in it has control or invisible characters, or is not UTF-8: rename it`],
  ["a\u200bb.ts", `"a\\u{200b}b.ts" in it has control or invisible characters, or is not UTF-8: rename it`],
  ["a//b.ts", `"a//b.ts" in it has an empty name between two "/": pack it again`],
  ["a/./b.ts", `"a/./b.ts" in it has an empty name between two "/": pack it again`],
  ["a:b.ts", `"a:b.ts" in it is an absolute path: only paths inside the plugin's folder are allowed`],
  ["ab:stream", `"ab:stream" in it has one of < > : " | ? *, which Windows does not allow in names: rename it`],
  ["what?.ts", `"what?.ts" in it has one of < > : " | ? *, which Windows does not allow in names: rename it`],
  ["a /b.ts", `"a /b.ts" in it has a name that ends in a dot or a space, which Windows does not keep: rename it`],
  ["b.ts.", `"b.ts." in it has a name that ends in a dot or a space, which Windows does not keep: rename it`],
  ["con", `"con" in it has the name of a Windows device, "con": rename it`],
  ["a/NUL.ts", `"a/NUL.ts" in it has the name of a Windows device, "NUL.ts": rename it`],
  ["com1 .ts", `"com1 .ts" in it has the name of a Windows device, "com1 .ts": rename it`],
  ["LPT¹.txt", `"LPT¹.txt" in it has the name of a Windows device, "LPT¹.txt": rename it`],
];

/** Names that go together on no file system of some kind. */
const BAD_PAIRS: readonly [what: string, names: readonly string[], message: string][] = [
  ["the same name twice", ["a.ts", "a.ts"], `"a.ts" is in it twice: keep one`],
  ["the same name, once with ./", ["a.ts", "./a.ts"], `"a.ts" is in it twice: keep one`],
  [
    "names that differ in case",
    ["a.ts", "A.ts"],
    `"a.ts" and "A.ts" in it are one name where case or the form of letters is not told apart: rename one`,
  ],
  [
    "folders that differ in case",
    ["x/a.ts", "X/b.ts"],
    `"x" and "X" in it are one name where case or the form of letters is not told apart: rename one`,
  ],
  [
    "names that differ in their normal form",
    ["\u00e9.ts", "e\u0301.ts"],
    `"\u00e9.ts" and "e\u0301.ts" in it are one name where case or the form of letters is not told apart: rename one`,
  ],
  [
    "names that fold to one",
    ["stra\u00dfe", "STRASSE"],
    `"stra\u00dfe" and "STRASSE" in it are one name where case or the form of letters is not told apart: rename one`,
  ],
  ["a file where a folder is", ["a/b.ts", "a"], `"a" in it is both a file and a folder: keep one`],
  ["a folder where a file is", ["a", "a/b.ts"], `"a" in it is both a file and a folder: keep one`],
  ["an empty folder where a file is", ["a", "a/"], `"a" in it is both a file and a folder: keep one`],
];

const GOOD = Object.entries(PLUGIN).map(([name, content]) => ({ name, content }));

/** A refusal that good files before and after, in either order, do not change. */
async function alwaysRefused<E>(
  make: (entries: readonly E[]) => Uint8Array,
  bad: readonly E[],
  good: readonly E[],
  message: string,
) {
  const said = [];
  for (const entries of [bad, [...good, ...bad], [...bad, ...good], [good[0]!, ...bad, good[1]!]]) {
    said.push(withoutNumbers(await why(make(entries))));
  }
  assert.deepEqual([...new Set(said)], [withoutNumbers(message)]);
}

Deno.test("names that lead out, hide something, or that not every file system can hold are refused in tar", async () => {
  for (const [name, message] of BAD_NAMES) await alwaysRefused<TarEntry>(tgz, [{ name, content: "x" }], GOOD, message);
});

Deno.test("and in zip", async () => {
  for (const [name, message] of BAD_NAMES) await alwaysRefused<ZipEntry>(zip, [{ name, content: "x" }], GOOD, message);
});

Deno.test("the same holds for folders, whatever is in them", async () => {
  for (const name of ["../evil/", "/etc/", "con/", "a\\..\\..\\b/"]) {
    const message = await why(tgz([{ name, type: "5" }]));
    assert.equal(await why(zip([{ name }])), message);
    assert.match(message, /in it (leads out|is an absolute path|has the name of a Windows device)/);
  }
});

Deno.test("a file without a name is refused", async () => {
  const message = "a file in it has no name: pack it again";
  await alwaysRefused<TarEntry>(tgz, [{ name: ".", content: "x" }], GOOD, message);
  await alwaysRefused<ZipEntry>(zip, [{ name: "", content: "x" }], GOOD, message);
});

Deno.test("names with a NUL, names that are not UTF-8, and overlong ones are refused", async () => {
  const unreadable = /^".*" in it has control or invisible characters, or is not UTF-8: rename it$/;
  assert.match(await why(tgz([pax({ path: "a.ts\0.txt" }), { content: "x" }])), unreadable);
  assert.match(await why(tgz([{ type: "L", content: "a.ts\0.txt\0" }, { content: "x" }])), unreadable);
  assert.match(await why(zip([{ name: "a.ts\0.txt" }])), unreadable);
  const latin1 = Uint8Array.of(0x61, 0xe9, 0x2e, 0x74, 0x73);
  assert.match(await why(tgz([{ name: latin1 }])), unreadable);
  assert.match(await why(zip([{ name: latin1 }])), unreadable);
  const long = "x".repeat(256);
  const longPath = `${"abcdefghijklmnopqr/".repeat(28)}x`;
  for (const make of [(name: string) => tgz([pax({ path: name }), {}]), (name: string) => zip([{ name }])]) {
    assert.match(
      await why(make(long)),
      /^"xxx.*… \(256 characters\)" in it has a name of more than 255 bytes: rename it$/,
    );
    assert.match(await why(make(longPath)), /^"abc.*" in it is 533 bytes long: 512 are allowed$/);
    assert.match(await why(make("d/".repeat(32) + "x")), /^"d\/.*" in it is 33 folders deep: 32 are allowed$/);
  }
});

Deno.test("names that are one on some file system are refused in tar and zip", async () => {
  for (const [, names, message] of BAD_PAIRS) {
    const entries = names.map((name) => ({ name, ...(!name.endsWith("/") && { content: "x" }) }));
    await alwaysRefused<TarEntry>(tgz, entries, GOOD, message);
    await alwaysRefused<ZipEntry>(zip, entries, GOOD, message);
  }
});

/** Entries of tar archives that are not plain files, and tricks. */
const BAD_TAR: readonly [what: string, entries: readonly TarEntry[], message: string][] = [
  [
    "a symbolic link",
    [{ name: "a", type: "2", link: "/etc/passwd" }],
    `"a" in it is a symbolic link: pack a copy instead`,
  ],
  ["a hard link", [{ name: "a", type: "1", link: "shout.ts" }], `"a" in it is a hard link: pack a copy instead`],
  ["a character device", [{ name: "a", type: "3" }], `"a" in it is a device: remove it`],
  ["a block device", [{ name: "a", type: "4" }], `"a" in it is a device: remove it`],
  ["a pipe", [{ name: "a", type: "6" }], `"a" in it is a named pipe: remove it`],
  ["an old sparse file", [{ name: "a", type: "S" }], `"a" in it is a sparse file: pack it again without --sparse`],
  [
    "a pax sparse file",
    [pax({ "GNU.sparse.major": "1", "GNU.sparse.name": "a" }), { name: "GNUSparseFile.0/a", content: "x" }],
    `"GNUSparseFile.0/a" in it is a sparse file: pack it again without --sparse`,
  ],
  [
    "a part of another volume",
    [{ name: "a", type: "M" }],
    `"a" in it is a part of a file that began in another volume: pack it again as one archive`,
  ],
  ["a type of no standard", [{ name: "a", type: "Z" }], `"a" in it has type "Z", which stoQ does not know: remove it`],
  [
    "a folder with content",
    [{ name: "a/", type: "5", content: "x" }],
    `"a" in it is a folder with content: pack it again`,
  ],
  [
    "a link behind a long name",
    [pax({ path: "p".repeat(150), linkpath: "/etc/passwd" }), { type: "2" }],
    `"${"p".repeat(150)}" in it is a symbolic link: pack a copy instead`,
  ],
  [
    "a path that a pax header makes dangerous",
    [pax({ path: "../evil" }), { name: "good.ts" }],
    `"../evil" in it leads out of the plugin's folder: a path must not have ".."`,
  ],
  [
    "a path that a GNU long name makes dangerous",
    [{ type: "L", name: "././@LongLink", content: "/evil\0" }, { name: "good.ts" }],
    `"/evil" in it is an absolute path: only paths inside the plugin's folder are allowed`,
  ],
  [
    "a path that the prefix makes dangerous",
    [{ name: "evil", prefix: ".." }],
    `"../evil" in it leads out of the plugin's folder: a path must not have ".."`,
  ],
  [
    "two long names for one entry",
    [{ type: "L", content: "b\0" }, pax({ path: "a" }), { name: "c" }],
    `it gives an entry two names, at byte 0: pack it again`,
  ],
  [
    "one name for all",
    [pax({ path: "a" }, "g"), { name: "c" }],
    `it gives all entries one name or size, at byte 0: pack it again`,
  ],
  [
    "an extended header too long to be one",
    [{ type: "x", content: new Uint8Array(70_000) }, { name: "c" }],
    `it has an extended header of 70000 bytes: 65536 are allowed`,
  ],
  [
    "a long name too long to be one",
    [{ type: "L", content: new Uint8Array(70_000) }, { name: "c" }],
    `it has an extended header of 70000 bytes: 65536 are allowed`,
  ],
];

Deno.test("what is neither a file nor a folder, and names given twice, are refused in tar", async () => {
  for (const [, entries, message] of BAD_TAR) await alwaysRefused<TarEntry>(tgz, entries, GOOD, message);
});

Deno.test("a damaged tar is refused: checksums, sizes, extended headers, a missing end", async () => {
  const damaged = async (entries: readonly TarEntry[], reason: string, end?: Uint8Array) =>
    assert.equal(
      withoutNumbers(await why(tgz(entries, end))),
      `it is damaged or cut off at byte N of its tar (${reason}): get it again`,
    );
  await damaged([...GOOD, { name: "a", wrongSum: 1 }], "a header's checksum does not fit");
  await damaged([{ name: "a", content: "x", size: bytes("wrong") }], "a size is not a number");
  await damaged([{ name: "a", content: "x", size: 100_000 }], "an entry of N bytes goes past the end");
  await damaged(
    [{ name: "a", content: "x", size: Uint8Array.of(0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0) }],
    "an entry of N bytes goes past the end",
  );
  await damaged(
    [{ name: "a", size: Uint8Array.of(0x80, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) }],
    "a size is not a number",
  );
  await damaged([{ name: "a", size: new Uint8Array(12).fill(255) }], "a size is not a number");
  await damaged([pax({ size: "999999999" }), { name: "a", content: "x" }], "an entry of N bytes goes past the end");
  await damaged([pax({ size: "-1" }), { name: "a", content: "x" }], "an extended header is malformed");
  await damaged([{ type: "x", content: "99 path=a\n" }, {}], "an extended header is malformed");
  await damaged([{ type: "x", content: "10 path=ab" }, {}], "an extended header is malformed");
  await damaged([{ type: "x", content: "3 \n" }, {}], "an extended header is malformed");
  await damaged([{ type: "x", content: "path=a\n" }, {}], "an extended header is malformed");
  await damaged([pax({ path: "" }), {}], "an extended header is malformed");
  await damaged([{ type: "x", content: "9 path=a\n9 path=b\n" }, {}], "an extended header is malformed");
  await damaged([{ type: "x", content: "9 size=1\n9 size=2\n" }, {}], "an extended header is malformed");
  await damaged([pax({ path: "a" })], "an extended header without an entry");
  await damaged(GOOD, "there is no end mark", new Uint8Array());
  assert.match(
    await why(tgz(GOOD, Buffer.concat([Buffer.alloc(1024), tar([{ name: "hidden" }])]))),
    /^it has data after the end of its tar, at byte \d+: pack it again$/,
  );
});

Deno.test("zeros after the end of a tar and a number in base 256 are no damage; neither are old headers", () => {
  const archive = tgz([
    { name: "a", content: "one", size: Uint8Array.of(0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3) },
    { name: "b", content: "two", type: "\0", magic: "" },
    { name: "d/", type: "0", magic: "" },
    { name: "ä", content: "three", signedSum: true },
    { name: "c", content: "four", type: "7" },
  ], new Uint8Array(20 * 512));
  assert.deepEqual(read(archive), { a: "one", b: "two", ä: "three", c: "four" });
  assert.deepEqual(read(tgz([{ name: "a", content: "one", magic: "" }])), { a: "one" });
  assert.deepEqual(read(tgz([])), {});
});

Deno.test("long names of pax, GNU and the prefix are honoured, and a size in a pax header", () => {
  const long = `${"folder/".repeat(20)}name.ts`;
  const archive = tgz([
    pax({ mtime: "1.5", path: `${long}1`, "SCHILY.xattr.user.x": "y" }),
    { name: "cut", content: "1" },
    { name: "././@LongLink", type: "L", content: `${long}2\0` },
    { name: "cut", content: "2" },
    { name: "c", prefix: "a/b", content: "3" },
    { name: "c", prefix: "times of GNU", magic: "ustar  \0", content: "4" },
    pax({ comment: "0123" }, "g"),
    pax({ size: "5" }),
    { name: "d", content: "five!", size: 0 },
    { name: "././@LongLink", type: "K", content: "a link's target\0" },
    { name: "e", content: "6" },
  ]);
  assert.deepEqual(read(archive), { [`${long}1`]: "1", [`${long}2`]: "2", "a/b/c": "3", c: "4", d: "five!", e: "6" });
});

/** Entries of zip archives that are not plain files, or cannot be read. */
const BAD_ZIP: readonly [what: string, entries: readonly ZipEntry[], message: string][] = [
  [
    "a symbolic link",
    [{ name: "a", content: "/etc/passwd", mode: 0o120777 }],
    `"a" in it is a symbolic link: pack a copy instead`,
  ],
  ["a pipe", [{ name: "a", mode: 0o010644 }], `"a" in it is a named pipe: remove it`],
  ["a character device", [{ name: "a", mode: 0o020644 }], `"a" in it is a device: remove it`],
  ["a block device", [{ name: "a", mode: 0o060644 }], `"a" in it is a device: remove it`],
  ["a socket", [{ name: "a", mode: 0o140644 }], `"a" in it is a socket: remove it`],
  ["an encrypted file", [{ name: "a", content: "x", flags: 1 }], `"a" in it is encrypted: pack it without a password`],
  [
    "a strongly encrypted file",
    [{ name: "a", content: "x", flags: 0x41 }],
    `"a" in it is encrypted: pack it without a password`,
  ],
  [
    "an AES-encrypted file",
    [{ name: "a", content: "x", method: 99 }],
    `"a" in it is encrypted: pack it without a password`,
  ],
  ["a patch", [{ name: "a", content: "x", flags: 0x20 }], `"a" in it is a patch of another file: pack the whole file`],
  [
    "a method that is not read",
    [{ name: "a", content: "x", method: 93 }],
    `"a" in it is compressed with Zstandard, which stoQ does not read: pack it with Deflate`,
  ],
  [
    "a method of no standard",
    [{ name: "a", content: "x", method: 777 }],
    `"a" in it is compressed with method 777, which stoQ does not read: pack it with Deflate`,
  ],
  ["a folder with content", [{ name: "a/", content: "x" }], `"a" in it is a folder with content: pack it again`],
  [
    "a folder by its attributes only",
    [{ name: "a", dosAttributes: 0x10 }],
    `"a" in it is a file by its name and a folder by its attributes, or the other way round: pack it again`,
  ],
  [
    "a folder by its name only",
    [{ name: "a/", mode: 0o100644 }],
    `"a" in it is a file by its name and a folder by its attributes, or the other way round: pack it again`,
  ],
  [
    "a stored file with another size",
    [{ name: "a", content: "x", size: 5 }],
    `"a" in it is stored, but says it has 5 bytes in 1: pack it again`,
  ],
];

Deno.test("what is neither a file nor a folder, is encrypted, or packed in other ways, is refused in zip", async () => {
  for (const [, entries, message] of BAD_ZIP) await alwaysRefused<ZipEntry>(zip, entries, GOOD, message);
});

/** Zip archives whose parts do not agree. */
const DAMAGED_ZIP: readonly [entries: readonly ZipEntry[], reason: string][] = [
  [[{ name: "a", content: "x", crc: 1 }], `the checksum of "a" does not fit`],
  [[{ name: "a", content: "hello", deflate: true, crc: 1 }], `the checksum of "a" does not fit`],
  [[{ name: "a", content: "hello", deflate: true, size: 3 }], `"a" has more than the 3 bytes that it says`],
  [[{ name: "a", content: "hello", deflate: true, size: 0 }], `"a" has more than the 0 bytes that it says`],
  [[{ name: "a", content: "x", deflate: true, size: 0 }], `"a" has 1 bytes, not the 0 that it says`],
  [[{ name: "a", content: "hello", deflate: true, size: 9 }], `"a" has 5 bytes, not the 9 that it says`],
  [
    [{ name: "a", content: "hello", raw: deflateRawSync(bytes("hello")).subarray(0, 4), method: 8 }],
    `"a": unexpected end of file`,
  ],
  [[{ name: "a", content: "x", raw: Uint8Array.of(7, 7, 7), method: 8 }], `"a": invalid block type`],
  [
    [{ name: "a", content: "hello", raw: Buffer.concat([deflateRawSync(bytes("hello")), bytes("more")]), method: 8 }],
    `"a" has data after its end`,
  ],
  [[{ name: "a", content: "x", local: { name: "b" } }], `"a" has another name in its header than in the directory`],
  [[{ name: "a", content: "x", local: { method: 8 } }], `"a" has another method in its header than in the directory`],
  [[{ name: "a", content: "x", local: { size: 2 } }], `"a" has another size in its header than in the directory`],
  [[{ name: "a", content: "x", local: { packed: 0 } }], `"a" has another size in its header than in the directory`],
  [[{ name: "a", content: "x", local: { crc: 2 } }], `"a" has another checksum in its header than in the directory`],
  [[{ name: "a", content: "x", local: { flags: 1 } }], `"a" has another flag in its header than in the directory`],
  [[{ name: "a", content: "x", offset: 5 }], `"a" has no header at byte 5`],
  [[{ name: "a", content: "x", offset: 1_000_000 }], `"a" has no header at byte 1000000`],
  [[{ name: "a", content: "x", packed: 5000, size: 5000 }], `"a" goes past the directory`],
  [[{ name: "a", content: "x", extra: Uint8Array.of(1, 0, 9, 0) }], `an extra field goes past its end`],
  [
    [{ name: "a", content: "x", extra: Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0) }],
    `an extra field is there twice`,
  ],
  [
    [{ name: "a", content: "x", streamed: true, packed: 5000, size: 5000 }],
    `"a" has other sizes after its data than in the directory`,
  ],
  [[{ name: "a", content: "x", size: 0xffffffff }], `a zip64 value is missing`],
  [
    [{ name: "a", content: "x", streamed: true, packed: 1, size: 1, crc: 5 }],
    `the checksum of "a" does not fit`,
  ],
];

Deno.test("a damaged zip is refused: checksums, sizes, streams, headers that differ from the directory", async () => {
  for (const [entries, reason] of DAMAGED_ZIP) {
    const message = await why(zip(entries));
    assert.equal(message, `it is damaged or cut off (${reason}): get it again`);
    assert.equal(withoutNumbers(await why(zip([...entries, ...GOOD]))), withoutNumbers(message));
  }
});

Deno.test("a zip whose end does not fit, or that is one of several, is refused", async () => {
  const directory = "it is damaged or cut off (the directory is not where its end says): get it again";
  assert.equal(await why(zip(GOOD, { shift: 1 })), directory);
  assert.equal(
    await why(Buffer.concat([zip(GOOD), bytes("garbage")])),
    "it is damaged or cut off (there is no end record at its end): get it again",
  );
  assert.equal(
    await why(zip(GOOD).subarray(0, -1)),
    "it is damaged or cut off (there is no end record at its end): get it again",
  );
  assert.equal(await why(Buffer.concat([bytes("PK\x03\x04 in front"), zip(GOOD)])), directory);
  assert.equal(await why(zip(GOOD, { disk: 1 })), "it is a part of an archive in several files: pack it as one");
  for (const count of [1, 3]) {
    assert.equal(
      await why(zip(GOOD, { count })),
      `it is damaged or cut off (its directory has not the ${count} entries that its end says): get it again`,
    );
  }
  const changed = (text: string, zip64 = false) => {
    const archive = Buffer.from(zip(GOOD, { zip64 }));
    archive[archive.lastIndexOf(Buffer.from(text, "latin1"))]! ^= 1;
    return why(archive);
  };
  assert.match(
    await changed("PK\x01\x02"),
    /^it is damaged or cut off \(no directory entry at byte \d+\): get it again$/,
  );
  assert.equal(
    await changed("PK\x06\x06", true),
    "it is damaged or cut off (the zip64 end is not where it should be): get it again",
  );
  // Without its locator, the end says that everything is elsewhere.
  assert.equal(
    await changed("PK\x06\x07", true),
    "it is damaged or cut off (the directory is not where its end says): get it again",
  );
  const elsewhere = Buffer.from(zip(GOOD));
  elsewhere.writeUInt16LE(1, elsewhere.lastIndexOf(Buffer.from("PK\x01\x02", "latin1")) + 34);
  assert.match(
    await why(elsewhere),
    /^it is damaged or cut off \(the entry at byte \d+ is in another file\): get it again$/,
  );
  // The last directory entry has a longer name than there are bytes, or is cut off within itself.
  const long = Buffer.from(zip(GOOD));
  long.writeUInt16LE(60_000, long.lastIndexOf(Buffer.from("PK\x01\x02", "latin1")) + 28);
  assert.match(
    await why(long),
    /^it is damaged or cut off \(the directory entry at byte \d+ goes past the end\): get it again$/,
  );
  const short = Buffer.from(zip([{ name: "a" }]));
  const end = short.length - 22;
  const cut = Buffer.concat([short.subarray(0, end - 47 + 10), short.subarray(end)]);
  cut.writeUInt32LE(10, cut.length - 22 + 12);
  assert.match(await why(cut), /^it is damaged or cut off \(no directory entry at byte \d+\): get it again$/);
  const extra = Buffer.from(zip(GOOD));
  extra.writeUInt16LE(60_000, 28);
  assert.equal(await why(extra), `it is damaged or cut off ("shout.stoq" goes past the directory): get it again`);
  // A comment that is an end of its own: another reader could take that one.
  const inner = zip([]);
  assert.equal(await why(zip(GOOD, { comment: inner })), "it has two ends: get it again from another place");
});

Deno.test("entries of a zip that share bytes are refused before any is unpacked", async () => {
  const content = "x".repeat(1000);
  const shared = [{ name: "a", content, deflate: true }, {
    name: "a",
    content,
    deflate: true,
    noLocal: true,
    offset: 0,
  }];
  assert.equal(await why(zip(shared)), `"a" in it overlaps another entry: get it again from another place`);
  // As in a bomb that quotes headers: the second begins inside the data of the first.
  const quoted = zip([{ name: "b", content: "y" }]).subarray(0, 32);
  const nested = zip([{ name: "a", content: quoted }, { name: "b", content: "y", noLocal: true, offset: 31 }]);
  assert.equal(await why(nested), `"b" in it overlaps another entry: get it again from another place`);
});

Deno.test("a zip with streamed sizes, zip64 fields, a comment, or names in Info-ZIP's field is read", () => {
  const zip64 = Buffer.alloc(20);
  zip64.writeUInt16LE(1, 0);
  zip64.writeUInt16LE(16, 2);
  zip64.writeBigUInt64LE(5n, 4);
  zip64.writeBigUInt64LE(5n, 12);
  const raw = bytes("f\u00e9");
  const unicode = Buffer.concat([Buffer.alloc(9), bytes("f\u00fc")]);
  unicode.writeUInt16LE(0x7075, 0);
  unicode.writeUInt16LE(unicode.length - 4, 2);
  unicode.writeUInt8(1, 4);
  unicode.writeUInt32LE(crc32(raw), 5);
  const archive = zip([
    { name: "a", content: "one", deflate: true, streamed: true },
    { name: "b", content: "two", streamed: "bare" },
    { name: "c", content: "three", size: 0xffffffff, packed: 0xffffffff, extra: zip64, localExtra: zip64 },
    { name: "d/", mode: 0o040755, dosAttributes: 0x10 },
    { name: "d/é", content: "four", flags: 0x800 },
    { name: "e", content: "", deflate: true },
    { name: raw, content: "five", extra: unicode },
    { name: "g", content: "six", extra: unicode },
  ], { comment: "made by a test", zip64: true });
  assert.deepEqual(read(archive), { a: "one", b: "two", c: "three", "d/é": "four", e: "", fü: "five", g: "six" });
  assert.deepEqual(read(zip([])), {});
});

Deno.test("a bomb is refused before it is unpacked, whatever its headers say", async () => {
  const zeros = new Uint8Array(32 * 1024 * 1024);
  const bomb = /^more than 16777216 bytes would come out of its \d+: pack fewer or smaller files$/;
  assert.match(await why(gzipSync(tar([{ name: "zeros", content: zeros }]))), bomb);
  assert.match(await why(zip([{ name: "zeros", content: zeros, deflate: true }])), bomb);
  const many = Array.from(
    { length: 5 },
    (_, i) => ({ name: `zeros${i}`, content: zeros.subarray(0, 4e6), deflate: true }),
  );
  assert.match(await why(zip(many)), bomb);
  assert.match(
    await why(zip([{ name: "zeros", content: zeros, deflate: true, size: 10 }])),
    /has more than the 10 bytes that it says/,
  );
  assert.match(await why(new Uint8Array(MAX_ARCHIVE + 1)), /^it has 67108865 bytes: 67108864 are allowed$/);
});

Deno.test("more files than a plugin has are refused", async () => {
  const many = /^it has more than 10000 files and folders: give the plugin only$/;
  const header = tar([{ name: "d/", type: "5" }], new Uint8Array());
  const repeated = (count: number) =>
    Buffer.concat([...Array.from({ length: count }, () => header), Buffer.alloc(1024)]);
  assert.match(
    await why(gzip(repeated(MAX_FILES + 1))),
    many,
  );
  assert.deepEqual(read(gzip(repeated(MAX_FILES))), {});
  assert.match(await why(zip(GOOD, { count: MAX_FILES + 1 })), many);
  const implied = Array.from({ length: 400 }, (_, i) => ({ name: `${i}/${"d/".repeat(30)}f` }));
  assert.match(await why(zip(implied)), many);
  const extended = tar([pax({ mtime: "1" })], new Uint8Array());
  const headers = Buffer.concat([...Array.from({ length: 4 * MAX_FILES + 1 }, () => extended), Buffer.alloc(1024)]);
  assert.match(await why(headers), /^it has more than 40000 headers: give the plugin only$/);
});

Deno.test("a damaged or cut off gzip is refused, and so is anything after it but zeros and further members", async () => {
  const whole = tgzOf(PLUGIN);
  assert.match(
    await why(whole.subarray(0, whole.length - 3)),
    /^it is damaged or cut off \(unexpected end of file\): get it again$/,
  );
  assert.match(await why(whole.subarray(0, 40)), /^it is damaged or cut off \(unexpected end of file\): get it again$/);
  const changed = whole.slice();
  changed[changed.length - 6]! ^= 1;
  assert.match(await why(changed), /^it is damaged or cut off \(incorrect data check\): get it again$/);
  assert.match(await why(Buffer.concat([whole, bytes("more")])), /^it is damaged or cut off \(.*\): get it again$/);
  assert.deepEqual(read(Buffer.concat([whole, Buffer.alloc(100)])), { ...PLUGIN });
  const plain = tar(GOOD);
  assert.deepEqual(read(Buffer.concat([gzip(plain.subarray(0, 700)), gzip(plain.subarray(700))])), { ...PLUGIN });
});

Deno.test("what is no archive is said to be none", async () => {
  assert.equal(await why(bytes("hello")), "it is not an archive that stoQ reads: give a .tar.gz, .tgz or .zip");
  assert.equal(await why(new Uint8Array()), "it is not an archive that stoQ reads: give a .tar.gz, .tgz or .zip");
  assert.equal(
    await why(gzip(bytes("hello"))),
    "what is compressed in it is not a tar archive: give a .tar.gz, .tgz or .zip",
  );
  assert.equal(isArchive(bytes("[Core]\nName = x\n")), false);
  for (const archive of [tgzOf(PLUGIN), zipOf(PLUGIN), tar(GOOD)]) {
    assert.equal(isArchive(archive), true);
    assert.deepEqual(read(archive), { ...PLUGIN });
  }
});

Deno.test("what tools leave in a folder is left out, whatever it is", () => {
  const left = [
    "node_modules/x/index.js",
    ".git/config",
    "__MACOSX/._a.stoq",
    "._a.stoq",
    ".DS_Store",
    "a.ts~",
    ".a.ts.swp",
    "lib/#a.ts#",
  ];
  const links = [{ name: "node_modules/.bin/x", type: "2", link: "../x" }, {
    name: "lib/.#a.ts",
    type: "2",
    link: "me@here",
  }];
  assert.deepEqual(read(tgz([...left.map((name) => ({ name, content: "x" })), ...links, ...GOOD])), { ...PLUGIN });
});

Deno.test("entries that are not wanted are neither checked nor kept", async () => {
  const archive = tgz([{ name: "other/link", type: "2", link: "x" }, { name: "mine/a.ts", content: "a" }]);
  const wanted = (name: string) => name.startsWith("mine/");
  assert.deepEqual(texts(readArchive(archive, "x", { wanted })), { "mine/a.ts": "a" });
  assert.match(await why(archive), /symbolic link/);
});

/** A folder for tools to pack. */
const SAMPLE: Readonly<Record<string, string>> = {
  "shout/shout.stoq": PLUGIN["shout.stoq"]!,
  "shout/shout.ts": PLUGIN["shout.ts"]!,
  "shout/empty.txt": "",
  "shout/data/größe.txt": "ä".repeat(5000),
  [`shout/${"a-long-folder-name/".repeat(8)}${"n".repeat(120)}.txt`]: "long",
};

function writeSample(folder: string): void {
  for (const [path, content] of Object.entries(SAMPLE)) {
    Deno.mkdirSync(`${folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    Deno.writeTextFileSync(`${folder}/${path}`, content);
  }
}

function runIn(cwd: string, program: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command(program, { args, cwd, env: { LC_ALL: "C.UTF-8" } }).outputSync();
  assert.ok(success, new TextDecoder().decode(stderr));
}

Deno.test({
  ...needs("tar", "archives of GNU tar in each of its formats are read as the files they were made of"),
  fn() {
    for (const args of [["--format=gnu"], ["--format=pax"], ["--format=oldgnu"], ["--format=pax", "--xattrs"]]) {
      using dir = tempDir();
      writeSample(dir.path);
      runIn(dir.path, "tar", ...args, "-czf", "out.tar.gz", "shout");
      assert.deepEqual(read(Deno.readFileSync(`${dir.path}/out.tar.gz`)), SAMPLE);
      runIn(dir.path, "tar", ...args, "-cf", "out.tar", "./shout");
      assert.deepEqual(read(Deno.readFileSync(`${dir.path}/out.tar`)), SAMPLE);
    }
  },
});

Deno.test({
  ...needs("zip", "archives of Info-ZIP are read as the files they were made of, streamed ones too"),
  fn() {
    using dir = tempDir();
    writeSample(dir.path);
    runIn(dir.path, "zip", "-qr", "out.zip", "shout");
    assert.deepEqual(read(Deno.readFileSync(`${dir.path}/out.zip`)), SAMPLE);
    runIn(dir.path, "zip", "-qr0", "stored.zip", "shout");
    assert.deepEqual(read(Deno.readFileSync(`${dir.path}/stored.zip`)), SAMPLE);
    runIn(dir.path, "sh", "-c", "zip -qr - shout | cat > streamed.zip");
    assert.deepEqual(read(Deno.readFileSync(`${dir.path}/streamed.zip`)), SAMPLE);
  },
});

const PYTHON = `
import os, sys, tarfile, zipfile
files = [os.path.join(d, f) for d, _, fs in os.walk("shout") for f in fs]
for name, method in (("deflated", zipfile.ZIP_DEFLATED), ("stored", zipfile.ZIP_STORED)):
    with zipfile.ZipFile(name + ".zip", "w", method) as z:
        for f in files: z.write(f)
with zipfile.ZipFile("zip64.zip", "w", zipfile.ZIP_DEFLATED) as z:
    for f in files:
        with z.open(f, "w", force_zip64=True) as out: out.write(open(f, "rb").read())
class Pipe:
    def __init__(self, f): self.f = f
    def write(self, b): return self.f.write(b)
    def flush(self): pass
with open("streamed.zip", "wb") as f, zipfile.ZipFile(Pipe(f), "w", zipfile.ZIP_DEFLATED) as z:
    for name in files: z.write(name)
for name, format in (("pax", tarfile.PAX_FORMAT), ("gnu", tarfile.GNU_FORMAT)):
    with tarfile.open(name + ".tar.gz", "w:gz", format=format) as t: t.add("shout")
`;

Deno.test({
  ...needs("python3", "archives of Python's zipfile and tarfile are read as the files they were made of"),
  fn() {
    using dir = tempDir();
    writeSample(dir.path);
    runIn(dir.path, "python3", "-c", PYTHON);
    for (const name of ["deflated.zip", "stored.zip", "zip64.zip", "streamed.zip", "pax.tar.gz", "gnu.tar.gz"]) {
      assert.deepEqual(read(Deno.readFileSync(`${dir.path}/${name}`)), SAMPLE, name);
    }
  },
});

Deno.test({
  ...needs("tar", "tar lists and unpacks what was packed, long names and all"),
  fn() {
    using dir = tempDir();
    const files = new Map(Object.entries(SAMPLE).map(([path, content]) => [path, bytes(content)]));
    Deno.writeFileSync(`${dir.path}/packed.tar.gz`, packArchive(files));
    runIn(dir.path, "tar", "-xzf", "packed.tar.gz");
    for (const [path, content] of Object.entries(SAMPLE)) {
      assert.equal(Deno.readTextFileSync(`${dir.path}/${path}`), content);
      assert.equal(Deno.statSync(`${dir.path}/${path}`).mode! & 0o777, 0o644);
      assert.equal(Deno.statSync(`${dir.path}/${path}`).mtime!.getTime(), 0);
    }
  },
});

Deno.test("the same files are packed into the same bytes, whatever their order", () => {
  const files = Object.entries(SAMPLE).map(([path, content]) => [path, bytes(content)] as const);
  const archive = packArchive(new Map(files));
  assert.deepEqual(packArchive(new Map(files.toReversed())), archive);
  assert.deepEqual([...archive.subarray(0, 10)], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255], "no time, no name, no system");
});

Deno.test("what could not be installed is not packed", async () => {
  const pack = (path: string, content: Uint8Array = bytes("x")) =>
    refused(() => packArchive(new Map([[path, content]])));
  assert.match(await pack("../a"), /leads out of the plugin's folder/);
  assert.match(await pack("./a"), /"\.\/a" in it is not a plain path of a file/);
  assert.match(await pack("a/"), /"a\/" in it is not a plain path of a file/);
  assert.match(await pack(".git/config"), /would be left out at install/);
  assert.match(await pack("zeros", new Uint8Array(20 * 1024 * 1024)), /would come out of its/);
  assert.match(await refused(() => packArchive(new Map([["a", bytes("x")], ["A", bytes("x")]]))), /are one name/);
});

Deno.test("what is packed comes back the same", () => {
  const part = fc.stringMatching(/^[a-zäöü][a-zäöü0-9_-]{0,40}$/).filter((name) =>
    !/^(con|prn|aux|nul|com\d|lpt\d)$/.test(name)
  );
  const path = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => `${parts.join("/")}.x`);
  const content = fc.uint8Array({ maxLength: 2000 });
  fc.assert(fc.property(fc.dictionary(path, content, { maxKeys: 8 }), (files) => {
    // Two names may still collide: "a.x" and "a.x/b.x".
    const names = Object.keys(files);
    fc.pre(!names.some((a) => names.some((b) => b.startsWith(`${a}/`))));
    const back = readArchive(packArchive(new Map(Object.entries(files))), "packed");
    assert.deepEqual(
      Object.fromEntries([...back].map(([name, data]) => [name, [...data]])),
      Object.fromEntries(names.sort().map((name) => [name, [...files[name]!]])),
    );
  }));
});

/** Archives with all that the readers know, for {@linkcode mutated}. */
const SEEDS = [
  tar([
    pax({ path: "long/a", size: "3" }),
    { content: "one" },
    { type: "L", content: "long/b\0" },
    { content: "two" },
    ...GOOD,
  ]),
  tgzOf(PLUGIN),
  zip([...GOOD, { name: "a", content: "one", streamed: true }, { name: "b", content: "x".repeat(99), deflate: true }], {
    zip64: true,
  }),
  zipOf(PLUGIN),
  packArchive(new Map(Object.entries(SAMPLE).map(([path, content]) => [path, bytes(content)]))),
];

/** Changes, cuts and doubles parts of an archive. */
const mutated = fc.tuple(
  fc.constantFrom(...SEEDS),
  fc.array(fc.tuple(fc.double({ min: 0, max: 0.9999, noNaN: true }), fc.nat(255)), { maxLength: 6 }),
  fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  fc.boolean(),
).map(([seed, changes, cut, again]) => {
  const changed = Uint8Array.from(again ? Buffer.concat([seed, seed]) : seed);
  for (const [at, value] of changes) changed[Math.floor(at * changed.length)] = value;
  return cut === null ? changed : changed.subarray(0, Math.floor(cut * changed.length));
});

Deno.test("a changed archive is read, or refused in one line; nothing else happens", () => {
  const check = (archive: Uint8Array) => {
    try {
      for (const path of readArchive(archive, "x").keys()) assert.doesNotMatch(path, /(^|\/)\.\.(\/|$)|^\/|\\/);
    } catch (error) {
      assert.ok(error instanceof StoqInstallError, error as Error);
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(error.message, /[\x00-\x1f\x7f-\x9f\u202a-\u202e]/);
    }
  };
  fc.assert(fc.property(mutated, check), { numRuns: 1500 });
  // What a checksum would hide: the tar inside, changed.
  fc.assert(fc.property(mutated.filter((archive) => archive[0] !== 0x1f), (archive) => check(gzip(archive))), {
    numRuns: 300,
  });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 3000 }), check), { numRuns: 300 });
});
