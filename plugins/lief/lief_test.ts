import assert from "node:assert/strict";
import fc from "fast-check";
import { openPlugin } from "../../testing.ts";
import type { AbstractBinary } from "./abstract.ts";

const samples = new URL("../lib/testdata/", import.meta.url);
const read = (path: string) => Deno.readFileSync(new URL(path, samples));
const json = (path: string) => JSON.parse(Deno.readTextFileSync(new URL(path, samples)));

async function scan(content: Uint8Array | string, options?: Record<string, unknown>, filename?: string) {
  await using lief = await openPlugin("lief", { options });
  return await lief.scan(content, filename === undefined ? {} : { payloadMeta: { extraData: { filename } } });
}

async function abstract(path: string): Promise<AbstractBinary> {
  const { results, errors } = await scan(read(path));
  assert.deepEqual(errors, []);
  return results as AbstractBinary;
}

/** Results with `abstract` off. */
async function details(path: string) {
  const { results, errors } = await scan(read(path), { abstract: "False" });
  assert.deepEqual(errors, []);
  return results as Record<string, unknown> & Record<"sections" | "segments" | "dynamic_entries", unknown[]>;
}

/** The keys of the abstract form, in their order. */
const KEYS = [
  "entrypoint",
  "exported_functions",
  "format",
  "header",
  "imported_functions",
  "imported_libraries",
  "original_size",
  "relocations",
  "sections",
  "symbols",
];

Deno.test("PE, ELF and Mach-O files have the same keys", async () => {
  const universal = (await scan(read("macho/universal"))).results as { architectures: AbstractBinary[] };
  const pe = (await scan(read("pe/mingw.dll"))).results as AbstractBinary;
  const elf = await abstract("elf/x86_64-dynamic");
  assert.deepEqual(Object.keys(elf), KEYS);
  assert.deepEqual(Object.keys(pe), KEYS);
  const [macho] = universal.architectures;
  assert.ok(macho);
  assert.deepEqual(Object.keys(macho), ["architecture", "offset", "size", "alignment", ...KEYS]);
  for (const { header, sections } of [pe, elf, macho]) {
    assert.deepEqual(Object.keys(header), Object.keys(elf.header));
    assert.deepEqual(Object.keys(sections[0]!), Object.keys(elf.sections[0]!));
  }
});

Deno.test("an ELF program is described as readelf describes it", async () => {
  const elf = await abstract("elf/x86_64-dynamic");
  const readelf = json("elf/readelf.json")["x86_64-dynamic"];
  assert.deepEqual(elf.header, {
    architecture: "X86",
    endianness: "LITTLE",
    entrypoint: readelf.entry,
    is_32: false,
    is_64: true,
    modes: ["M64"],
    object_type: "EXECUTABLE",
  });
  assert.deepEqual(elf.imported_libraries, ["libc.so.6"]);
  assert.deepEqual(
    elf.imported_functions.toSorted(),
    readelf.symbols[".dynsym"].filter((symbol: string[]) => symbol[2] === "FUNC" && symbol[5] === "UND")
      .map((symbol: string[]) => symbol[6]?.split("@")[0]).toSorted(),
  );
  assert.deepEqual(
    elf.sections.map(({ name, virtual_address, offset, size }) => [name, virtual_address, offset, size]),
    readelf.sections.map(([name, , address, offset, size]: unknown[]) => [name, address, offset, size]),
  );
  assert.equal(elf.relocations.length, readelf.relocations.length);
});

