import assert from "node:assert/strict";
import fc from "fast-check";
import { openPlugin } from "../../testing.ts";
import { decodeAt, KEYS, type Operation, OPERATIONS } from "./operations.ts";
import { Search } from "./search.ts";
import { parseTerms } from "./terms.ts";

const testdata = new URL("testdata/", import.meta.url);
const sample = (name: string) => Deno.readFileSync(new URL(name, testdata));
const encode = (text: string) => new TextEncoder().encode(text);

/** Results of the plugin, as far as a test looks at them. */
type Found = Record<string, { pos: string; match: string; operation: string; term: string; count: number }[]>;

/**
 * A payload decoded with one key, written without the code under test: by arithmetic, alphabets and strings of bits.
 */
function decodeAll(content: Uint8Array, operation: Operation, key: number): Uint8Array {
  const bits = Array.from(content, (byte) => byte.toString(2).padStart(8, "0"));
  const toBytes = (groups: string[]) => Uint8Array.from(groups, (group) => parseInt(group, 2));
  const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", lower = upper.toLowerCase();
  switch (operation) {
    case "XOR":
      return content.map((byte) => byte ^ key);
    case "ADD":
      return content.map((byte) => (byte + key) % 256);
    case "ROL":
      return toBytes(bits.map((group) => group.slice(key) + group.slice(0, key)));
    case "SHIFT": {
      const all = bits.join("").slice(key) + "0".repeat(key);
      return toBytes(all.match(/.{8}/g) ?? []);
    }
    case "ROT":
      return content.map((byte) => {
        const letter = String.fromCharCode(byte);
        for (const alphabet of [upper, lower]) {
          const at = alphabet.indexOf(letter);
          if (at !== -1) return alphabet.charCodeAt((at + 26 - key) % 26);
        }
        return byte;
      });
  }
}

/** Everything that is hidden, found by decoding with each key and looking for each term. */
function bruteForce(content: Uint8Array, terms: string[]): string[] {
  const latin1 = (bytes: Uint8Array) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const plain = latin1(content);
  const found: string[] = [];
  for (const operation of OPERATIONS) {
    for (let key = KEYS[operation][0]; key <= KEYS[operation][1]; key++) {
      if (operation === "ADD" && key === 128) continue;
      const decoded = latin1(decodeAll(content, operation, key));
      for (const term of terms) {
        for (let at = decoded.indexOf(term); at !== -1; at = decoded.indexOf(term, at + 1)) {
          if (!plain.startsWith(term, at)) found.push(`${operation} ${key} ${term} ${at}`);
        }
      }
    }
  }
  return found.sort();
}

const search = (content: Uint8Array, terms: string[]) =>
  new Search(terms).find(content, 100_000).hits.flatMap(({ operation, key, term, offsets }) =>
    offsets.map((offset) => `${operation} ${key} ${term} ${offset}`)
  ).sort();

Deno.test("xorsearch finds what the original's test hides, under the original's keys", async () => {
  await using plugin = await openPlugin("xorsearch");
  const hidden = encode("MZAdjustTokenPrivileges CurrentVersion\\Run").map((byte) => byte ^ 92);
  const { results, errors } = await plugin.scan(hidden);
  assert.deepEqual(errors, []);
  assert.deepEqual(results, {
    "0x5C": [
      {
        pos: "0x0002",
        match: "AdjustTokenPrivileges CurrentVersion\\Run",
        operation: "XOR",
        term: "AdjustTokenPrivileges",
        count: 1,
        offsets: [2],
      },
      {
        pos: "0x0018",
        match: "CurrentVersion\\Run",
        operation: "XOR",
        term: "CurrentVersion\\Run",
        count: 1,
        offsets: [24],
      },
    ],
  });
});

Deno.test("a program that is hidden is found with the key that decodes it, whatever the way", async () => {
  await using plugin = await openPlugin("xorsearch");
  for (
    const [name, key, operation] of [
      ["xor.bin", "0x5C", "XOR"],
      ["add.bin", "ADD 0x11", "ADD"],
      ["rol.bin", "ROL 3", "ROL"],
      ["shift.bin", "SHIFT 3", "SHIFT"],
    ] as const
  ) {
    const { results, errors } = await plugin.scan(sample(name));
    assert.deepEqual(errors, []);
    const found = results as Found;
    assert.deepEqual(Object.keys(found), [key], name);
    assert.deepEqual(found[key]!.map(({ term }) => term), [
      "GetProcAddress",
      "LoadLibrary",
      "VirtualAlloc",
      "VirtualProtect",
      "This program cannot be run",
    ], name);
    for (const { pos, match, term, operation: by } of found[key]!) {
      assert.ok(match.startsWith(term) && by === operation);
      assert.equal(
        sample("clam-upx.exe").subarray(Number(pos)).slice(0, term.length).toString(),
        encode(term).toString(),
      );
    }
  }
  // A packer that hides code by rotation, on a real program.
  const packed = (await plugin.scan(sample("clam-yc.exe"))).results as Found;
  assert.deepEqual(Object.entries(packed).map(([key, hits]) => [key, hits.map(({ term }) => term)]), [
    ["ROL 4", ["GetProcAddress", "LoadLibrary", "VirtualAlloc", "VirtualProtect"]],
  ]);
  const { results } = await plugin.scan(sample("rot13.txt"));
  assert.deepEqual(Object.entries(results as Found).map(([key, hits]) => [key, hits.map(({ term }) => term)]), [
    ["ROT 13", ["http://", "<script", "eval(function"]],
  ]);
});

