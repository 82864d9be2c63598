import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { type MachoFile, parseFat, parseMacho } from "./macho.ts";
import { cpuName } from "./macho_names.ts";

/** What testdata/macho/macho_dump.py lists of one architecture of one file. */
interface Reference {
  header: number[];
  commands: string[];
  segments: (string | number)[][];
  sections: (string | number)[][];
  dylibs: string[][];
  minos?: string;
  entryoff?: number;
  symbols: [string, number][];
  undefined: string[];
  symhash: string;
  exports: [string, number][];
  relocations: (string | number)[][];
}

const folder = new URL("./testdata/macho/", import.meta.url);
const reference: Record<string, Reference> = JSON.parse(Deno.readTextFileSync(new URL("llvm.json", folder)));
const read = (name: string) => Deno.readFileSync(new URL(name, folder));

/** The part of a universal file for one architecture. */
function slice(name: string, architecture: string): Uint8Array {
  const bytes = read(name);
  const found = parseFat(bytes)?.architectures.find((entry) => cpuName(entry) === architecture);
  assert.ok(found, architecture);
  return bytes.subarray(found.offset, found.offset + found.size);
}

function parse(bytes: Uint8Array): MachoFile {
  const macho = parseMacho(bytes);
  assert.ok(macho);
  return macho;
}

const version = (value: number) => [value >>> 16, value >>> 8 & 0xff, value & 0xff].join(".");

for (const [key, expected] of Object.entries(reference)) {
  const [name = "", architecture = ""] = key.split(" ");
  Deno.test(`${name} for ${architecture} is read as LLVM reads it`, () => {
    const macho = parse(slice(name, architecture));
    const { header } = macho;
    assert.deepEqual(macho.problems, []);
    assert.deepEqual(
      [
        header.cpuType,
        header.cpuSubtype & 0xffffff,
        header.fileType,
        header.numberOfCommands,
        header.sizeOfCommands,
        header.flags,
      ],
      expected.header,
    );
    assert.equal(macho.image.commands.length, expected.commands.length);
    assert.deepEqual(
      macho.segments.map((segment) => [
        segment.name,
        ...[segment.vmAddress, segment.vmSize, segment.fileOffset, segment.fileSize].map(Number),
        segment.maxProtection,
        segment.initProtection,
        segment.numberOfSections,
        segment.flags,
      ]),
      // In object files the segment has no name, and the tool takes that of a section.
      expected.segments.map((segment) => header.fileType === 1 ? ["", ...segment.slice(1)] : segment),
    );
    assert.deepEqual(
      macho.sections.map((section) => [
        section.name,
        section.segment,
        Number(section.address),
        Number(section.size),
        section.offset,
        section.alignment,
        section.relocationOffset,
        section.numberOfRelocations,
        section.flags,
      ]),
      expected.sections,
    );
    assert.deepEqual(
      macho.dylibs.map((library) => [
        library.name,
        version(library.currentVersion),
        version(library.compatibilityVersion),
      ]),
      expected.dylibs,
    );
    if (expected.entryoff !== undefined) {
      assert.equal(Number((macho.entryPoint ?? 0n) - macho.imageBase), expected.entryoff);
    }
    assert.deepEqual(macho.symbols.map(({ name, value }) => [name, Number(value)]), expected.symbols);
    const imports = macho.imports.map(({ name }) => name).toSorted();
    assert.deepEqual(imports, expected.undefined);
    assert.equal(createHash("md5").update(imports.join()).digest("hex"), expected.symhash);
    if (expected.exports.length > 0) {
      const order = ([a]: [string, number], [b]: [string, number]) => a < b ? -1 : 1;
      const own = macho.exports.map(({ name, address }): [string, number] => [name, Number(address)]);
      assert.deepEqual(own.toSorted(order), expected.exports.toSorted(order));
    }
    const names = new Set<string | number | undefined>(macho.symbols.map(({ name }) => name));
    assert.equal(macho.relocations.length, expected.relocations.length);
    assert.deepEqual(
      macho.relocations.filter(({ isScattered }) => !isScattered).map((relocation) => [
        relocation.section,
        relocation.address,
        Number(relocation.isPcRelative),
        Math.log2(relocation.size / 8),
        relocation.symbol ?? "",
      ]),
      // Scattered ones have an address instead of a name; those of sections the name of the section.
      expected.relocations.filter(([, , , , symbol]) => !String(symbol).startsWith("0x"))
        .map((entry) => [...entry.slice(0, 4), names.has(entry[4]) ? entry[4] : ""]),
    );
  });
}

