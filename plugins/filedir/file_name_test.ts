import assert from "node:assert/strict";
import { dirname, join, win32 } from "node:path";
import fc from "fast-check";
import { fileName, MAX_NAME_BYTES } from "./file_name.ts";

Deno.test("a usual name stays as it is", () => {
  for (
    const name of [
      "bad.exe",
      "Rechnung März.pdf",
      "x",
      "a..b",
      "archive.tar.gz",
      "1f168f68-1c19-46f9-9427-585345a6fe24",
      "报告.doc",
    ]
  ) {
    assert.equal(fileName(name), name);
  }
});

Deno.test("only the last part of a path is a name", () => {
  assert.equal(fileName("../../etc/x"), "x");
  assert.equal(fileName("C:\\Users\\me\\x.exe"), "x.exe");
  assert.equal(fileName("/etc/cron.d/job"), "job");
});

Deno.test("what a system takes for something else is replaced", () => {
  assert.equal(fileName(".bashrc"), "_bashrc");
  assert.equal(fileName("...x"), "_x");
  assert.equal(fileName("a\0b\nc"), "a_b_c");
  assert.equal(fileName("invoice\u202efdp.exe"), "invoice_fdp.exe");
  assert.equal(fileName("a.txt:stream"), "a.txt_stream");
  assert.equal(fileName("half \ud800 pair"), "half _ pair");
  assert.equal(fileName("con"), "_con");
  assert.equal(fileName("LPT1.txt"), "_LPT1.txt");
  assert.equal(fileName("console"), "console");
  assert.equal(fileName(" x. . "), "x");
});

Deno.test("where no name remains there is none", () => {
  for (const claimed of ["", ".", "..", "a/..", "/", "dir/", " ", ". .", undefined, null, 7, ["x"], {}]) {
    assert.equal(fileName(claimed), undefined);
  }
});

Deno.test("a long name is cut at a whole character", () => {
  assert.equal(fileName("a".repeat(1000)), "a".repeat(MAX_NAME_BYTES));
  assert.equal(fileName("😀".repeat(100)), "😀".repeat(Math.floor(MAX_NAME_BYTES / 4)));
});

Deno.test("whatever is claimed, the name is one file in its directory, and stays when made again", () => {
  const nasty = fc.constantFrom(
    "/",
    "\\",
    ".",
    "..",
    " ",
    "\0",
    ":",
    "con",
    "nul.",
    "\u202e",
    "\ud83d",
    "é",
    "😀",
    "\u00a0",
    "a",
  );
  const claimed = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(nasty, { maxLength: 12 }).map((parts) => parts.join("")),
    fc.array(nasty, { minLength: 140, maxLength: 200 }).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(claimed, (text) => {
      const name = fileName(text);
      if (name === undefined) return;
      assert.equal(dirname(join("/archive", name)), "/archive");
      assert.equal(win32.dirname(win32.join("C:\\archive", name)), "C:\\archive");
      assert.doesNotMatch(name, /^[.\s]|[.\s]$|[/\\\0:]/);
      assert.ok(name.isWellFormed());
      assert.ok(new TextEncoder().encode(name).length <= MAX_NAME_BYTES);
      assert.equal(fileName(name), name);
    }),
    { numRuns: 200 },
  );
});
