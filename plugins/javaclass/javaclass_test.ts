import assert from "node:assert/strict";
import fc from "fast-check";
import { openPlugin } from "../../testing.ts";
import { readClassFile } from "./class_file.ts";
import { type Constant, decodeModifiedUtf8 } from "./constant_pool.ts";

const CLASSES = ["Sample", "module-info", "StringEscapeUtils", "Named", "Installer"];
const read = (name: string) => Deno.readFileSync(new URL(`./testdata/${name}`, import.meta.url));
const javap = (name: string) => new TextDecoder().decode(read(`${name}.javap.txt`)).split("\n");

async function scan(content: Uint8Array | string) {
  await using javaclass = await openPlugin("javaclass");
  const { results, errors } = await javaclass.scan(content);
  return { results: Object(results), errors };
}

/** A constant as javap writes it, references joined by dots. */
function written({ type, bytes, number, indexes }: Constant): string {
  if (bytes) {
    return decodeModifiedUtf8(bytes, 65_535).replace(/\\/g, "\\\\").replace(/'/g, "\\'").replace(/"/g, '\\"').replace(
      /\n/g,
      "\\n",
    )
      .replace(/\0/g, "\\u0000");
  }
  if (number === null) {
    return (type === "MethodHandle" ? [String(indexes[0]), `#${indexes[1]}`] : indexes.map((index) => `#${index}`))
      .join(".");
  }
  return `${number}${({ Long: "l", Float: "f", Double: "d" })[type] ?? ""}`;
}

Deno.test("every constant is that which javap tells", () => {
  for (const name of CLASSES) {
    const file = readClassFile(read(`${name}.class`))!;
    let compared = 0;
    for (const line of javap(name)) {
      const match = /^ *#(\d+) = (\w+) *(.*)$/.exec(line);
      if (!match) continue;
      const constant = file.pool.constants[Number(match[1])]!;
      assert.equal(constant.type, match[2], `${name} #${match[1]}`);
      const theirs = constant.bytes ? match[3]! : match[3]!.replaceAll(":", ".");
      // What follows a comment, and white space at the end, was left out of the stored text.
      if (!constant.bytes || !/\/\/|\s$/.test(written(constant))) {
        assert.equal(written(constant), theirs, `${name} #${match[1]}`);
      }
      compared++;
    }
    assert.equal(compared, file.pool.constants.filter((constant) => constant !== undefined).length);
    assert.deepEqual(file.problems, []);
  }
});

Deno.test("versions, flags, members and source are those which javap tells", async () => {
  await using javaclass = await openPlugin("javaclass");
  for (const name of CLASSES) {
    const { results, errors } = await javaclass.scan(read(`${name}.class`));
    assert.deepEqual(errors, []);
    const { version, access_flags, fields, methods, interfaces, source_file, ...rest } = Object(results);
    const lines = javap(name);
    const flags = (line: string) => [...line.matchAll(/ACC_(\w+)/g)].map(([, flag]) => flag!.toLowerCase());
    const value = (start: string) => lines.find((line) => line.startsWith(start))?.slice(start.length).trim();
    assert.deepEqual([String(version.major), String(version.minor)], [
      value("  major version:"),
      value("  minor version:"),
    ], name);
    assert.deepEqual(access_flags, flags(value("  flags:") ?? ""), name);
    const counts =
      `${interfaces.length}, fields: ${fields.length}, methods: ${methods.length}, attributes: ${rest.attributes.length}`;
    assert.equal(counts, value("  interfaces:"), name);
    assert.equal(source_file, value("SourceFile:")?.replaceAll('"', "") ?? null, name);
    const members = [...fields, ...methods];
    assert.deepEqual(
      members.map(({ descriptor }) => descriptor),
      lines.filter((line) => line.startsWith("    descriptor:")).map((line) => line.slice(15).trim()),
      name,
    );
    assert.deepEqual(
      members.map((member) => member.access_flags),
      lines.filter((line) => line.startsWith("    flags:")).map(flags),
      name,
    );
  }
});

