import assert from "node:assert/strict";
import fc from "fast-check";
import { openPlugin } from "../../testing.ts";

const folder = new URL("../lib/testdata/macho/", import.meta.url);
const read = (name: string) => Deno.readFileSync(new URL(name, folder));
const llvm: Record<string, { symhash: string }> = JSON.parse(Deno.readTextFileSync(new URL("llvm.json", folder)));

async function scan(content: Uint8Array | string) {
  await using symhash = await openPlugin("symhash");
  return await symhash.scan(content);
}

Deno.test("a universal file has the hash that LLVM's list of symbols gives, for each architecture", async () => {
  const { results, errors } = await scan(read("fsevents.node"));
  assert.deepEqual(results, {
    symhash: {
      "Intel (64-bit) Bundle 64-bit": llvm["fsevents.node x86_64"]?.symhash,
      "ARM (64-bit) Bundle 64-bit": llvm["fsevents.node arm64"]?.symhash,
    },
  });
  assert.deepEqual(errors, []);
});

Deno.test("programs and object files are named as the original names them", async () => {
  const program = await scan(read("universal").subarray(4096));
  assert.deepEqual(program.results, {
    symhash: { "Intel (64-bit) Executable 64-bit": llvm["universal x86_64"]?.symhash },
  });
  const object = await scan(read("universal.o"));
  const hash = llvm["universal.o i386"]?.symhash;
  assert.deepEqual(object.results, {
    symhash: {
      "Intel (64-bit) Object 64-bit": hash,
      "Intel Object 32-bit": hash,
      "ARM Object 32-bit": hash,
      "ARM (64-bit) Object 64-bit": hash,
    },
  });
});

Deno.test("two architectures of one name both have their hash", async () => {
  const bytes = read("universal");
  const view = new DataView(bytes.buffer);
  const second = view.getUint32(8 + 20 + 8);
  view.setUint32(second + 4, 0x1000007, true); // cputype
  const { symhash } = (await scan(bytes)).results as { symhash: Record<string, string> };
  assert.deepEqual(Object.keys(symhash), ["Intel (64-bit) Executable 64-bit", "Intel (64-bit) Executable 64-bit (2)"]);
});

Deno.test("what is no Mach-O file, and a Java class, gives nothing", async () => {
  await using symhash = await openPlugin("symhash");
  for (const content of ["", "text", new Uint8Array([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52, 0, 1, 2, 3])]) {
    assert.deepEqual(await symhash.scan(content), { results: undefined, extracted: [], errors: [], dispatchTo: [] });
  }
});

Deno.test("a file whose symbols are not there gives an error that says where, and no hash of nothing", async () => {
  const { results, errors } = await scan(read("universal").subarray(4096, 4096 + 2000));
  assert.equal(results, undefined);
  assert.match(errors[0] ?? "", /^10 symbols, only 0 are in the file \(offset \d+\)$/);
});

Deno.test("whatever is changed in a file, scanning it never fails", async () => {
  await using symhash = await openPlugin("symhash");
  const [whole, part] = [read("universal.o"), read("universal").subarray(4096, 24_000)];
  const content = fc.tuple(
    fc.constantFrom(whole, part),
    fc.array(fc.tuple(fc.nat({ max: 1500 }), fc.nat({ max: 255 }))),
  )
    .map(([file, changes]) => changes.reduce((bytes, [at, value]) => bytes.fill(value, at, at + 1), file.slice()));
  await fc.assert(
    fc.asyncProperty(fc.oneof(content, fc.uint8Array()), async (bytes) => {
      const { errors } = await symhash.scan(bytes);
      assert.ok(errors.length <= 101);
    }),
    { numRuns: 200 },
  );
});
