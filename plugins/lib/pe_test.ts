import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { imphashText, type ImportedLibrary, ordinalName, parsePe, type PeFile } from "./pe.ts";

const folder = new URL("./testdata/pe/", import.meta.url);
const reference: Record<string, unknown> = JSON.parse(Deno.readTextFileSync(new URL("pefile.json", folder)));
const names = Object.keys(reference);

const read = (name: string) => Deno.readFileSync(new URL(name, folder));
const md5 = (data: string | Uint8Array) => createHash("md5").update(data).digest("hex");

function parse(bytes: Uint8Array): PeFile {
  const pe = parsePe(bytes);
  assert.ok(pe);
  return pe;
}

/** The parts of a file that testdata/pe/pefile_dump.py lists, in its form. */
function dump(pe: PeFile): unknown {
  const libraries = (list: readonly ImportedLibrary[]) =>
    list.map(({ library, symbols }) => [
      library,
      symbols.map(({ name, ordinal, hint }) => [name ?? null, ordinal ?? null, hint ?? null]),
    ]);
  const imphash = imphashText(pe.imports);
  return {
    machine: pe.coff.machine,
    timeDateStamp: pe.coff.timeDateStamp,
    entryPoint: pe.optional.addressOfEntryPoint,
    entryPointOffset: pe.entryPointOffset ?? null,
    imageBase: String(pe.optional.imageBase),
    subsystem: pe.optional.subsystem,
    dllCharacteristics: pe.optional.dllCharacteristics,
    heapCommit: String(pe.optional.sizeOfHeapCommit),
    directories: pe.directories.map((directory) => [directory.virtualAddress, directory.size]),
    sections: pe.sections.map((s) => [s.name, s.virtualAddress, s.virtualSize, s.pointerToRawData, s.sizeOfRawData]),
    imports: libraries(pe.imports),
    delayImports: libraries(pe.delayImports),
    imphash: imphash === undefined ? "" : md5(imphash),
    exports: (pe.exports?.symbols ?? []).map((s) => [s.ordinal, s.rva, s.name ?? null, s.forwarder ?? null]),
    overlayOffset: pe.overlayOffset ?? null,
    resources: pe.resources.map((resource) => [resource.path, resource.rva, resource.size]),
    version: pe.versionInfo.flatMap(({ tables }) =>
      tables.map(({ table, strings }) => [table, strings.map(({ key, value }) => [key, value])])
    ),
    debug: pe.debug.map(({ type, codeView }) => [type, codeView?.path ?? null]),
    richHash: pe.rich ? md5(pe.rich.clear) : null,
    tlsCallbacks: pe.tls ? String(pe.tls.addressOfCallBacks) : null,
  };
}

for (const name of names) {
  Deno.test(`${name} is read as pefile reads it`, () => {
    assert.deepEqual(dump(parse(read(name))), reference[name]);
  });
}

Deno.test("the size of a file covers its certificates and not its overlay", () => {
  assert.equal(parse(read("LangDLL.dll")).layout.size, 8704);
  assert.equal(parse(read("signed.dll")).layout.size, read("signed.dll").length);
  assert.equal(parse(read("clam-nsis.exe")).layout.size, parse(read("clam-nsis.exe")).overlayOffset);
});

Deno.test("a certificate table that is none does not make a file longer", () => {
  const bytes = read("signed.dll");
  bytes[8704 + 5] = 0x7f; // wRevision
  assert.equal(parse(bytes).layout.size, 8704);
});

Deno.test("certificates are given as they are", () => {
  const [certificate, ...others] = parse(read("signed.dll")).certificates;
  assert.equal(others.length, 0);
  assert.equal(certificate?.offset, 8704);
  assert.equal(certificate?.type, 2);
  assert.equal(certificate?.bytes[0], 0x30); // a DER SEQUENCE
});

