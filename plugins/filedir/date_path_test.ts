import assert from "node:assert/strict";
import fc from "fast-check";
import { datePath } from "./date_path.ts";
import python from "./testdata/strftime.json" with { type: "json" };

/** As a path the directory loses what is not one: doubled separators. */
const path = (text: string) => text.split("/").filter((part) => part !== "").join("/");

Deno.test("every directive gives what Python's strftime gives", () => {
  for (const [index, directive] of python.directives.entries()) {
    const format = datePath(`<${directive}>`);
    for (const [time, expected] of python.rows) {
      assert.equal(format(new Date(String(time))), path(`<${expected?.[index]}>`), `${directive} of ${time}`);
    }
  }
});

Deno.test("the default format is year, month and day in UTC", () => {
  assert.equal(datePath("%Y/%m/%d")(new Date("2026-11-24T23:59:59.999Z")), "2026/11/24");
});

Deno.test("a format with doubled signs, as in stoQ's own files, means the same", () => {
  const date = new Date("2026-11-24T00:00:00Z");
  assert.equal(datePath("%%Y/%%m/%%d")(date), "2026/11/24");
  assert.equal(datePath("%Y%%")(date), "2026%");
  assert.equal(datePath("100%%")(date), "100%");
});

Deno.test("a directive that is not known is refused by name", () => {
  assert.throws(() => datePath("%Y/%Q"), /Option "date_format" is "%Y\/%Q": "%Q" is not known: use %a %A /);
  assert.throws(() => datePath("%Y/%"), /"%" is not known/);
  assert.throws(() => datePath("%-d"), /"%-" is not known/);
});

Deno.test("a format that leads out of the directory is refused", () => {
  for (const format of ["../%Y", "%Y/..", "%Y/../../x", ".", "%Y\\..\\x"]) {
    assert.throws(() => datePath(format), /must name a directory within another/);
  }
  assert.equal(datePath("/%Y//x/")(new Date(0)), "1970/x");
});

Deno.test("whatever the format, it is refused or gives a relative path without ..", () => {
  const part = fc.constantFrom("%Y", "%m", "%c", "%x", "%%", "%", "/", "..", ".", "\\", "a", "%:z", " ", "\0");
  const format = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(part, { maxLength: 8 }).map((parts) => parts.join("")),
  );
  const date = fc.date({ min: new Date(0), max: new Date("9999-12-31"), noInvalidDate: true });
  fc.assert(
    fc.property(format, date, (text, time) => {
      let formatted;
      try {
        formatted = datePath(text)(time);
      } catch (error) {
        return assert.ok(error instanceof TypeError);
      }
      assert.doesNotMatch(formatted, /^[/]|\0/);
      assert.ok(!formatted.split(/[/\\]/).some((name) => name === ".." || name === "."), formatted);
    }),
    { numRuns: 200 },
  );
});
