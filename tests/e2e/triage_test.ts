/** Files that hide something in something, scanned with nothing selected: triage follows to the bottom. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { responseFromJson } from "../../core/response.ts";
import { Stoq } from "../../mod.ts";
import type { PayloadResults, ScanResponse } from "../../plugin.ts";
import { stoq as command } from "../cli/support.ts";
import { fromFileUrl, hasProgram, tempDir } from "../support.ts";

const MAIL = fromFileUrl("e2e/testdata/invoice.eml");
const RISKY = fromFileUrl("../plugins/msoffice/testdata/risky.docm");
const DOCUMENT = fromFileUrl("../plugins/ole/testdata/clam.ole.doc");
/** The program in all three of them. */
const PROGRAM = fromFileUrl("../plugins/exif/testdata/samples/clam.exe");

const sha256 = (path: string) => createHash("sha256").update(Deno.readFileSync(path)).digest("hex");

Deno.test("triage with the library", async (test) => {
  using dir = tempDir();
  await using stoq = new Stoq({ baseDir: dir.path, logLevel: "error", dispatchers: ["triage"] });
  const scan = async (path: string) => {
    const response = await stoq.scan(Deno.readFileSync(path), {
      payloadMeta: { extraData: { filename: basename(path) } },
    });
    assert.deepEqual(errorsOf(response), {});
    return response;
  };

  await test.step("a program in a ZIP file in a ZIP file in a mail is recognised", async () => {
    checkMail(await scan(MAIL));
  });

  await test.step("a program embedded in an old Word document is recognised", async () => {
    const { results } = await scan(DOCUMENT);
    const program = named(results, "Clam.exe");
    assert.deepEqual(chain(results, program), ["clam.ole.doc", "ole: Clam.exe"]);
    assert.equal(program.payloadMeta.extraData["path"], "ObjectPool/_1279313719/\u0001Ole10Native");
    checkProgram(program);
  });

  await test.step("a macro, and a program in a document in the document, are found in a new Word document", async () => {
    const { results } = await scan(RISKY);
    const [document] = results;
    assert.partialDeepStrictEqual(resultsOf(document!, "msoffice"), { macros: true, vba: ["word/vbaProject.bin"] });
    assert.partialDeepStrictEqual(resultsOf(document!, "mraptor"), {
      suspicious: true,
      flags: ["AutoExec", "Write", "Execute"],
    });

    const project = named(results, "vbaProject.bin");
    assert.deepEqual(project.payloadMeta.extraData, { filename: "vbaProject.bin", path: "word/vbaProject.bin" });
    assert.deepEqual(project.duplicates?.map(({ extractedBy }) => extractedBy), ["decompress"]);
    const { macros } = resultsOf(project, "ole");
    assert.ok(Array.isArray(macros));
    assert.equal(macros[0].module, "Module1");
    assert.match(macros[0].code, /^Attribute VB_Name = "Module1"\r\nSub AutoOpen\(\)\r\n/);
    assert.match(macros[0].code, /Shell "notepad\.exe " & path, vbNormalFocus\r\n/);

    const source = named(results, "Module1.bas");
    assert.deepEqual(chain(results, source), ["risky.docm", "msoffice: vbaProject.bin", "ole: Module1.bas"]);
    assert.equal(source.payloadMeta.extraData["path"], "VBA/Module1");
    const text = new TextEncoder().encode(macros[0].code);
    assert.equal(resultsOf(source, "hash")["sha256"], createHash("sha256").update(text).digest("hex"));

    const object = named(results, "oleObject1.bin");
    assert.equal(resultsOf(object, "hash")["sha256"], sha256(DOCUMENT));
    const program = named(results, "Clam.exe");
    assert.deepEqual(chain(results, program), ["risky.docm", "msoffice: oleObject1.bin", "ole: Clam.exe"]);
    checkProgram(program);
  });
});

Deno.test("stoq scan FILE with nothing selected follows a mail to the bottom", async () => {
  using dir = tempDir();
  const { code, stdout, stderr } = await command(["scan", MAIL], { cwd: dir.path });
  assert.equal(code, 0, stderr);
  const response = responseFromJson(JSON.parse(stdout));
  assert.deepEqual(errorsOf(response), {});
  checkMail(response);
});

/** `invoice.eml`: four payloads, one in the other. */
function checkMail({ results }: ScanResponse): void {
  assert.equal(results.length, 4);
  const [mail, outer, inner, program] = results;
  const { subject, body } = resultsOf(mail!, "smtp");
  assert.equal(subject, "Invoice 4711");
  assert.equal(body, "Please find the invoice attached.\r\n");
  assert.deepEqual(chain(results, program!), [
    "invoice.eml",
    "smtp: invoices.zip",
    "decompress: invoice.zip",
    "decompress: invoice.exe",
  ]);
  assert.equal(outer!.payloadMeta.extraData["type"], "application/zip");
  assert.equal(inner!.payloadMeta.extraData["path"], "april/invoice.zip");
  assert.equal(program!.payloadMeta.extraData["path"], "scan/invoice.exe");
  checkProgram(program!);
}

/** ClamAV's test program, byte for byte, and what `peinfo` says of it. */
function checkProgram(result: PayloadResults): void {
  assert.equal(resultsOf(result, "hash")["sha256"], sha256(PROGRAM));
  assert.equal(result.size, Deno.statSync(PROGRAM).size);
  assert.deepEqual(resultsOf(result, "mimetype"), { mimetype: "application/vnd.microsoft.portable-executable" });
  assert.partialDeepStrictEqual(resultsOf(result, "peinfo"), {
    is_exe: true,
    compile_time: "2005-04-16T16:54:57Z",
    imports: { "KERNEL32.DLL": ["ExitProcess"], "USER32.DLL": ["MessageBoxA"] },
  });
}

/** How a payload came out of the original one: names, and who extracted them. */
function chain(results: readonly PayloadResults[], last: PayloadResults): string[] {
  const names: string[] = [];
  let next: PayloadResults | undefined = last;
  while (next !== undefined) {
    const { extractedFrom, extractedBy, payloadMeta }: PayloadResults = next;
    names.unshift(`${extractedBy === null ? "" : `${extractedBy}: `}${payloadMeta.extraData["filename"]}`);
    next = results.find(({ payloadId }) => payloadId === extractedFrom);
  }
  return names;
}

/** The payload of that file name. */
function named(results: readonly PayloadResults[], filename: string): PayloadResults {
  const found = results.filter(({ payloadMeta }) => payloadMeta.extraData["filename"] === filename);
  assert.equal(found.length, 1, `${found.length} payloads are called ${filename}`);
  return found[0]!;
}

/** What a worker said in the first pass. */
function resultsOf(result: PayloadResults, worker: string): Record<string, unknown> {
  const said = result.workers[0]?.[worker];
  assert.ok(typeof said === "object" && said !== null, `${worker} said nothing`);
  return { ...said };
}

/** All errors, but those of `exif` where there is no ExifTool for it to run. */
function errorsOf({ errors }: ScanResponse): Record<string, string[]> {
  const { exif, ...others } = errors;
  return exif !== undefined && hasProgram("exiftool") ? errors : others;
}

function basename(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
