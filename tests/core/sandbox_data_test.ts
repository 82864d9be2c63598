import assert from "node:assert/strict";
import fc from "fast-check";
import { toJsonValue } from "../../sandbox/json_value.ts";
import { makeOptions, toBoolean, toList, toNumber } from "../../sandbox/options.ts";

Deno.test("values become the JSON that stands for them", () => {
  const cycle: Record<string, unknown> = { name: "c" };
  cycle["self"] = cycle;
  const shared = { x: 1 };
  const cases: [unknown, unknown][] = [
    [new Date(0), "1970-01-01T00:00:00.000Z"],
    [new Date(NaN), null],
    [new Uint8Array([104, 105]), "aGk="],
    [5n, 5],
    [-9007199254740991n, -9007199254740991],
    [123456789012345678901234567890n, "123456789012345678901234567890"],
    [NaN, null],
    [Infinity, null],
    [new Map<unknown, unknown>([["a", 1], [2, "b"]]), { a: 1, 2: "b" }],
    [new Set([1, "a", new Set([2])]), [1, "a", [2]]],
    [[undefined, () => 1, Symbol("s")], [null, null, null]],
    [{ a: undefined, b: () => 1, c: Symbol("s"), d: null }, { d: null }],
    ["\ud800x", "\ufffdx"],
    [{ "k\udc00": 1 }, { "k\ufffd": 1 }],
    [cycle, { name: "c", self: "[cycle]" }],
    [[shared, shared], [{ x: 1 }, { x: 1 }]],
    [Object.create({ inherited: 1 }), {}],
  ];
  for (const [value, expected] of cases) assert.deepEqual(toJsonValue(value), expected);
  assert.equal(toJsonValue(undefined), undefined);
});

Deno.test("an array that looks sparse, or holds itself, has a form", () => {
  const holes = new Array<unknown>(3);
  holes[1] = holes;
  assert.deepEqual(toJsonValue(holes), [null, "[cycle]", null]);
});

Deno.test("nesting without end is cut, with a text that says so", () => {
  let deep: unknown = "bottom";
  for (let n = 0; n < 100_000; n++) deep = n % 2 === 0 ? [deep] : { deep };
  const text = JSON.stringify(toJsonValue(deep));
  assert.match(text, /\[nested deeper than 90 levels\]/);
});

Deno.test("whatever a plugin returns, its JSON form exists, is plain and well formed, and is its own form", () => {
  const value = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withNullPrototype: true,
    withObjectString: true,
    withSparseArray: true,
    withUnicodeString: true,
    withBoxedValues: true,
    maxDepth: 5,
  });
  fc.assert(
    fc.property(value, (given) => {
      const json = toJsonValue(given);
      const text = JSON.stringify(json) ?? "null";
      assert.ok(text.isWellFormed());
      const back: unknown = JSON.parse(text);
      assert.equal(JSON.stringify(back), text);
      assert.equal(JSON.stringify(toJsonValue(back)), text);
    }),
    { numRuns: 500 },
  );
});

Deno.test("a key __proto__ stays a key, at every depth", () => {
  const value = JSON.parse('{"__proto__": {"__proto__": [1]}, "constructor": 1}');
  assert.equal(JSON.stringify(toJsonValue(value)), '{"__proto__":{"__proto__":[1]},"constructor":1}');
  assert.equal(JSON.stringify(toJsonValue(new Map([["__proto__", 1]]))), '{"__proto__":1}');
  assert.equal(Object.getPrototypeOf(toJsonValue(value)), Object.prototype);
});

const options = makeOptions("example", {
  text: "t",
  number: "0x10",
  float: " -1.5e3 ",
  yes: "YES",
  off: "off",
  list: "a, b,\nc,,",
  json_list: '["a,b"]',
  json: '{"a":1}',
  empty: "",
  nothing: null,
  real_list: ["x"],
  real_number: 5,
});