Deno.test("what is not hidden is not reported", async () => {
  await using plugin = await openPlugin("xorsearch");
  for (const content of [sample("clam-upx.exe"), new Uint8Array(100_000), encode(""), encode("x")]) {
    const { results, errors } = await plugin.scan(content);
    assert.deepEqual([results, errors], [undefined, []]);
  }
});

Deno.test("terms come from the file that the option names; those that cannot be searched for are said", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, "# comment\r\nsecret word\r\n\r\nabc\r\n=========\r\nsecret word\r\n");
    await using plugin = await openPlugin("xorsearch", { options: { terms: file } });
    const { results, errors } = await plugin.scan(encode("a secret word").map((byte) => byte ^ 1));
    assert.deepEqual(Object.keys(results as Found), ["0x01"]);
    assert.deepEqual(errors, [
      `Cannot search for line 4 of terms "${file}": it has 3 bytes, use 5 to 256`,
      `Cannot search for line 5 of terms "${file}": all of its bytes are alike, and so are those of every padding`,
    ]);
  } finally {
    await Deno.remove(file);
  }
  await using plugin = await openPlugin("xorsearch", { options: { terms: "/nowhere/terms.txt" } });
  const { results, errors } = await plugin.scan("x");
  assert.equal(results, undefined);
  assert.equal(errors.length, 1);
  assert.match(errors[0]!, /^Cannot read terms "\/nowhere\/terms.txt": /);
});

Deno.test("all occurrences are counted, the first hundred are listed", async () => {
  await using plugin = await openPlugin("xorsearch");
  const { results } = await plugin.scan(encode("kernel32 ".repeat(5000)).map((byte) => byte ^ 7));
  const [hit] = (results as Record<string, { count: number; offsets: number[] }[]>)["0x07"]!;
  assert.deepEqual([hit!.count, hit!.offsets.length, hit!.offsets[99]], [5000, 100, 891]);
});

Deno.test("no more than 1000 keys and terms are reported, and the error says so", async () => {
  await using plugin = await openPlugin("xorsearch");
  const { terms } = parseTerms(await Deno.readTextFile(new URL("terms.txt", import.meta.url)), "");
  const content = new Uint8Array(
    await new Blob(Array.from({ length: 255 }, (_, key) => encode(terms.join(" ")).map((byte) => byte ^ (key + 1))))
      .arrayBuffer(),
  );
  const { results, errors } = await plugin.scan(content);
  assert.equal(Object.values(results as Found).flat().length, 1000);
  assert.deepEqual(errors, ["More than 1000 keys and terms: the rest is left out"]);
});

Deno.test("the terms of the plugin can all be searched for", async () => {
  const { terms, errors } = parseTerms(await Deno.readTextFile(new URL("terms.txt", import.meta.url)), "terms.txt");
  assert.ok(terms.length >= 20);
  assert.deepEqual(errors, []);
});

Deno.test("every hidden term is found, and nothing else, as by decoding with each key in turn", () => {
  const letters = fc.array(fc.constantFrom(..."aabZ/ 0"), { minLength: 2, maxLength: 4 }).map((all) => all.join(""));
  fc.assert(
    fc.property(
      fc.uniqueArray(letters, { minLength: 1, maxLength: 4 }),
      fc.array(fc.oneof(fc.uint8Array({ maxLength: 3 }), letters.map(encode)), { maxLength: 12 }),
      fc.constantFrom(...OPERATIONS),
      fc.nat(255),
      (terms, parts, operation, key) => {
        const [first, last] = KEYS[operation];
        const content = decodeAll(Uint8Array.from(parts.flatMap((part) => [...part])), operation, first + key % last);
        assert.deepEqual(search(content, terms), bruteForce(content, terms));
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("what decodes a match decodes the payload", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 50 }),
      fc.constantFrom(...OPERATIONS),
      fc.nat(),
      (bytes, operation, n) => {
        const [first, last] = KEYS[operation];
        const key = first + n % (last - first + 1);
        assert.deepEqual(bytes.map((_, i) => decodeAt(bytes, i, operation, key)!), decodeAll(bytes, operation, key));
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("any bytes, and damaged samples, give bounded results", () => {
  const terms = parseTerms(Deno.readTextFileSync(new URL("terms.txt", import.meta.url)), "").terms;
  const samples = ["xor.bin", "add.bin", "rol.bin", "shift.bin", "rot13.txt", "clam-upx.exe"].map(sample);
  const all = new Search(terms);
  const mutated = fc.tuple(fc.constantFrom(...samples), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 20 }))
    .map(
      ([bytes, changes]) => {
        const copy = bytes.slice();
        for (const [at, value] of changes) copy[at % copy.length] = value;
        return copy;
      },
    );
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 500 }), mutated), (bytes) => {
      for (const { offsets, count, term } of all.find(bytes, 10).hits) {
        assert.ok(
          offsets.length <= count && offsets.every((offset) => offset >= 0 && offset + term.length <= bytes.length),
        );
      }
    }),
    { numRuns: 200 },
  );
});