Deno.test("what a class provides and requires is told as in source code", async () => {
  const { results } = await scan(read("Sample.class"));
  assert.deepEqual(results.provided, [
    "org.example.Sample",
    "org.example.Sample.GREETING:java.lang.String",
    "org.example.Sample.PI:double",
    "org.example.Sample.HALF:float",
    "org.example.Sample.ANSWER:int",
    "org.example.Sample.<init>():void",
    "org.example.Sample.touch(java.lang.String[],byte,java.lang.Object):void",
    "org.example.Sample.run():void",
  ]);
  for (
    const text of [
      "java.lang.Runtime.exec(java.lang.String):java.lang.Process",
      "java.lang.Runtime.getRuntime():java.lang.Runtime",
      "java.lang.Runnable",
      "java.util.function.Supplier.get():java.lang.Object",
      "org.example.Sample$Color",
    ]
  ) assert.ok(results.required.includes(text), text);
  assert.ok(!results.required.some((text: string) => text.startsWith("org.example.Sample.") || text.startsWith("[")));
  assert.ok(results.strings.includes("cmd.exe /c calc.exe"));
  assert.ok(
    results.constants.some(({ id, data }: Record<string, string>) => id === "Utf8" && data === "grüß 😀 \0 end"),
  );
  assert.ok(
    results.constants.some(({ id, data }: Record<string, string>) => id === "long" && data === "1234567890123456789l"),
  );
});

Deno.test("members have their values, sizes and exceptions", async () => {
  const { results } = await scan(read("Sample.class"));
  const { fields, methods, inner_classes } = results;
  assert.deepEqual(
    fields.map(({ name, value }: Record<string, unknown>) => [name, value]),
    [
      ["serialVersionUID", "1234567890123456789l"],
      ["GREETING", "grüß 😀 \0 end"],
      ["PI", "3.25d"],
      ["HALF", "0.5f"],
      ["ANSWER", "42000000"],
      ["numbers", undefined],
    ],
  );
  assert.deepEqual(methods[1], {
    name: "touch",
    descriptor: "([Ljava/lang/String;BLjava/lang/Object;)V",
    access_flags: ["public", "synchronized", "native"],
    attributes: ["Exceptions", "Deprecated", "Signature", "RuntimeVisibleAnnotations"],
    exceptions: ["java.io.IOException", "java.lang.IllegalStateException"],
  });
  assert.equal(methods[0].code_size, 5);
  assert.ok(inner_classes.includes("org.example.Sample$Color"));
});

Deno.test("bytes after a class are told", async () => {
  const { results, errors } = await scan(Uint8Array.from([...read("Named.class"), 1, 2, 3]));
  assert.deepEqual([results.trailing_bytes, errors], [3, []]);
});

Deno.test("a class that is cut off gives what there is, and an error says where", async () => {
  await using javaclass = await openPlugin("javaclass");
  const bytes = read("Installer.class");
  for (const length of [10, 100, 2000, bytes.length - 1]) {
    const { results, errors } = await javaclass.scan(bytes.subarray(0, length));
    assert.equal(Object(results).version.major, 49);
    assert.match(errors[0]!, / offset \d+( is cut off)?$/);
  }
});

Deno.test("what is no class gives nothing, a universal binary of macOS either", async () => {
  await using javaclass = await openPlugin("javaclass");
  const universal = Uint8Array.of(0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2, 1, 0, 0, 7, 0, 0, 0, 3);
  for (const content of ["", "text", universal]) {
    assert.deepEqual(await javaclass.scan(content), { results: undefined, extracted: [], errors: [], dispatchTo: [] });
  }
});

Deno.test("constants that all name the same long text are bounded", async () => {
  const utf8 = (text: string) => [1, text.length >> 8, text.length & 255, ...new TextEncoder().encode(text)];
  const pool = [...utf8("a".repeat(60_000)), 7, 0, 1, 12, 0, 1, 0, 1];
  const ref = [10, 0, 2, 0, 3];
  const refs = 60_000;
  const count = 4 + refs;
  const bytes = new Uint8Array([
    0xca,
    0xfe,
    0xba,
    0xbe,
    0,
    0,
    0,
    52,
    count >> 8,
    count & 255,
    ...pool,
    ...Array.from({ length: refs }, () => ref).flat(),
  ]);
  const { results } = await scan(bytes);
  assert.ok(JSON.stringify(results).length < 10_000_000);
});

Deno.test("whatever the bytes, the plugin gives results of bounded size for what begins like a class", async () => {
  await using javaclass = await openPlugin("javaclass");
  const classes = CLASSES.map((name) => read(`${name}.class`));
  const mutated = fc.constantFrom(...classes).chain((bytes) =>
    fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 20 }).map((edits) => {
      const copy = bytes.slice();
      for (const [at, value] of edits) if (at > 7) copy[at] = value;
      return copy;
    })
  );
  const made = fc.uint8Array({ maxLength: 300 }).map((bytes) =>
    Uint8Array.of(0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61, ...bytes)
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(mutated, made), async (bytes) => {
      const { results, errors } = await javaclass.scan(bytes);
      assert.ok(results !== undefined && errors.length <= 101);
      assert.ok(JSON.stringify(results).length < 1_000_000);
    }),
    { numRuns: 300 },
  );
});