Deno.test("architectures, byte orders and kinds of files are told apart", async () => {
  await using lief = await openPlugin("lief");
  const names = "arm-static mips-static mips64-static powerpc64-static riscv64-static s390x.o libsample.so i386.o";
  const kinds: string[] = [];
  for (const name of names.split(" ")) {
    const { header } = (await lief.scan(read(`elf/${name}`))).results as AbstractBinary;
    kinds.push([name, header.architecture, header.endianness, header.modes[0], header.object_type].join(" "));
  }
  assert.deepEqual(kinds, [
    "arm-static ARM LITTLE M32 EXECUTABLE",
    "mips-static MIPS BIG M32 EXECUTABLE",
    "mips64-static MIPS BIG M64 EXECUTABLE",
    "powerpc64-static PPC BIG M64 EXECUTABLE",
    "riscv64-static RISCV LITTLE M64 EXECUTABLE",
    "s390x.o SYSZ BIG M64 OBJECT",
    "libsample.so X86 LITTLE M64 LIBRARY",
    "i386.o X86 LITTLE M32 OBJECT",
  ]);
});

Deno.test("a PE file is described as pefile describes it", async () => {
  const pe = (await scan(read("pe/mingw.dll"))).results as AbstractBinary;
  const pefile = json("pe/pefile.json")["mingw.dll"];
  assert.equal(pe.entrypoint, Number(pefile.imageBase) + pefile.entryPoint);
  assert.deepEqual(pe.exported_functions, ["forty_two", "forwarded", "ord7"]);
  assert.deepEqual(pe.imported_libraries, ["KERNEL32.dll", "ws2_32.dll", "user32.dll"]);
  assert.ok(pe.imported_functions.includes("WSAStartup"), "by ordinal");
  assert.ok(pe.imported_functions.includes("MessageBeep"), "delayed");
  assert.ok(pe.relocations.every(({ size }) => size === 32));
  assert.deepEqual(
    pe.sections.map(({ name, virtual_address, offset, size }) => [name, virtual_address, offset, size]),
    pefile.sections.map(([name, address, , offset, size]: unknown[]) => [name, address, offset, size]),
  );
});

Deno.test("a universal file has each architecture as description and as payload", async () => {
  const bytes = read("macho/fsevents.node");
  const { results, extracted, errors } = await scan(bytes, {}, "fsevents.node");
  const { architectures, ...rest } = results as { architectures: (AbstractBinary & Record<string, unknown>)[] };
  assert.deepEqual(errors, []);
  assert.deepEqual(rest, { name: "fsevents.node", format: "MACHO", original_size: bytes.length });
  assert.deepEqual(architectures.map(({ header }) => header.architecture), ["X86", "ARM64"]);
  assert.deepEqual(extracted.map(({ payloadMeta }) => payloadMeta.extraData), [
    { filename: "fsevents.node.x86_64", architecture: "x86_64", offset: 16384 },
    { filename: "fsevents.node.arm64", architecture: "arm64", offset: 98304 },
  ]);
  const llvm = json("macho/llvm.json");
  for (const [index, key] of ["fsevents.node x86_64", "fsevents.node arm64"].entries()) {
    const own = architectures[index];
    assert.deepEqual(own?.imported_functions.toSorted(), llvm[key].undefined);
    assert.deepEqual(own?.exported_functions.toSorted(), llvm[key].exports.map(([name]: string[]) => name).toSorted());
    assert.deepEqual(own?.imported_libraries, llvm[key].dylibs.map(([name]: string[]) => name));
    const { content } = extracted[index]!;
    assert.deepEqual(content, bytes.slice(Number(own?.["offset"]), Number(own?.["offset"]) + content.length));
  }
});

Deno.test("protections of ELF programs are those that they were built with", async () => {
  const protections = async (name: string) => {
    const { is_pie, has_nx, relro, has_canary } = await details(`elf/${name}`);
    return { is_pie, has_nx, relro, has_canary };
  };
  assert.deepEqual(await protections("x86_64-hardened"), {
    is_pie: true,
    has_nx: true,
    relro: "full",
    has_canary: true,
  });
  assert.deepEqual(await protections("x86_64-dynamic"), {
    is_pie: true,
    has_nx: true,
    relro: "partial",
    has_canary: false,
  });
  assert.deepEqual(await protections("arm-static"), { is_pie: false, has_nx: true, relro: "none", has_canary: false });
});

