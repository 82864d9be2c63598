import assert from "node:assert/strict";
import fc from "fast-check";
import {
  deeperThan,
  MAX_DEPTH,
  MAX_MESSAGE_CHARS,
  oneLine,
  parseFromGuest,
  parseResult,
  printable,
  ProtocolError,
} from "../../sandbox/protocol.ts";

const ERROR = { message: "m", stack: "s", denied: null };

/** Messages as a guest of ours sends them. */
const VALID: Record<string, unknown>[] = [
  { type: "ready", methods: ["scan", "save"] },
  { type: "unusable", error: ERROR },
  { type: "late", error: ERROR },
  { type: "result", id: 1, json: "{}", parts: [new ArrayBuffer(2)] },
  { type: "error", id: 1, error: { ...ERROR, denied: "net access" } },
  { type: "log", level: "info", message: "hello" },
  { type: "ask", id: 1, what: "asset", name: "a.txt" },
  { type: "ask", id: 2, what: "command", name: "exif", input: new ArrayBuffer(1) },
  { type: "closed" },
];

/** Fields that a message of a type may have once it is parsed. */
const FIELDS: Record<string, string[]> = {
  ready: ["type", "methods"],
  unusable: ["type", "error"],
  late: ["type", "error"],
  result: ["type", "id", "json", "parts"],
  error: ["type", "id", "error"],
  log: ["type", "level", "message"],
  ask: ["type", "id", "what", "name", "input"],
  closed: ["type"],
};

/** Parses; null for a `ProtocolError`; anything else that is thrown fails the test. */
function parse(data: unknown) {
  try {
    return parseFromGuest(data);
  } catch (error) {
    assert.ok(error instanceof ProtocolError, String(error));
    assert.equal(/[\n\r]/.test(error.message), false);
    assert.ok(error.message.length < 300);
    return null;
  }
}

function checkFields(message: object): void {
  const { type } = message as { type: string };
  for (const key of Reflect.ownKeys(message)) assert.ok(FIELDS[type]?.includes(String(key)), `${type}: ${String(key)}`);
  assert.equal(Object.getPrototypeOf(message), Object.prototype);
}

Deno.test("every message of the protocol passes as it is, and what it does not know is left out", () => {
  for (const message of VALID) {
    const expected = "methods" in message || "error" in message ? message : { ...message };
    assert.deepEqual(parseFromGuest(message), expected);
    const more = { ...message, extra: 1, __proto__: { polluted: true } };
    assert.deepEqual(parseFromGuest(more), expected);
  }
});

Deno.test("whatever a guest posts gives a message of known fields, or a ProtocolError and nothing else", () => {
  const posted = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
  }).map((value) => structuredClone(value));
  fc.assert(fc.property(posted, (value) => void parse(value)), { numRuns: 300 });
  const field = fc.constantFrom(
    "type",
    "id",
    "json",
    "parts",
    "error",
    "level",
    "message",
    "what",
    "name",
    "methods",
    "input",
  );
  const part = fc.oneof(
    fc.anything({ maxDepth: 2 }),
    fc.constantFrom<unknown>(
      1,
      -1,
      1.5,
      NaN,
      "{}",
      [],
      [new ArrayBuffer(1)],
      new ArrayBuffer(0),
      ERROR,
      null,
      undefined,
    ),
    fc.constantFrom("info", "asset", "command", "result", "ready", "closed", "error"),
  );
  fc.assert(
    fc.property(fc.constantFrom(...VALID), fc.array(fc.tuple(field, part), { maxLength: 3 }), (base, changes) => {
      const message = parse({ ...base, ...Object.fromEntries(changes) });
      if (message !== null) checkFields(message);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("a message of the wrong shape is named in the error", () => {
  for (
    const [data, message] of [
      [null, "message is null"],
      ["text", 'message is "text"'],
      [{}, "message type is undefined"],
      [{ type: "shutdown" }, 'message type is "shutdown"'],
      [{ type: "result", id: "1", json: "", parts: [] }, 'id is "1"'],
      [{ type: "result", id: 1, json: {}, parts: [] }, "result is [object Object]"],
      [{ type: "result", id: 1, json: "", parts: [new Uint8Array(1)] }, "part is [object Uint8Array]"],
      [{ type: "result", id: 1, json: "", parts: [new SharedArrayBuffer(1)] }, "part is [object SharedArrayBuffer]"],
      [{ type: "log", level: "fatal", message: "" }, 'log level is "fatal"'],
      [{ type: "ask", id: 1, what: "file", name: "x" }, 'request for "file"'],
      [{ type: "ready", methods: Array(100).fill("scan") }, "methods has 100 entries"],
    ] as const
  ) {
    assert.throws(() => parseFromGuest(data), (error) => {
      assert.ok(error instanceof ProtocolError);
      assert.ok(error.message.startsWith(message), error.message);
      return true;
    });
  }
});

Deno.test("a getter on a message is not believed twice: what was checked is what is kept", () => {
  let reads = 0;
  const message = parseFromGuest({
    type: "log",
    level: "info",
    get message() {
      return ++reads === 1 ? "checked" : 5;
    },
  });
  assert.deepEqual(message, { type: "log", level: "info", message: "checked" });
});

Deno.test("messages of errors and log lines are cut, and their control characters neutralised", () => {
  const long = "x".repeat(MAX_MESSAGE_CHARS + 1);
  const error = parseFromGuest({ type: "late", error: { message: `\u001b[2J\n${long}`, stack: long, denied: "a\nb" } });
  assert.equal(error.type, "late");
  if (error.type !== "late") return;
  assert.ok(error.error.message.startsWith("\ufffd[2J x"));
  assert.ok(error.error.message.length < MAX_MESSAGE_CHARS + 50);
  assert.equal(error.error.denied, "a b");
});

Deno.test("results: JSON of bounded depth; __proto__ is a key like any other", () => {
  assert.throws(() => parseResult("{"), ProtocolError);
  assert.throws(() => parseResult(""), ProtocolError);
  assert.doesNotThrow(() => parseResult("[".repeat(MAX_DEPTH) + "]".repeat(MAX_DEPTH)));
  assert.throws(() => parseResult("[".repeat(MAX_DEPTH + 1) + "]".repeat(MAX_DEPTH + 1)), ProtocolError);
  const many = 200_000;
  assert.throws(() => parseResult("[".repeat(many) + "]".repeat(many)), ProtocolError);
  const value = parseResult('{"__proto__": {"polluted": true}}');
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  assert.equal(Reflect.get({}, "polluted"), undefined);
});

Deno.test("depth counts arrays and objects", () => {
  assert.equal(deeperThan("text", 0), false);
  assert.equal(deeperThan([], 0), true);
  assert.equal(deeperThan([{ a: [] }], 3), false);
  assert.equal(deeperThan([{ a: [] }], 2), true);
});

Deno.test("printable text has no character that a terminal acts on, one line has no line end, and both are bounded", () => {
  const text = fc.string({ unit: "binary", maxLength: 60 });
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 100 }), (given, limit) => {
      // deno-lint-ignore no-control-regex
      const acting = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
      assert.equal(acting.test(printable(given, limit)), false);
      assert.ok(printable(given, limit).length <= limit + 30);
      assert.equal(/[\n\r]/.test(oneLine(given, limit)), false);
    }),
    { numRuns: 300 },
  );
});