Deno.test("typed options read texts as documented, whatever the case of the name", () => {
  assert.equal(options.getString("TEXT"), "t");
  assert.equal(options.getNumber("number"), 16);
  assert.equal(options.getNumber("float"), -1500);
  assert.equal(options.getBoolean("yes"), true);
  assert.equal(options.getBoolean("off", true), false);
  assert.deepEqual(options.getList("list"), ["a", "b", "c"]);
  assert.deepEqual(options.getList("json_list"), ["a,b"]);
  assert.deepEqual(options.getList("real_list"), ["x"]);
  assert.deepEqual(options.getJson("json"), { a: 1 });
  assert.equal(options.getString("real_number"), "5");
  assert.deepEqual(["text", "empty", "nothing", "absent"].map(options.has), [true, false, false, false]);
});

Deno.test("an option that is not set gives its fallback, also where the fallback is empty, zero or false", () => {
  for (const name of ["empty", "nothing", "absent"]) {
    assert.equal(options.getString(name, ""), "");
    assert.equal(options.getNumber(name, 0), 0);
    assert.equal(options.getBoolean(name, false), false);
    assert.deepEqual(options.getList(name, []), []);
    assert.equal(options.getJson(name, null), null);
    assert.throws(() => options.getString(name), {
      name: "TypeError",
      message: `Option "${name}" of plugin "example" is not set: it must be text`,
    });
  }
});

Deno.test("a fallback list is a copy: changing it changes no later one", () => {
  const fallback = ["a"];
  options.getList("absent", fallback).push("b");
  assert.deepEqual(fallback, ["a"]);
});

Deno.test("an option named like a member of Object.prototype is not set unless it is given", () => {
  const none = makeOptions("example", {});
  for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
    assert.equal(none.has(name), false, name);
    assert.equal(none.getString(name, "fallback"), "fallback", name);
  }
});

Deno.test("whatever an option's value is, a getter gives its type or a TypeError that names plugin and option", () => {
  const getters = [
    [(value: unknown) => makeOptions("p", { o: value }).getString("o"), "string"],
    [(value: unknown) => makeOptions("p", { o: value }).getNumber("o"), "number"],
    [(value: unknown) => makeOptions("p", { o: value }).getBoolean("o"), "boolean"],
    [(value: unknown) => makeOptions("p", { o: value }).getList("o"), "object"],
  ] as const;
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom("[", "1e999", "0x", "[1]", "tRue", { toString: false }),
    fc.jsonValue(),
    fc.double(),
  );
  fc.assert(
    fc.property(value, fc.constantFrom(...getters), (given, [get, type]) => {
      try {
        const result = get(given);
        assert.equal(typeof result, type);
        if (typeof result === "number") assert.ok(Number.isFinite(result));
      } catch (error) {
        assert.ok(error instanceof TypeError, String(error));
        assert.match(error.message, /^Option "o" of plugin "p" is /);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("numbers, booleans and lists of configuration files", () => {
  assert.deepEqual(["1", "+1.", ".5", "1e3", "0xff", "-0"].map(toNumber), [1, 1, 0.5, 1000, 255, -0]);
  for (const none of ["", " ", "1,5", "1 2", "Infinity", "NaN", "1e999", "0b1", "٣", null, [], true]) {
    assert.equal(toNumber(none), undefined, String(none));
  }
  assert.deepEqual(["True", "on", "1", "no", "0", "FALSE", true].map(toBoolean), [
    true,
    true,
    true,
    false,
    false,
    false,
    true,
  ]);
  for (const none of ["", "2", "y", null, {}]) assert.equal(toBoolean(none), undefined);
  assert.deepEqual(toList(""), []);
  assert.deepEqual(toList(" a "), ["a"]);
  assert.deepEqual(toList(5), ["5"]);
  for (const none of ["[1]", "[", { a: 1 }, [1], null]) assert.equal(toList(none), undefined);
});
