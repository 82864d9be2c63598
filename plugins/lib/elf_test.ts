import assert from "node:assert/strict";
import fc from "fast-check";
import { type ElfFile, type ElfSymbol, parseElf } from "./elf.ts";
import { FILE_TYPES, nameOf, sectionTypeName, segmentTypeName } from "./elf_names.ts";
import { SYMBOL_BINDINGS, SYMBOL_TYPES, SYMBOL_VISIBILITIES } from "./elf_names.ts";

/** What testdata/elf/elf_dump.py lists of one file. */
interface Reference {
  type: string;
  entry: number;
  phnum: number;
  shnum: number;
  flags: number;
  segments: (string | number)[][];
  sections: (string | number)[][];
  symbols: Record<string, (string | number)[][]>;
  relocations: (string | number)[][];
  needed: string[][];
  interpreter?: string;
  buildId?: string;
}

/** R_AARCH64_RELATIVE. */
const RELATIVE_AARCH64 = 1027;

const folder = new URL("./testdata/elf/", import.meta.url);
const reference: Record<string, Reference> = JSON.parse(Deno.readTextFileSync(new URL("readelf.json", folder)));
const read = (name: string) => Deno.readFileSync(new URL(name, folder));

function parse(bytes: Uint8Array): ElfFile {
  const elf = parseElf(bytes);
  assert.ok(elf);
  return elf;
}

/** A file in the form of the reference. */
function dump(elf: ElfFile): Reference {
  const { header: { machine, type, entry, flags, phnum, shnum }, sections } = elf;
  const place = (index: number) => index === 0 ? "UND" : index === 0xfff1 ? "ABS" : String(index);
  const symbols = (list: readonly ElfSymbol[]) =>
    list.map((symbol) => {
      const version = symbol.version === undefined ? "" : `${symbol.shndx === 0 ? "@" : "@@"}${symbol.version}`;
      return [
        Number(symbol.value),
        Number(symbol.size),
        nameOf(SYMBOL_TYPES, symbol.type),
        nameOf(SYMBOL_BINDINGS, symbol.binding),
        nameOf(SYMBOL_VISIBILITIES, symbol.visibility),
        place(symbol.shndx),
        symbol.name + (symbol.shndx !== 0 && symbol.name === symbol.version ? "" : version),
      ];
    });
  const letters = { NEEDED: 1n, SONAME: 14n, RUNPATH: 29n };
  return {
    segments: elf.segments.map((segment) => [
      segmentTypeName(segment.type, machine).replace(/^(ARM|MIPS)_/, ""),
      ...[segment.offset, segment.vaddr, segment.paddr, segment.filesz, segment.memsz].map(Number),
      [..."RWE"].filter((_, i) => segment.flags & (4 >> i)).join(""),
      Number(segment.align),
    ]),
    sections: sections.map((section) => [
      section.name,
      sectionTypeName(section.type, machine).replace("LLVM_ADDRSIG", "LOOS+0xfff4c03"),
      ...[section.addr, section.offset, section.size, section.entsize].map(Number),
      section.link,
      section.info,
      Number(section.addralign),
    ]),
    needed: elf.dynamicEntries.flatMap(({ tag, text }) => {
      const [name] = Object.entries(letters).find(([, value]) => value === tag) ?? [];
      return name === undefined || text === undefined ? [] : [[name, text]];
    }),
    symbols: {
      ...(elf.dynamicSymbols.length > 0 && { ".dynsym": symbols(elf.dynamicSymbols) }),
      ...(elf.staticSymbols.length > 0 && { ".symtab": symbols(elf.staticSymbols) }),
    },
    relocations: elf.relocations.map(({ address, type, symbol, addend }) => [
      Number(address),
      type === RELATIVE_AARCH64 && addend === undefined ? "RELR" : type,
      symbol,
      Number(addend ?? 0),
    ]),
    type: { RELOCATABLE: "REL", EXECUTABLE: "EXEC", DYNAMIC: "DYN" }[nameOf(FILE_TYPES, type)] ?? "",
    entry: Number(entry),
    flags,
    phnum,
    shnum,
    ...(elf.interpreter !== undefined && { interpreter: elf.interpreter }),
    ...(elf.buildId !== undefined && { buildId: elf.buildId }),
  };
}

