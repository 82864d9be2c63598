import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { type Ini, IniError, parseIni } from "../../core/ini.ts";

/** One text, and what Python's configparser made of it: see `testdata/ini/expected.py`. */
interface Case {
  readonly text: string;
  readonly sections?: Record<string, Record<string, string | null>>;
  readonly error?: string;
}

/** Plain objects out of what was parsed; the order of options is not compared, since configparser puts defaults first. */
function plain(ini: Ini): Record<string, Record<string, string | null>> {
  return Object.fromEntries([...ini].map(([name, options]) => [name, Object.fromEntries(options)]));
}

/** What ours makes of a text: sections, or null for an error. */
function parsed(text: string) {
  try {
    return plain(parseIni(text, "x.cfg"));
  } catch (error) {
    assert.ok(error instanceof IniError, String(error));
    return null;
  }
}

/** Where ours differs on purpose. `refused`: only by refusing what configparser reads without a word. */
const DIFFERENCES: { readonly why: string; readonly refused: boolean; holds(given: Case): boolean }[] = [
  {
    why: "[DEFAULT] twice is one section too many",
    refused: true,
    holds: ({ text }) => (text.match(/^\s*\[DEFAULT\]/gm)?.length ?? 0) > 1,
  },
  {
    why: "what follows a [section] is lost: configparser passes over it",
    refused: true,
    holds: ({ text }) => /^\s*\[.*\][^\S\n]*[^\s#;]/m.test(text),
  },
  {
    why: "a comment after a [section] may hold a bracket: configparser takes the last one of the line",
    refused: false,
    holds: ({ text }) => /^\s*\[[^\]\n]*\]\s*[#;].*\]/m.test(text),
  },
  {
    why: "a deeper line after a name without value is the next name: configparser fails",
    refused: false,
    holds: ({ error }) => error === "AttributeError",
  },
];

Deno.test("INI texts are read as Python's configparser reads them, or refused where that would lose something", () => {
  const cases: readonly Case[] = JSON.parse(
    Deno.readTextFileSync(new URL("./testdata/ini/expected.json", import.meta.url)),
  );
  const wrong = [];
  for (const given of cases) {
    const ours = parsed(given.text);
    const same = isDeepStrictEqual(ours, given.sections ?? null);
    if (!same && !DIFFERENCES.some(({ refused, holds }) => holds(given) && (!refused || ours === null))) {
      wrong.push({ text: given.text, ours, python: given.sections ?? given.error });
    }
  }
  assert.ok(cases.length > 300);
  assert.deepEqual(wrong, []);
});

for (
  const [why, text, message] of [
    [
      "a section that is there twice",
      "[a]\nx=1\n[a]",
      'Cannot read "x.cfg", line 3: section [a] is there twice: join the two',
    ],
    [
      "an option that is there twice",
      "[a]\nx=1\n\nX=2",
      'Cannot read "x.cfg", line 4: option "x" is there twice in its section: keep one',
    ],
    [
      "a line before any section",
      "\n# c\nx = 1",
      'Cannot read "x.cfg", line 3: "x = 1" is before any [section]: begin with one',
    ],
    [
      "a value without a name",
      "[a]\n= v",
      'Cannot read "x.cfg", line 2: "= v" has no name before the "=": write name = value',
    ],
  ] as const
) {
  Deno.test(`${why} is an error that names file, line and remedy`, () => {
    assert.throws(() => parseIni(text, "x.cfg"), { name: "IniError", message });
  });
}

Deno.test("in [permissions] and [limits] a comment may follow a value; elsewhere the sign belongs to it", () => {
  const text = `
[permissions]
net = example.com:443 ; the API
read = /a;b, /c#d   # both
write
  = no value
run = ;nothing
[limits]
timeout = 5   ; seconds
[limits.yara]
timeout = 6 # seconds
[permissions.yara]
net =   # nothing
[options]
net = example.com:443 ; the API
`;
  assert.deepEqual(plain(parseIni(text.replace("write\n  = no value\n", ""), "x.stoq")), {
    permissions: { net: "example.com:443", read: "/a;b, /c#d", run: ";nothing" },
    limits: { timeout: "5" },
    "limits.yara": { timeout: "6" },
    "permissions.yara": { net: "" },
    options: { net: "example.com:443 ; the API" },
  });
});

Deno.test("values are never interpolated", () => {
  assert.deepEqual(parsed("[a]\nhome = /h\nx = %(home)s/%% ${home}"), { a: { home: "/h", x: "%(home)s/%% ${home}" } });
});

Deno.test("sections and options named like members of Object.prototype are like any other", () => {
  const ini = parseIni("[__proto__]\nconstructor = 1\n__proto__ = 2\n[toString]\n", "x.cfg");
  assert.deepEqual([...ini.keys()], ["__proto__", "toString"]);
  assert.deepEqual([...ini.get("__proto__") ?? []], [["constructor", "1"], ["__proto__", "2"]]);
});

Deno.test("any text is read, or gives an IniError of one line that names file and line", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "[",
      "]",
      "[a]",
      "[DEFAULT]",
      "=",
      ":",
      ";",
      "#",
      "\n",
      "\r\n",
      "\n  ",
      "\t",
      "\ufeff",
      "x",
      "\u0085",
    ),
    fc.string({ unit: "binary", maxLength: 8 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      try {
        for (const options of parseIni(pieces.join(""), "x.cfg").values()) {
          for (const [name, value] of options) assert.ok(name !== "" && (value === null || typeof value === "string"));
        }
      } catch (error) {
        assert.ok(error instanceof IniError, String(error));
        assert.match(error.message, /^Cannot read "x\.cfg", line \d+: [^\n\r]*$/);
      }
    }),
    { numRuns: 700 },
  );
});

