import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { openPlugin } from "../../testing.ts";

const SAMPLES = new URL("./testdata/samples/", import.meta.url);

/** What ExifTool says of the file that it was given, which is not the payload's. */
const OF_THE_FILE = [
  "SourceFile",
  "FileName",
  "Directory",
  "FileModifyDate",
  "FileAccessDate",
  "FileInodeChangeDate",
  "FilePermissions",
];

const program = (name: string) => fileURLToPath(new URL(`./testdata/programs/${name}`, import.meta.url));
const installed = await new Deno.Command("exiftool", { args: ["-ver"], stdout: "null" }).output().then(
  (ended) => ended.success,
  () => false,
);

/** A test with the real ExifTool: left out where there is none, but never in continuous integration. */
function withExifTool(name: string, fn: () => Promise<void>): void {
  const ignore = !installed && !Deno.env.has("CI");
  Deno.test({ name: ignore ? `${name} (left out: exiftool is not installed)` : name, ignore, fn });
}

withExifTool("exif gives the tags that ExifTool gives for the file", async () => {
  const names = [...Deno.readDirSync(SAMPLES)].map((entry) => entry.name).sort();
  const paths = names.map((name) => fileURLToPath(new URL(name, SAMPLES)));
  const direct = await new Deno.Command("exiftool", { args: ["-json", "-n", ...paths], stderr: "null" }).output();
  const files: Record<string, unknown>[] = JSON.parse(new TextDecoder().decode(direct.stdout));
  assert.equal(files.length, names.length);
  await using exif = await openPlugin("exif");
  for (const [i, expected] of files.entries()) {
    const name = names[i]!;
    for (const tag of OF_THE_FILE) delete expected[tag];
    const { results, errors } = await exif.scan(await Deno.readFile(new URL(name, SAMPLES)));
    if (name === "tone.wav" && Object(results).Duration === undefined) delete expected.Duration; // a pipe has no size
    assert.deepEqual(results, { SourceFile: "-", ...expected }, name);
    assert.deepEqual(errors, []);
  }
});

withExifTool("exif gives the documented tags of a PE file, numbers as numbers", async () => {
  await using exif = await openPlugin("exif");
  const { results } = await exif.scan(await Deno.readFile(new URL("clam.exe", SAMPLES)));
  const { ExifToolVersion, ...tags } = Object(results);
  assert.equal(typeof ExifToolVersion, "number");
  assert.deepEqual(tags, {
    SourceFile: "-",
    FileSize: 544,
    FileType: "Win32 EXE",
    FileTypeExtension: "EXE",
    MIMEType: "application/octet-stream",
    MachineType: 332,
    TimeStamp: tags.TimeStamp, // ExifTool gives it in local time
    ImageFileCharacteristics: 33166,
    PEType: 267,
    LinkerVersion: 2.25,
    CodeSize: 1024,
    InitializedDataSize: 1536,
    UninitializedDataSize: 0,
    EntryPoint: 4160,
    OSVersion: 1,
    ImageVersion: 0,
    SubsystemVersion: 3.1,
    Subsystem: 2,
  });
  assert.match(tags.TimeStamp, /^2005:04:1\d \d\d:\d\d:57[+-]\d\d:\d\d$/);
});

withExifTool("what ExifTool does not know is a result that says so", async () => {
  await using exif = await openPlugin("exif");
  const empty = await exif.scan("");
  assert.deepEqual([Object(empty.results).FileSize, Object(empty.results).Error], [0, "File is empty"]);
  const tnef = await exif.scan(await Deno.readFile(new URL("clam.tnef", SAMPLES)));
  assert.equal(Object(tnef.results).Error, "Unknown file type");
  assert.deepEqual([...empty.errors, ...tnef.errors], []);
});

withExifTool("binary tags are told by their size, not included", async () => {
  await using exif = await openPlugin("exif");
  const { results } = await exif.scan(await Deno.readFile(new URL("gps.jpg", SAMPLES)));
  assert.match(Object(results).ThumbnailImage, /^\(Binary data \d+ bytes/);
});

withExifTool("the same payload has the same tags at any time", async () => {
  await using exif = await openPlugin("exif");
  const bytes = await Deno.readFile(new URL("gps.jpg", SAMPLES));
  assert.equal(JSON.stringify(await exif.scan(bytes)), JSON.stringify(await exif.scan(bytes)));
});

Deno.test("a non-zero exit status with tags is a result", async () => {
  await using exif = await openPlugin("exif", { options: { bin: program("stored") } });
  assert.deepEqual(await exif.scan("12345"), {
    results: { SourceFile: "-", ExifToolVersion: 12.57, FileSize: 5, Error: "Unknown file type" },
    extracted: [],
    errors: [],
    dispatchTo: [],
  });
});

Deno.test("a missing ExifTool is one error that names it and the remedy", async () => {
  await using exif = await openPlugin("exif", { options: { bin: "no-such-exiftool" } });
  const { results, errors } = await exif.scan("data");
  assert.equal(results, undefined);
  assert.equal(errors.length, 1);
  // Where the program runs inside bubblewrap, it is bubblewrap that is started, and says that the program is missing.
  assert.match(
    errors[0]!,
    /^(Cannot run )?"no-such-exiftool"[ :][^\n]+: install ExifTool \(Debian package libimage-exiftool-perl\) or set option bin [^\n]+$/,
  );
});

Deno.test("output that is no JSON is one error with the status, what was said, and the remedy", async () => {
  const expected = {
    crashes:
      /^"\S+crashes" ended with status 2 and no JSON tags \([^\n]+\), saying "Can't locate [^\n]+": install ExifTool /,
    chats: /^"\S+chats" ended with status 0 and no JSON tags \([^\n]+\), saying "\?\[1mWelcome": install ExifTool /,
    silent: /^"\S+silent" ended with status 0 and no JSON tags \([^\n]+\): install ExifTool /,
  };
  for (const [name, message] of Object.entries(expected)) {
    await using exif = await openPlugin("exif", { options: { bin: program(name) } });
    const { results, errors } = await exif.scan("x".repeat(1_000_000));
    assert.equal(results, undefined);
    assert.equal(errors.length, 1);
    assert.match(errors[0]!, message);
  }
});

Deno.test("output beyond the limit is an error, not parsed", async () => {
  await using exif = await openPlugin("exif", { options: { bin: program("endless") } });
  const { results, errors } = await exif.scan("data");
  assert.equal(results, undefined);
  assert.equal(errors.length, 1);
  assert.match(errors[0]!, /limit/);
});