for (const [name, expected] of Object.entries(reference)) {
  Deno.test(`${name} is read as readelf reads it`, () => {
    const elf = parse(read(name));
    assert.deepEqual(elf.problems, []);
    assert.deepEqual(dump(elf), expected);
  });
}

Deno.test("a program without section headers has the same imports and relocations", () => {
  const [whole, stripped] = [parse(read("x86_64-dynamic")), parse(read("x86_64-no-sections"))];
  assert.deepEqual(stripped.sections, []);
  const names = ({ dynamicSymbols }: ElfFile) => dynamicSymbols.map(({ name, version }) => [name, version]);
  assert.deepEqual(names(stripped), names(whole));
  assert.deepEqual(stripped.relocations, whole.relocations);
  assert.deepEqual(stripped.libraries, ["libc.so.6"]);
  assert.equal(stripped.buildId, whole.buildId);
});

Deno.test("what is not an ELF file is not read", () => {
  assert.equal(parseElf(new Uint8Array(0)), undefined);
  assert.equal(parseElf(new TextEncoder().encode("\x7fELF and then text that is none of it".repeat(9))), undefined);
  assert.equal(parseElf(read("x86_64-dynamic").subarray(0, 40)), undefined);
});

Deno.test("a file that is cut off gives what is there, and says what is not", () => {
  const elf = parse(read("x86_64-dynamic").subarray(0, 0x700));
  assert.equal(elf.segments.length, 13);
  assert.equal(elf.interpreter, "/lib64/ld-linux-x86-64.so.2");
  assert.deepEqual(elf.sections, []);
  assert.match(elf.problems[0]?.what ?? "", /^29 section headers, only 0 are in the file$/);
});

Deno.test("a table that claims more entries than the file has room for ends with the file", () => {
  const bytes = read("x86_64-dynamic");
  new DataView(bytes.buffer).setUint16(60, 0xfff0, true); // e_shnum
  const elf = parse(bytes);
  assert.equal(elf.sections.length, 29);
  assert.match(elf.problems[0]?.what ?? "", /^65520 section headers, only 29/);
});

Deno.test("counts that don't fit into the header are read from the first section header", () => {
  const bytes = read("x86_64.o");
  const view = new DataView(bytes.buffer);
  const first = Number(view.getBigUint64(40, true));
  view.setBigUint64(first + 32, BigInt(view.getUint16(60, true)), true); // sh_size
  view.setUint32(first + 40, view.getUint16(62, true), true); // sh_link
  view.setUint16(60, 0, true);
  view.setUint16(62, 0xffff, true);
  assert.deepEqual(parse(bytes).sections.slice(1), parse(read("x86_64.o")).sections.slice(1));
});

Deno.test("whatever is changed in a file, reading it ends and never throws", () => {
  const files = ["libsample.so", "x86_64-no-sections", "relr.so", "mips.o", "powerpc64-static"].map(read);
  const mutated = fc.tuple(
    fc.constantFrom(...files),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)), { minLength: 1, maxLength: 20 }),
    fc.boolean(),
    fc.nat(),
  ).map(([file, changes, inHeader, length]) => {
    const bytes = file.slice(0, length % 4 === 0 ? length % file.length : file.length);
    for (const [at, value] of changes) bytes[at % (inHeader ? 1024 : bytes.length)] = value;
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 500 }).map(withMagic)), (bytes) => {
      const elf = parseElf(bytes);
      assert.ok((elf?.problems.length ?? 0) <= 101);
      assert.ok((elf?.relocations.length ?? 0) <= 65_536);
    }),
    { numRuns: 500 },
  );
});

function withMagic(bytes: Uint8Array): Uint8Array {
  return new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 1 + (bytes[0] ?? 0) % 2, 1 + (bytes[1] ?? 0) % 2, ...bytes]);
}