Deno.test("fixed version numbers, PDB and Rich entries of a linked program are found", () => {
  const pe = parse(read("w64.exe"));
  assert.equal(pe.versionInfo[0]?.fixed?.fileVersion, "1.1.0.14");
  assert.match(pe.debug.find(({ codeView }) => codeView)?.codeView?.id ?? "", /^[0-9A-F]{32}$/);
  assert.ok((pe.rich?.entries.length ?? 0) > 5);
  assert.deepEqual(pe.problems, []);
});

Deno.test("ordinals of sockets and automation have names, others a number", () => {
  assert.equal(ordinalName("WS2_32.dll", 115), "WSAStartup");
  assert.equal(ordinalName("wsock32.dll", 1), "accept");
  assert.equal(ordinalName("oleaut32.dll", 2), "SysAllocString");
  assert.equal(ordinalName("ws2_32.dll", 9999), "ord9999");
  assert.equal(ordinalName("mfc42.dll", 6), "ord6");
});

Deno.test("what is not a PE file is not read", () => {
  assert.equal(parsePe(new Uint8Array(0)), undefined);
  assert.equal(parsePe(new TextEncoder().encode("MZ".repeat(1000))), undefined);
  assert.equal(parsePe(read("w64.exe").subarray(0, 200)), undefined);
});

Deno.test("a file that is cut off gives what is there, and says that it is cut off", () => {
  const pe = parse(read("w64.exe").subarray(0, 60_000));
  assert.equal(pe.sections.length, parse(read("w64.exe")).sections.length);
  assert.equal(pe.layout.truncated, true);
  assert.equal(pe.layout.size, 60_000);
  assert.ok(pe.problems.some(({ what }) => what === "section data goes past the end of the file"));
});

Deno.test("a resource tree that points back into itself ends, with a problem", () => {
  const bytes = read("LangDLL.dll");
  const pe = parse(bytes);
  const root = pe.image.offsetOf(pe.image.directory("resource")?.virtualAddress ?? 0) ?? 0;
  new DataView(bytes.buffer).setUint32(root + 20, 0x80000000, true); // the first entry: the root itself
  const cyclic = parse(bytes);
  assert.ok(cyclic.problems.some(({ what }) => what === "resource directory is listed more than once"));
});

Deno.test("a section count that lies ends with the file", () => {
  const bytes = read("clam-mew.exe");
  const { peOffset } = parse(bytes);
  new DataView(bytes.buffer).setUint16(peOffset + 6, 65_535, true);
  assert.ok(parse(bytes).sections.length <= bytes.length / 40);
});

/** Bounds on what a parse may return, whatever the bytes: far above real files. */
function assertBounded(bytes: Uint8Array): void {
  const pe = parsePe(bytes);
  if (pe === undefined) return;
  const symbols = [...pe.imports, ...pe.delayImports].reduce((sum, library) => sum + library.symbols.length, 0);
  assert.ok(symbols <= 131_072 && pe.resources.length <= 32_768 && pe.problems.length <= 101);
  assert.ok((pe.exports?.symbols.length ?? 0) <= 131_072);
  assert.ok(pe.layout.size <= bytes.length && (pe.overlayOffset ?? 0) <= bytes.length);
}

Deno.test("arbitrary bytes behind a PE signature never throw", () => {
  const headers = read("clam-upack.exe").subarray(0, 256);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (tail) => assertBounded(new Uint8Array([...headers, ...tail]))),
    { numRuns: 200 },
  );
});

Deno.test("mutated and shortened files never throw", () => {
  const samples = names.filter((name) => name !== "w64.exe" && name !== "clam-nsis.exe").map(read);
  const change = fc.record({
    at: fc.nat({ max: 10_000 }),
    value: fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x1000, 0x2000),
  });
  fc.assert(
    fc.property(
      fc.constantFrom(...samples),
      fc.array(change, { minLength: 1, maxLength: 12 }),
      fc.double({ min: 0.1, max: 1, noNaN: true }),
      (sample, changes, part) => {
        const bytes = sample.slice(0, Math.ceil(sample.length * part));
        const view = new DataView(bytes.buffer);
        for (const { at, value } of changes) if (at + 4 <= bytes.length) view.setUint32(at, value, true);
        assertBounded(bytes);
      },
    ),
    { numRuns: 500 },
  );
});