Deno.test("without abstract, the details of each format are there", async () => {
  const elf = await details("elf/libsample.so");
  assert.deepEqual(elf.segments.length, 9);
  assert.deepEqual(elf["soname"], "libsample.so.1");
  assert.deepEqual(
    elf.dynamic_entries.slice(0, 3).map((entry) => ({ ...Object(entry), value: undefined })),
    [
      { tag: "NEEDED", value: undefined, library: "libc.so.6" },
      { tag: "SONAME", value: undefined, library: "libsample.so.1" },
      { tag: "RUNPATH", value: undefined, runpath: "/opt/x" },
    ],
  );
  assert.deepEqual(elf["symbols_version_definition"], [
    { version: 1, flags: 1, hash: 234627905, symbol_version_auxiliary: [{ name: "libsample.so.1" }] },
    { version: 1, flags: 0, hash: 1425, symbol_version_auxiliary: [{ name: "V1" }] },
  ]);
  const pe = await details("pe/w64.exe");
  assert.equal(Object(pe["optional_header"]).magic, "PE32_PLUS");
  assert.equal(Object(pe["rich_header"]).entries.length > 5, true);
  const { results } = await scan(read("macho/fsevents.node"), { abstract: false });
  const [, arm] = Object(results).architectures;
  assert.equal(arm.uuid, "e10724d6e09d3887b63d1d77dafa1b15");
  assert.deepEqual(arm.build_versions[0].platform, "MACOS");
  assert.deepEqual(arm.signature.flags, ["ADHOC", "LINKER_SIGNED"]);
  assert.equal(arm.commands.length, 17);
});

Deno.test("addresses beyond what a number holds exactly are hexadecimal", async () => {
  const bytes = read("elf/x86_64-dynamic");
  new DataView(bytes.buffer).setBigUint64(24, 0xffffffff81000000n, true);
  assert.equal(Object((await scan(bytes)).results).entrypoint, "0xffffffff81000000");
});

Deno.test("what is of no format gives nothing", async () => {
  await using lief = await openPlugin("lief");
  for (const content of ["", "\x7fELF", "MZ", "text", new Uint8Array(300)]) {
    assert.deepEqual(await lief.scan(content), { results: undefined, extracted: [], errors: [], dispatchTo: [] });
  }
});

Deno.test("a file that is cut off gives what is there, and errors that say where", async () => {
  const { results, errors } = await scan(read("elf/x86_64-dynamic").subarray(0, 5000));
  assert.deepEqual(Object(results).imported_libraries, []);
  assert.equal(Object(results).header.object_type, "EXECUTABLE");
  assert.match(errors[0] ?? "", /section headers, only 0 are in the file \(offset \d+\)$/);
});

Deno.test("whatever is changed in a file, scanning it never fails", async () => {
  await using abstract = await openPlugin("lief");
  await using detailed = await openPlugin("lief", { options: { abstract: false } });
  const files = ["elf/libsample.so", "elf/relr.so", "elf/mips.o", "macho/universal.o", "pe/mingw.dll"].map(read);
  const content = fc.tuple(
    fc.constantFrom(...files),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)), { minLength: 1, maxLength: 12 }),
    fc.boolean(),
    fc.nat(),
  ).map(([file, changes, inHeader, length]) => {
    const bytes = file.slice(0, length % 4 === 0 ? length % file.length : file.length);
    for (const [at, value] of changes) bytes[at % (inHeader ? 1024 : bytes.length)] = value;
    return bytes;
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(content, fc.uint8Array()), fc.boolean(), async (bytes, isAbstract) => {
      const { errors, extracted } = await (isAbstract ? abstract : detailed).scan(bytes);
      assert.ok(errors.length <= 101);
      assert.ok(extracted.reduce((sum, { content }) => sum + content.length, 0) <= bytes.length);
    }),
    { numRuns: 250 },
  );
});
