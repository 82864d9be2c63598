/** The two examples of the documentation's "Example Output", made real. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fromFileUrl, needs } from "../support.ts";
import { stoq } from "../cli/support.ts";

const RESULT_KEYS = [
  "payload_id",
  "size",
  "payload_meta",
  "workers",
  "archivers",
  "plugins_run",
  "extracted_from",
  "extracted_by",
];
const RESPONSE_KEYS = ["time", "results", "request_meta", "errors", "decorators", "scan_id"];
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

Deno.test({
  ...needs("exiftool", "a PE file scanned with exif and hash gives the documented JSON"),
  fn: async () => {
    const file = fromFileUrl("../examples/small.exe");
    const { code, stdout } = await stoq(["scan", file, "-s", "exif", "hash"]);
    assert.equal(code, 0);
    const response = JSON.parse(stdout);
    assert.deepEqual(Object.keys(response), RESPONSE_KEYS);
    assert.equal(stdout, JSON.stringify(response, null, 4) + "\n");
    const [result] = response.results;
    assert.deepEqual(Object.keys(result), RESULT_KEYS);
    assert.deepEqual(Object.keys(result.payload_meta), ["should_archive", "extra_data", "dispatch_to"]);
    assert.deepEqual(result.payload_meta, {
      should_archive: true,
      extra_data: { filename: "small.exe" },
      dispatch_to: [],
    });
    assert.deepEqual(result.plugins_run, { workers: [["exif", "hash"]], archivers: [] });
    assert.deepEqual(response.request_meta, { archive_payloads: true, source: null, extra_data: {} });
    assert.deepEqual(response.errors, {});
    const bytes = Deno.readFileSync(file);
    assert.equal(result.size, bytes.length);
    assert.equal(result.workers[0].hash.sha256, sha256(bytes));
    assert.equal(result.workers[0].exif.FileType, "Win32 EXE");
    assert.equal(result.workers[0].exif.MachineType, 332);
  },
});

Deno.test({
  ...needs("exiftool", "a document with two PE files: carved by pecarve, each scanned again by exif and hash"),
  fn: async () => {
    const file = fromFileUrl("../examples/sample_doc_with_pe.doc");
    const { code, stdout } = await stoq(["scan", file, "-s", "pecarve", "-a", "exif", "hash"]);
    assert.equal(code, 0);
    const { results, errors } = JSON.parse(stdout);
    assert.deepEqual(errors, {});
    const [document, ...carved] = results;
    assert.deepEqual(document.plugins_run.workers, [["pecarve", "exif", "hash"]]);
    assert.deepEqual(Object.keys(document.workers[0]), ["exif", "hash"]);
    assert.equal(document.workers[0].exif.FileType, "DOC");
    assert.equal(document.extracted_from, null);
    assert.equal(carved.length, 2);
    const bytes = Deno.readFileSync(file);
    for (const result of carved) {
      assert.deepEqual(Object.keys(result), RESULT_KEYS);
      assert.equal(result.extracted_from, document.payload_id);
      assert.equal(result.extracted_by, "pecarve");
      assert.deepEqual(result.plugins_run.workers, [["exif", "hash"]]);
      assert.match(result.workers[0].exif.FileType, /^Win(32|64) EXE$/);
      const { offset } = result.payload_meta.extra_data;
      assert.equal(result.workers[0].hash.sha256, sha256(bytes.subarray(offset, offset + result.size)));
    }
  },
});
