import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { openPlugin } from "../../testing.ts";
import { assess } from "./rules.ts";

const read = (name: string) => Deno.readFile(new URL(`testdata/${name}`, import.meta.url));
/** Base64 in lines of 76 characters, as MIME and Word 2003 write it. */
const wrapped = (bytes: Uint8Array) => bytes.toBase64().replace(/.{76}/g, "$&\r\n");
const SUSPICIOUS = {
  suspicous: true,
  suspicious: true,
  flags: ["AutoExec", "Write", "Execute"],
  matches: ["AutoOpen", "Open path For Output", "Shell"],
};

/** vbaProject.bin of a workbook with the given project. */
async function projectOf(name: string): Promise<Uint8Array> {
  const { readZip, ZipMemberReader } = await import("../lib/zip.ts");
  const bytes = await read(name);
  const member = readZip(bytes, []).find((candidate) => candidate.name === "xl/vbaProject.bin")!;
  return new ZipMemberReader(bytes, 1 << 20).read(member).content!;
}

Deno.test("a macro that starts by itself, writes a file and runs a program is suspicious, in both Excel formats", async () => {
  await using mraptor = await openPlugin("mraptor");
  for (const [name, filetype] of [["autoopen.xls", "OLE"], ["autoopen.xlsm", "OpenXML"]] as const) {
    const { results, errors } = await mraptor.scan(await read(name));
    assert.deepEqual(results, { ...SUSPICIOUS, filetype });
    assert.deepEqual(errors, []);
  }
});

Deno.test("a macro that only shows a message has no flags", async () => {
  await using mraptor = await openPlugin("mraptor");
  const { results } = await mraptor.scan(await read("vbaProject.bin"));
  assert.deepEqual(results, { suspicous: false, suspicious: false, flags: [], filetype: "OLE", matches: [] });
});

Deno.test("macros are found in Flat OPC, in Word 2003 XML and in MHTML", async () => {
  await using mraptor = await openPlugin("mraptor");
  const project = await projectOf("autoopen.xlsm");
  const flat = `<?xml version="1.0"?><pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage">` +
    `<pkg:part pkg:name="/word/vbaProject.bin"><pkg:binaryData>${
      wrapped(project)
    }</pkg:binaryData></pkg:part></pkg:package>`;
  assert.deepEqual((await mraptor.scan(flat)).results, { ...SUSPICIOUS, filetype: "FlatOPC_XML" });

  // ActiveMime: its zlib stream is at the 16-bit number at 0x1e plus 46.
  const mime = new Uint8Array([...new Uint8Array(0x32), ...deflateSync(project)]);
  mime.set(new TextEncoder().encode("ActiveMime"));
  mime[0x1e] = 0x04;
  const word = `<?xml version="1.0"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml">` +
    `<w:docSuppData><w:binData w:name="editdata.mso">${wrapped(mime)}</w:binData></w:docSuppData></w:wordDocument>`;
  assert.deepEqual((await mraptor.scan(word)).results, { ...SUSPICIOUS, filetype: "Word2003_XML" });

  const mhtml =
    `MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n` +
    `<html></html>\r\n--b\r\nContent-Location: file:///C:/x/editdata.mso\r\nContent-Transfer-Encoding: base64\r\n` +
    `Content-Type: application/x-mso\r\n\r\n${wrapped(mime)}\r\n--b--\r\n`;
  assert.deepEqual((await mraptor.scan(mhtml)).results, { ...SUSPICIOUS, filetype: "MHTML" });
});

Deno.test("an ActiveMime file that cannot be decompressed is an error that says why", async () => {
  await using mraptor = await openPlugin("mraptor");
  const mime = new Uint8Array(200);
  mime.set(new TextEncoder().encode("ActiveMime"));
  mime[0x32] = 0x78;
  const { results, errors } = await mraptor.scan(
    `<w xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"><w:binData>${wrapped(mime)}</w:binData></w>`,
  );
  assert.equal(results, undefined);
  assert.match(errors.join(), /^ActiveMime file cannot be decompressed: offset 50: /);
});

Deno.test("plain VBA source is assessed, other text isn't", async () => {
  await using mraptor = await openPlugin("mraptor");
  const source = 'Private Sub Workbook_Open()\r\n  CreateObject("WScript.Shell").Run "x"\r\nEnd Sub\r\n';
  assert.deepEqual((await mraptor.scan(source)).results, {
    suspicous: true,
    suspicious: true,
    flags: ["AutoExec", "Execute"],
    filetype: "Text",
    matches: ["Workbook_Open", "CreateObject"],
  });
  for (
    const text of ["", "Please open the shell and kill the process", "function Kill() { return 1; }", "%PDF-1.4 Shell"]
  ) {
    const { results, errors } = await mraptor.scan(text);
    assert.deepEqual([results, errors], [undefined, []]);
  }
});

Deno.test("documents without macros and archives that are no documents give nothing", async () => {
  await using mraptor = await openPlugin("mraptor");
  for (const content of ["PK\x03\x04 not a package", "{\\rtf1}"]) {
    const { results, errors } = await mraptor.scan(content);
    assert.deepEqual([results, errors], [undefined, []]);
  }
});

Deno.test("the rules follow continued lines, keep to whole words and take the first match", () => {
  assert.deepEqual(assess("Open x _\r\n For Binary As 1"), {
    autoExec: null,
    write: "Open x  For Binary",
    execute: null,
    suspicious: false,
  });
  assert.equal(assess('Private Declare Function F Lib "k"').execute, "Declare Function F Lib");
  assert.equal(assess("InkPicture1_Painted").autoExec, "InkPicture1_Painted");
  assert.equal(
    assess("\u041a\u043d\u043e\u043f\u043a\u0430_Click").autoExec,
    "\u041a\u043d\u043e\u043f\u043a\u0430_Click",
  );
  assert.equal(assess("AutoOpener, MyShell, Killer, SkillSet").suspicious, false);
  assert.equal(assess("SaveAs: Kill").write, "SaveAs");
  assert.equal(assess("Kill: SaveAs").write, "Kill");
});

Deno.test("lines of a million opening words are assessed without backtracking", () => {
  const source = "Open ".repeat(300_000) + "_Click Declare ".repeat(100_000) + "a_".repeat(300_000);
  assert.deepEqual(assess(source).write, null);
  assert.deepEqual(assess(source).execute, null);
});

Deno.test("no damage to a real file makes the plugin throw", async () => {
  await using mraptor = await openPlugin("mraptor");
  const samples = await Promise.all(["autoopen.xls", "autoopen.xlsm", "vbaProject.bin"].map(read));
  const edits = fc.array(fc.tuple(fc.nat(1 << 14), fc.nat(255)), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...samples), edits, fc.nat(1 << 14), async (sample, changes, cut) => {
      const bytes = sample.slice(0, cut % 4 === 0 ? cut % sample.length : sample.length);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      const { errors } = await mraptor.scan(bytes);
      assert.ok(errors.length <= 101);
    }),
    { numRuns: 300 },
  );
});
