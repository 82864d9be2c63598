import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { openPlugin } from "../../testing.ts";
import { readOutput } from "./output.ts";

const program = (name: string) => fileURLToPath(new URL(`./testdata/programs/${name}`, import.meta.url));

async function scan(options: Record<string, string>) {
  await using trid = await openPlugin("trid", { options });
  const { results, errors } = await trid.scan("data");
  return { results, errors };
}

Deno.test("types are listed by extension, those without one under names of their own", async () => {
  assert.deepEqual(await scan({ bin: program("elf") }), {
    results: {
      UNK0: [{ likely: "50.1%", type: "ELF Executable and Linkable format (Linux) (4022/12)" }],
      O: [{ likely: "49.8%", type: "ELF Executable and Linkable format (generic) (4000/1)" }],
    },
    errors: [],
  });
});

Deno.test("types of one extension are together, in TrID's order", async () => {
  const { results } = await scan({ bin: program("exe") });
  assert.deepEqual(results, {
    CPL: [{ likely: "70.8%", type: "Windows Control Panel Item (generic) (57583/11/19)" }],
    EXE: [
      { likely: "12.9%", type: "Win64 Executable (generic) (10523/12/4)" },
      { likely: "6.2%", type: "Win16 NE executable (generic) (5038/12/1)" },
      { likely: "2.4%", type: "OS/2 Executable (generic) (2029/13)" },
    ],
    ICL: [{ likely: "2.5%", type: "Windows Icons Library (generic) (2059/9)" }],
  });
  const { results: gxl } = await scan({ bin: program("gxl") });
  assert.deepEqual(gxl, { "GXL/GX": [{ likely: "100.0%", type: "Genus Graphics Library archive (50000/1)" }] });
});

Deno.test("definitions that are named are handed to TrID", async () => {
  const { results, errors } = await scan({ bin: program("elf"), trid_defs: "/opt/trid/triddefs.trd" });
  assert.deepEqual([Object.keys(Object(results)), errors], [["UNK0", "O"], []]);
});

Deno.test("a file that TrID doesn't know is a result without types", async () => {
  assert.deepEqual(await scan({ bin: program("unknown") }), { results: {}, errors: [] });
});

Deno.test("warnings are errors, except those to be skipped", async () => {
  assert.deepEqual(await scan({ bin: program("text") }), { results: {}, errors: ["something else"] });
  const { errors } = await scan({ bin: program("text"), skip_warnings: "something else" });
  assert.deepEqual(errors, ["file seems to be plain text/ASCII"]);
});

Deno.test("a missing TrID is one error that names it and the remedy", async () => {
  const { results, errors } = await scan({ bin: "no-such-trid" });
  assert.equal(results, undefined);
  assert.equal(errors.length, 1);
  // Where the program runs inside bubblewrap, it is bubblewrap that is started, and says that the program is missing.
  assert.match(
    errors[0]!,
    /^(Cannot run )?"no-such-trid"[ :][^\n]+: install TrID and its definitions, or set options bin/,
  );
});

Deno.test("a TrID that fails is one error with the status, what it said, and the remedy", async () => {
  for (
    const [name, message] of [
      [
        "nodefs",
        /^"\S+nodefs" ended with status 1 and no types, saying "Error: no definitions available!": install TrID /,
      ],
      ["crashes", /^"\S+crashes" ended with status 127 and no types, saying "trid: error while [^\n]+": install TrID /],
      ["endless", /^Output of "\S+endless" has 2000000 bytes, the limit is 1048576: not read$/],
    ] as const
  ) {
    const { results, errors } = await scan({ bin: program(name) });
    assert.equal(results, undefined);
    assert.equal(errors.length, 1);
    assert.match(errors[0]!, message);
  }
});

Deno.test("any output is read without failing", () => {
  const line = fc.constantFrom(
    " 50.1% (.) a",
    "100.0% (.__proto__) b",
    "Warning: x",
    "Unknown!",
    "* Error: y",
    " 9% ()",
    "%",
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.array(line).map((lines) => lines.join("\n"))), (text) => {
      const { types, warnings } = readOutput(text);
      assert.ok(JSON.stringify([types, warnings]).length < 200 + 60 * text.length);
      assert.equal(Object.getPrototypeOf(types), Object.prototype);
    }),
    { numRuns: 300 },
  );
});