/** A file of one 32-bit big-endian architecture: a header and the symbol table `_a` (undefined), `_b` (defined). */
function powerpc(): Uint8Array {
  const bytes = new Uint8Array(28 + 24 + 24 + 8);
  const view = new DataView(bytes.buffer);
  [0xfeedface, 18, 0, 2, 1, 24, 0x85].forEach((value, i) => view.setUint32(i * 4, value));
  [2, 24, 52, 2, 76, 8].forEach((value, i) => view.setUint32(28 + i * 4, value));
  view.setUint32(52, 1); // _a
  view.setUint8(56, 0x01);
  view.setUint16(58, 0x0100);
  view.setUint32(64, 4); // _b
  view.setUint8(68, 0x0f);
  view.setUint32(72, 0x1000);
  bytes.set(new TextEncoder().encode("\0_a\0_b\0"), 76);
  return bytes;
}

Deno.test("big-endian files are read too", () => {
  const macho = parse(powerpc());
  assert.equal(macho.header.littleEndian, false);
  assert.deepEqual(macho.imports, [{ name: "_a", ordinal: 1 }]);
  assert.deepEqual(macho.exports, [{ name: "_b", address: 0x1000n }]);
  assert.deepEqual(macho.problems, []);
});

Deno.test("a program without symbol table has the imports and exports that the dynamic linker sees", () => {
  const bytes = slice("universal", "x86_64").slice();
  const [symtab] = parse(bytes).image.ofKind([2], 24);
  assert.ok(symtab);
  new DataView(bytes.buffer).setUint32(symtab.offset + 12, 0, true); // nsyms
  const macho = parse(bytes);
  assert.deepEqual(macho.symbols, []);
  const names = (list: readonly { name: string }[]) => list.map(({ name }) => name).toSorted();
  assert.deepEqual(names(macho.imports), ["_free", "_malloc", "_puts", "dyld_stub_binder"]);
  assert.deepEqual(names(macho.exports), names(parse(slice("universal", "x86_64")).exports));
});

Deno.test("what is neither a Mach-O file nor a universal one is not read", () => {
  for (const bytes of [new Uint8Array(0), new Uint8Array([0xfe, 0xed, 0xfa, 0xce]), new Uint8Array(5000)]) {
    assert.equal(parseMacho(bytes), undefined);
    assert.equal(parseFat(bytes), undefined);
  }
  // A Java class: the same magic, then its version.
  assert.equal(parseFat(new Uint8Array([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61, ...new Array(200).fill(1)])), undefined);
});

Deno.test("architectures that overlap or go past the end of the file are refused", () => {
  const bytes = read("universal");
  const view = new DataView(bytes.buffer);
  view.setUint32(8 + 20 + 8, view.getUint32(8 + 8)); // the second at the offset of the first
  const fat = parseFat(bytes);
  assert.equal(fat?.architectures.length, 1);
  assert.match(fat?.problems[0]?.what ?? "", /^architecture 2 of 2 overlaps another$/);
  view.setUint32(8 + 20 + 8, 0x7fffffff);
  assert.match(parseFat(bytes)?.problems[0]?.what ?? "", /^architecture 2 of 2 goes past the end of the file$/);
});

Deno.test("an export trie whose nodes all lead to one another ends", () => {
  const bytes = slice("universal", "x86_64").slice();
  const info = parse(bytes).image.ofKind([0x22, 0x80000022], 48)[0];
  assert.ok(info);
  const view = new DataView(bytes.buffer);
  view.setUint32(info.offset + 40, 0x800, true);
  view.setUint32(info.offset + 44, bytes.length - 0x800, true);
  for (let at = 0x800; at < bytes.length; at++) bytes[at] = [0, 3, 0x61, 0, at & 0x7f][at % 5]!;
  assert.ok(parse(bytes).exports.length <= 65_536);
});

Deno.test("whatever is changed in a file, reading it ends and never throws", () => {
  const files = [
    slice("universal", "x86_64").slice(),
    slice("universal.o", "armv7").slice(),
    slice("fsevents.node", "arm64").slice(),
    powerpc(),
    read("universal.o"),
  ];
  const bytes = fc.tuple(
    fc.constantFrom(...files),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)), { minLength: 1, maxLength: 20 }),
    fc.boolean(),
    fc.nat(),
  ).map(([file, changes, inHeader, length]) => {
    const bytes = file.slice(0, length % 4 === 0 ? length % file.length : file.length);
    for (const [at, value] of changes) bytes[at % (inHeader ? 1600 : bytes.length)] = value;
    return bytes;
  });
  const random = fc.uint8Array({ maxLength: 500 }).map((tail) => new Uint8Array([0xcf, 0xfa, 0xed, 0xfe, ...tail]));
  fc.assert(
    fc.property(fc.oneof(bytes, random), (bytes) => {
      const macho = parseMacho(bytes);
      assert.ok((macho?.problems.length ?? 0) <= 101);
      assert.ok((parseFat(bytes)?.architectures.length ?? 0) <= 44);
    }),
    { numRuns: 400 },
  );
});
