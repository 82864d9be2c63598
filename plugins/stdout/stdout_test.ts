import assert from "node:assert/strict";
import type { ScanResponse } from "../../plugin.ts";
import { openPlugin } from "../../testing.ts";

const RESPONSE: ScanResponse = {
  time: "2026-01-02T03:04:05.000Z",
  results: [],
  requestMeta: { archivePayloads: true, source: null, extraData: { snake_case: "kept", camelCase: "kept" } },
  errors: { hash: ["no"] },
  decorators: {},
  scanId: "00000000-0000-4000-8000-000000000000",
};
const JSON_FORM = {
  time: RESPONSE.time,
  results: [],
  request_meta: { archive_payloads: true, source: null, extra_data: { snake_case: "kept", camelCase: "kept" } },
  errors: { hash: ["no"] },
  decorators: {},
  scan_id: RESPONSE.scanId,
};

Deno.test("stdout gives the documented JSON, indented by four, and a line end", async () => {
  await using stdout = await openPlugin("stdout");
  assert.equal(await stdout.save(RESPONSE), JSON.stringify(JSON_FORM, null, 4) + "\n");
});

Deno.test("stdout gives one line where it is told to be compact", async () => {
  await using stdout = await openPlugin("stdout", { options: { compactly: "true" } });
  assert.equal(await stdout.save(RESPONSE), JSON.stringify(JSON_FORM) + "\n");
});
