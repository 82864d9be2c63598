import assert from "node:assert/strict";
import fc from "fast-check";
import {
  PAYLOAD_FORMATS,
  PAYLOAD_META_HEADER,
  PoisonMessage,
  readMessage,
  readTask,
  REQUEST_META_HEADER,
  writePayload,
  writePayloadMeta,
  writeRequestMeta,
} from "./queue_message.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const meta = { shouldArchive: false, shouldScan: true, extraData: { a: ["ü", null] }, dispatchTo: ["yara"] };
const request = { archivePayloads: false, source: "x", extraData: {} };

Deno.test("what is written as JSON, or in headers, is read back", () => {
  const { payload, request: read } = readMessage("json", writePayload(bytes("MZ"), meta, request));
  assert.deepEqual(payload, { content: bytes("MZ"), payloadMeta: meta });
  assert.deepEqual(read, request);
  const headers = {
    [PAYLOAD_META_HEADER]: writePayloadMeta(meta),
    [REQUEST_META_HEADER]: writeRequestMeta(request),
  };
  assert.deepEqual(readMessage("raw", bytes("MZ"), headers), {
    payload: { content: bytes("MZ"), payloadMeta: meta },
    request,
  });
  assert.match(headers[PAYLOAD_META_HEADER]!, /^[\x20-\x7e]*$/);
});

Deno.test("what a message has wrong is said", () => {
  const wrong: [Parameters<typeof readMessage>, RegExp][] = [
    [["json", bytes("[]")], /the message has no "content" in base64/],
    [["json", bytes(`{"content": 7}`)], /no "content"/],
    [["json", bytes(`{"content": "a"}`)], /"content" of the message is not base64/],
    [["json", bytes(`{"content": "a-b_"}`)], /not base64/],
    [["json", bytes(`{"content": "", "payload_meta": []}`)], /payload_meta is no JSON object/],
    [["json", bytes(`{"content": "", "payload_meta": {"dispatch_to": "x"}}`)], /"dispatch_to" of payload_meta is "x"/],
    [["json", bytes(`{"content": "", "request_meta": {"source": 7}}`)], /"source" of request_meta is 7/],
    [["json", new Uint8Array([0xff])], /the message is not JSON: it is not UTF-8/],
    [["task", bytes("{}")], /the task is no JSON object like/],
    [["task", bytes(`{"filedir": "path"}`)], /the task for "filedir" is no JSON object/],
    [["raw", bytes(""), { [PAYLOAD_META_HEADER]: "{" }], /header stoq-payload-meta is not JSON/],
    [["raw", bytes(""), { [REQUEST_META_HEADER]: 7 }], /header stoq-request-meta is of type number/],
  ];
  for (const [args, message] of wrong) assert.throws(() => readMessage(...args), { name: "PoisonMessage", message });
});

Deno.test("names that objects have already are names like others", () => {
  const task = readTask(bytes(`{"__proto__": {"path": "x"}}`));
  assert.deepEqual(Object.keys(task), ["__proto__"]);
  const { payload } = readMessage("raw", bytes(""), JSON.parse(`{"__proto__": "x", "constructor": "y"}`));
  assert.deepEqual(Object.keys(payload!.payloadMeta!.extraData!), ["__proto__", "constructor"]);
});

Deno.test("whatever a message is, it is read or is poison", () => {
  const json = fc.json().map(bytes);
  const message = fc.record({ content: fc.base64String(), payload_meta: fc.jsonValue(), request_meta: fc.jsonValue() })
    .map((value) => bytes(JSON.stringify(value)));
  const body = fc.oneof(fc.uint8Array(), json, message);
  const headers = fc.dictionary(fc.constantFrom(PAYLOAD_META_HEADER, "filename", "x-death"), fc.anything());
  fc.assert(
    fc.property(fc.constantFrom(...PAYLOAD_FORMATS), body, headers, (format, content, values) => {
      try {
        const { payload, task } = readMessage(format, content, values);
        assert.ok((payload === undefined) !== (task === undefined));
      } catch (error) {
        assert.ok(error instanceof PoisonMessage, String(error));
        assert.doesNotMatch(error.message, /\n/);
        assert.ok(error.message.length < 400);
      }
    }),
    { numRuns: 500 },
  );
});