Deno.test("sections that are written out come back the same", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,12}$/).filter((text) =>
    !/^(permissions|limits)(\.|$)/.test(text)
  );
  const line = fc.stringMatching(/^[!-~ äß€]{0,30}$/).map((text) => text.trim());
  const inner = line.filter((text) => text !== "" && !/^[#;]/.test(text));
  const value = fc.oneof(
    fc.constant(null),
    line,
    fc.tuple(line, fc.array(inner, { minLength: 1, maxLength: 3 })).map(([first, rest]) => [first, ...rest].join("\n")),
  );
  const file = fc.dictionary(name, fc.dictionary(name, value, { maxKeys: 5 }), { maxKeys: 4 });
  fc.assert(
    fc.property(file, fc.constantFrom("\n", "\r\n"), (sections, end) => {
      const lines = Object.entries(sections).flatMap(([section, options]) => [
        `[${section}]`,
        ...Object.entries(options).flatMap(([key, text]) =>
          text === null ? [key] : `${key} = ${text.replaceAll("\n", "\n  ")}`.split("\n")
        ),
      ]);
      assert.deepEqual(parsed(lines.join(end)), JSON.parse(JSON.stringify(sections)));
    }),
    { numRuns: 200 },
  );
});

Deno.test("a large text takes time that grows with its size: many lines, long lines, deep continuations", () => {
  const many = "[a]\n" + Array.from({ length: 50_000 }, (_, n) => `key${n} = ${n}\n`).join("");
  assert.equal(parseIni(many, "x.cfg").get("a")?.size, 50_000);
  const long = "[a]\nx = " + " ".repeat(1_000_000) + "y\n[permissions]\nnet = " + " ;".repeat(200_000);
  assert.equal(parseIni(long, "x.cfg").get("a")?.get("x"), "y");
  const spaced = "[a]\nx" + " ".repeat(1_000_000) + "y\nz = 1" + " ".repeat(1_000_000) + "2\u20283\n";
  assert.equal(parseIni(spaced, "x.cfg").get("a")?.size, 2);
  const continued = "[a]\nx = 1\n" + "  more\n".repeat(100_000);
  assert.equal(parseIni(continued, "x.cfg").get("a")?.get("x")?.length, 1 + 100_000 * 5);
  assert.throws(() => parseIni("x".repeat(1_000_000), "x.cfg"), IniError);
});
